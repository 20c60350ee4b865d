"""The organisation profile: what every plan, price and date in the system is judged by."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import currency_decimals, round_money
from core.transactions import require_transaction
from users.errors import CurrencyFixed
from users.models import Organization
from users.models.organization import SINGLETON_PK
from users.selectors import get_organization

__all__ = ["fix_currency", "set_currency", "update_organization"]


def _lock_organization() -> Organization:
    get_organization()
    return Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=SINGLETON_PK)


def update_organization(
    *, changes: Mapping[str, Any], actor: Actor, check: Callable[[Organization], None] | None = None
) -> Organization:
    """Change profile and policies; `check` sees the locked row (an If-Match, say) and may raise.

    Raises CurrencyFixed when the currency would change after the first entry, InvalidInput for values that
    cannot be (an unknown time zone or currency, expiry windows out of order, a negative reserve).
    """
    with transaction.atomic():
        organization = _lock_organization()
        if check is not None:
            check(organization)
        changed = {name: value for name, value in changes.items() if getattr(organization, name) != value}
        if not changed:
            return organization
        for name, value in changed.items():
            setattr(organization, name, value)
        _refuse_nonsense(organization, changed)
        organization.save(update_fields=[*changed, "updated_at"])
        record_audit(
            action="users.change_organization",
            actor=actor,
            target_kind="organization",
            target_id=SINGLETON_PK,
            data={name: str(value) for name, value in changed.items()},
        )
    return organization


def _refuse_nonsense(organization: Organization, changed: Mapping[str, Any]) -> None:
    errors = []
    if "currency" in changed:
        if organization.currency_fixed_at is not None:
            raise CurrencyFixed
        try:
            currency_decimals(organization.currency)
        except (KeyError, ValueError, InvalidInput):
            errors.append(FieldError("currency", "unknown", _("This is no ISO 4217 currency code.")))
    if organization.timezone not in available_timezones():
        errors.append(FieldError("timezone", "unknown", _("This time zone is not known.")))
    windows = (
        organization.expiry_critical_days,
        organization.expiry_warning_days,
        organization.expiry_info_days,
    )
    if list(windows) != sorted(windows):
        errors.append(
            FieldError("expiry_warning_days", "order", _("Critical ≤ warning ≤ information is required."))
        )
    errors += _step_errors(organization)
    if organization.capital_reserve < 0:
        errors.append(FieldError("capital_reserve", "negative", _("The reserve cannot be negative.")))
    if errors:
        raise InvalidInput(errors=errors)


def _step_errors(organization: Organization) -> list[FieldError]:
    errors = []
    step = organization.cash_rounding_step
    if step < 0 or step != round_money(step, organization.currency):
        detail = _("A coin of the organisation's currency, or zero for none.")
        errors.append(FieldError("cash_rounding_step", "invalid", detail))
    if organization.price_rounding_step <= 0:
        errors.append(FieldError("price_rounding_step", "positive", _("The step must be above zero.")))
    if organization.dead_stock_days < 1:
        errors.append(FieldError("dead_stock_days", "positive", _("At least one day.")))
    return errors


def set_currency(*, currency: str, actor: Actor) -> Organization:
    """Raises CurrencyFixed once the books hold an entry."""
    return update_organization(changes={"currency": currency}, actor=actor)


def fix_currency() -> str:
    """Freeze the currency and return it: the books call this before the first entry, in its transaction.

    Cheap afterwards: one read. A trigger refuses to change a frozen currency, raw SQL included.
    """
    require_transaction()
    organization = get_organization()
    if organization.currency_fixed_at is None:
        organization = _lock_organization()
        fixed_at: datetime = timezone.now()
        Organization.objects.filter(pk=SINGLETON_PK, currency_fixed_at__isnull=True).update(
            currency_fixed_at=fixed_at
        )
    return organization.currency
