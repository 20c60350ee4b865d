"""Dated exchange rates."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.models import ExchangeRate
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from users.selectors import get_organization

__all__ = ["set_exchange_rate"]


def set_exchange_rate(*, currency: str, rate_date: date, rate: Decimal, actor: Actor) -> ExchangeRate:
    """One unit of ``currency`` is worth ``rate`` of ours from ``rate_date`` on; the same day again corrects it.

    Posted documents keep the rate that was frozen on them. Raises InvalidInput.
    """
    errors = []
    if currency == get_organization().currency:
        errors.append(FieldError("currency", "own", _("The organisation's own currency has no rate.")))
    if rate <= 0:
        errors.append(FieldError("rate", "positive", _("A rate is above zero.")))
    if errors:
        raise InvalidInput(errors=errors)
    with transaction.atomic():
        row, created = ExchangeRate.objects.update_or_create(
            currency=currency, rate_date=rate_date, defaults={"rate": rate}
        )
        record_audit(
            action="capital.set_exchange_rate",
            actor=actor,
            target_kind="exchange_rate",
            target_id=row.pk,
            summary=f"{currency} {rate_date} {rate}",
            data={"created": created},
        )
    return row
