"""Tills: made with the cash accounts on which their money lies."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.selectors import default_account, list_accounts
from capital.services import create_account, update_account
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.transactions import lock_rows
from inventory.selectors import list_locations
from sales.enums import ShiftStatus
from sales.errors import ShiftStillOpen
from sales.models import Shift, Till, TillAccount
from users.selectors import get_organization

__all__ = ["add_till_currency", "create_till", "ensure_till_account", "update_till"]

_ISO_4217 = re.compile(r"[A-Z]{3}")


def create_till(*, name: str, location_id: int, actor: Actor, asks_who_sells: bool = False) -> Till:
    """A till with a cash account of its own. Raises InvalidInput."""
    _refuse_bad(name=name, location_id=location_id)
    with transaction.atomic():
        till = Till.objects.create(name=name.strip(), location_id=location_id, asks_who_sells=asks_who_sells)
        ensure_till_account(till=till, currency=get_organization().currency, actor=actor)
        _audit("sales.add_till", till, actor, {"location": location_id})
    return till


def update_till(
    *,
    till_id: int,
    changes: Mapping[str, Any],
    actor: Actor,
    check: Callable[[Till], None] | None = None,
) -> Till:
    """Change name, place, whether it asks who sells, activity; ``check`` sees the locked row and may raise.

    A till stays in use while its shift is open. Raises NotFound, InvalidInput, ShiftStillOpen.
    """
    with transaction.atomic():
        till = lock_rows(Till.objects.filter(pk=till_id)).first()
        if till is None:
            raise NotFound
        if check is not None:
            check(till)
        changed = {name: value for name, value in changes.items() if getattr(till, name) != value}
        if not changed:
            return till
        _refuse_bad(name=changed.get("name", till.name), location_id=changed.get("location_id"), but=till.pk)
        if {"is_active", "location_id"} & changed.keys():
            _refuse_open_shift(till)
        for name, value in changed.items():
            setattr(till, name, value)
        till.save(update_fields=[*changed, "updated_at"])
        if "name" in changed:
            _rename_accounts(till, actor)
        _audit("sales.change_till", till, actor, {name: str(value) for name, value in changed.items()})
    return till


def add_till_currency(*, till_id: int, currency: str, actor: Actor) -> TillAccount:
    """Let a till take another currency, on an account of its own. The same again changes nothing.

    Raises NotFound, InvalidInput.
    """
    if not _ISO_4217.fullmatch(currency):
        detail = _("This is no ISO 4217 currency code.")
        raise InvalidInput(errors=[FieldError("currency", "unknown", detail)])
    with transaction.atomic():
        till = lock_rows(Till.objects.filter(pk=till_id)).first()
        if till is None:
            raise NotFound
        _refuse_open_shift(till)
        return ensure_till_account(till=till, currency=currency, actor=actor)


def ensure_till_account(*, till: Till, currency: str, actor: Actor) -> TillAccount:
    """The till's account of ``currency``, made where it is missing. The till is locked or new."""
    found = TillAccount.objects.filter(till=till, currency=currency).first()
    if found is not None:
        return found
    own = get_organization().currency
    account = create_account(
        code=_free_code(till, currency),
        name=_account_name(till, currency),
        role=AccountRole.CASH,
        actor=actor,
        currency="" if currency == own else currency,
    )
    return TillAccount.objects.create(till=till, currency=currency, account=account)


def _account_name(till: Till, currency: str) -> str:
    return till.name if currency == get_organization().currency else f"{till.name} {currency}"


def _free_code(till: Till, currency: str) -> str:
    """Beside the usual cash account: 1000-T3, 1000-T3-USD; the next free one where a person took it."""
    own = get_organization().currency
    wanted = f"{default_account(AccountRole.CASH).code[:8]}-T{till.pk}"
    wanted += "" if currency == own else f"-{currency}"
    taken = set(list_accounts().filter(code__startswith=wanted).values_list("code", flat=True))
    choices = [wanted, *(f"{wanted}.{number}" for number in range(2, len(taken) + 3))]
    return next(code for code in choices if code not in taken)


def _rename_accounts(till: Till, actor: Actor) -> None:
    for row in till.accounts.all():
        name = _account_name(till, row.currency)
        update_account(account_id=row.account_id, changes={"name": name}, actor=actor)


def _refuse_bad(*, name: str, location_id: int | None, but: int | None = None) -> None:
    errors = []
    if not name.strip():
        errors.append(FieldError("name", "blank", _("A till has a name.")))
    if Till.objects.filter(name=name.strip()).exclude(pk__in=[but] if but else []).exists():
        errors.append(FieldError("name", "unique", _("Another till has this name.")))
    if location_id is not None and not list_locations().filter(pk=location_id, is_active=True).exists():
        errors.append(FieldError("location", "not_found", _("There is no such location.")))
    if errors:
        raise InvalidInput(errors=errors)


def _refuse_open_shift(till: Till) -> None:
    shift = Shift.objects.filter(till=till, status=ShiftStatus.OPEN).first()
    if shift is not None:
        raise ShiftStillOpen(shift=shift.number)


def _audit(action: str, till: Till, actor: Actor, data: dict[str, Any]) -> None:
    record_audit(
        action=action, actor=actor, target_kind="till", target_id=till.pk, summary=till.name, data=data
    )
