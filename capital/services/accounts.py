"""The chart of accounts: seeded, then edited; what an account's lines mean stays."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from capital.chart import CHART
from capital.enums import AccountRole, AccountType
from capital.errors import AccountInUse
from capital.models import Account, JournalLine
from capital.selectors.balances import balances_by_account
from capital.types import Balance
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.transactions import lock_rows
from users.selectors import get_organization

__all__ = ["create_account", "make_default_account", "seed_chart", "update_account"]

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
    """Another account of a role: a till of each currency, a bank, a kind of expense. Raises InvalidInput.

    ``currency`` empty (or the organisation's own) holds our money; any other takes only lines that name it.
    """
    with transaction.atomic():
        currency = _foreign(currency)
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
    """Change code, names, role, currency or activity; `check` sees the locked row and may raise.

    A role's default stays active, in its role and in our currency. An account with lines keeps role (so its type) and
    currency, and is deactivated only at a balance of zero. Raises NotFound, InvalidInput, AccountInUse.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update().filter(pk=account_id).first()
        if account is None:
            raise NotFound
        if check is not None:
            check(account)
        changed = {name: value for name, value in changes.items() if getattr(account, name, None) != value}
        if "currency" in changed:
            changed["currency"] = _foreign(changed["currency"])
        if not changed:
            return account
        _refuse_bad_change(account, changed)
        if "role" in changed:
            changed["type"] = _TYPE_OF_ROLE[changed["role"]]
        for name, value in changed.items():
            setattr(account, name, value)
        account.save(update_fields=[*changed, "updated_at"])
        _audit("capital.change_account", account, actor, {key: str(value) for key, value in changed.items()})
    return account


def _refuse_bad_change(account: Account, changed: Mapping[str, Any]) -> None:
    unknown = changed.keys() - {"code", "name", "name_ar", "role", "currency", "is_active"}
    if unknown:
        raise InvalidInput(errors=[FieldError(name, "fixed", _("This never changes.")) for name in unknown])
    if "code" in changed and Account.objects.filter(code=changed["code"]).exists():
        raise InvalidInput(errors=[FieldError("code", "unique", _("This code is taken."))])
    if account.is_default and (
        changed.get("is_active") is False or "role" in changed or changed.get("currency")
    ):
        raise AccountInUse(_("The system posts to this account; let another be the default first."))
    if changed.keys() & {"currency", "role"} and JournalLine.objects.filter(account=account).exists():
        raise AccountInUse(_("An account with entries keeps its role and its currency."))
    if changed.get("is_active") is False:
        balance = balances_by_account(account_ids=[account.pk]).get(account.pk, Balance()).net
        if balance:
            raise AccountInUse(_("Its balance is not zero."), account=account.code, balance=str(balance))


def make_default_account(*, account_id: int, actor: Actor) -> Account:
    """Let documents post to this account of its role from now on. Its balance so far stays where it is.

    Raises NotFound, AccountInUse for one that is inactive or holds foreign money.
    """
    with transaction.atomic():
        role = Account.objects.filter(pk=account_id).values_list("role", flat=True).first()
        if role is None:
            raise NotFound
        rows = {row.pk: row for row in lock_rows(Account.objects.filter(Q(pk=account_id) | Q(role=role)))}
        account = rows[account_id]
        if not account.is_active or account.currency:
            raise AccountInUse(_("A default account is active and holds our own currency."))
        if account.is_default:
            return account
        for row in rows.values():
            if row.is_default and row.role == account.role:
                row.is_default = False
                row.save(update_fields=["is_default", "updated_at"])
        account.is_default = True
        account.save(update_fields=["is_default", "updated_at"])
        _audit("capital.make_default_account", account, actor, {"role": account.role})
    return account


def _foreign(currency: str) -> str:
    """Empty for the organisation's own currency: such an account is like any other."""
    return "" if currency == get_organization().currency else currency


def _audit(action: str, account: Account, actor: Actor, data: dict[str, str]) -> None:
    record_audit(
        action=action,
        actor=actor,
        target_kind="account",
        target_id=account.pk,
        summary=str(account),
        data=data,
    )
