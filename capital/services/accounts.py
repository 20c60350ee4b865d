"""The chart of accounts: seeded, then edited in names and by added accounts; roles stay."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.chart import CHART
from capital.enums import AccountRole, AccountType
from capital.errors import AccountInUse
from capital.models import Account, JournalLine
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.transactions import lock_rows

__all__ = ["create_account", "seed_chart", "update_account"]

#: Which type an account of a role must have; taken from the seeded chart.
_TYPE_OF_ROLE: dict[str, AccountType] = {row.role: row.type for row in CHART}


def seed_chart() -> int:
    """Add what is missing of the seeded chart; the number of accounts added. Edited rows stay as they are."""
    taken = set(Account.objects.values_list("code", flat=True))
    defaults = set(Account.objects.filter(is_default=True).values_list("role", flat=True))
    rows = [
        Account(
            code=row.code,
            type=row.type,
            role=row.role,
            name=row.name,
            name_ar=row.name_ar,
            is_default=row.is_default and row.role not in defaults,
        )
        for row in CHART
        if row.code not in taken
    ]
    Account.objects.bulk_create(rows)
    return len(rows)


def create_account(
    *, code: str, name: str, role: AccountRole, actor: Actor, name_ar: str = "", currency: str = ""
) -> Account:
    """Another account of a role: a second till, a bank, a kind of expense. Raises InvalidInput."""
    with transaction.atomic():
        if Account.objects.filter(code=code).exists():
            raise InvalidInput(errors=[FieldError("code", "unique", _("This code is taken."))])
        account = Account.objects.create(
            code=code,
            name=name,
            name_ar=name_ar,
            role=role,
            type=_TYPE_OF_ROLE[role],
            currency=currency,
        )
        _audit("capital.add_account", account, actor, {})
    return account


def update_account(
    *,
    account_id: int,
    changes: Mapping[str, Any],
    actor: Actor,
    check: Callable[[Account], None] | None = None,
) -> Account:
    """Change code, names, currency or activity; `check` sees the locked row and may raise. Raises NotFound, InvalidInput, AccountInUse.

    An account that documents post to stays active; the currency stays once lines exist.
    """
    with transaction.atomic():
        account = lock_rows(Account.objects.filter(pk=account_id)).first()
        if account is None:
            raise NotFound
        if check is not None:
            check(account)
        changed = {name: value for name, value in changes.items() if getattr(account, name) != value}
        if not changed:
            return account
        _refuse_bad_change(account, changed)
        for name, value in changed.items():
            setattr(account, name, value)
        account.save(update_fields=[*changed, "updated_at"])
        _audit("capital.change_account", account, actor, {key: str(value) for key, value in changed.items()})
    return account


def _refuse_bad_change(account: Account, changed: Mapping[str, Any]) -> None:
    unknown = changed.keys() - {"code", "name", "name_ar", "currency", "is_active"}
    if unknown:
        raise InvalidInput(errors=[FieldError(name, "fixed", _("This never changes.")) for name in unknown])
    if "code" in changed and Account.objects.filter(code=changed["code"]).exists():
        raise InvalidInput(errors=[FieldError("code", "unique", _("This code is taken."))])
    if changed.get("is_active") is False and account.is_default:
        raise AccountInUse(account=account.code)
    if "currency" in changed and JournalLine.objects.filter(account=account).exists():
        raise AccountInUse(account=account.code)


def _audit(action: str, account: Account, actor: Actor, data: dict[str, str]) -> None:
    record_audit(
        action=action,
        actor=actor,
        target_kind="account",
        target_id=account.pk,
        summary=str(account),
        data=data,
    )
