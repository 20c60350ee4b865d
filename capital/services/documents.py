"""Expenses, owner's drawings and contributions: one simple form each, posted when made."""

from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import MONEY_ROLES, AccountRole, AccountType
from capital.errors import AlreadyReversed
from capital.models import Account, Expense, JournalEntry, OwnerContribution, OwnerDrawing
from capital.selectors.rates import rate_on
from capital.services.commitments import lock_capital
from capital.services.money import check_funds, money_in, money_out
from capital.services.posting import post_entry
from capital.services.reversal import reverse_entry
from capital.types import EntryLine
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.money import round_money
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows
from users.selectors import get_organization, local_today

__all__ = [
    "post_contribution",
    "post_drawing",
    "post_expense",
    "reverse_contribution",
    "reverse_drawing",
    "reverse_expense",
]

Document = TypeVar("Document", Expense, OwnerDrawing, OwnerContribution)


def post_expense(  # noqa: PLR0913 - the form has as many fields
    *,
    business_date: date,
    amount: Decimal,
    account_id: int | None = None,
    paid_from_id: int | None = None,
    currency: str = "",
    party_id: int | None = None,
    memo: str = "",
    allow_overdraft: bool = False,
    actor: Actor,
) -> Expense:
    """Pay an expense from a cash or bank account (default: cash), today's rate frozen on it; no more than it holds.

    ``allow_overdraft``: more, as somebody may, or because the caller has looked (a drawer). Raises InvalidInput,
    NoExchangeRate, NotEnoughCash, PeriodClosed.
    """
    with transaction.atomic():
        paid_from = _account(paid_from_id, AccountRole.CASH)
        account = _account(account_id, AccountRole.GENERAL_EXPENSE, field="account")
        if account.type != AccountType.EXPENSE:
            raise InvalidInput(errors=[FieldError("account", "type", _("Choose an expense account."))])
        money = _money(paid_from, amount, currency, business_date)
        document = Expense.objects.create(
            number=next_number("EXP", business_date.year),
            account=account,
            party_id=party_id,
            business_date=business_date,
            paid_from=paid_from,
            memo=memo,
            **money,
        )
        if not allow_overdraft:
            _check_funds(document)
        _post(document, account, party_id=party_id, actor=actor)
    return document


def post_drawing(
    *,
    business_date: date,
    amount: Decimal,
    paid_from_id: int | None = None,
    currency: str = "",
    memo: str = "",
    allow_overdraft: bool = False,
    actor: Actor,
) -> OwnerDrawing:
    """The owner takes money out, no more than the account holds. Raises InvalidInput, NoExchangeRate, NotEnoughCash,
    PeriodClosed.
    """
    with transaction.atomic():
        paid_from = _account(paid_from_id, AccountRole.CASH)
        document = OwnerDrawing.objects.create(
            number=next_number("DRW", business_date.year),
            business_date=business_date,
            paid_from=paid_from,
            memo=memo,
            **_money(paid_from, amount, currency, business_date),
        )
        if not allow_overdraft:
            _check_funds(document)
        _post(document, _account(None, AccountRole.OWNER_DRAWINGS), party_id=None, actor=actor)
    return document


def post_contribution(
    *,
    business_date: date,
    amount: Decimal,
    paid_into_id: int | None = None,
    currency: str = "",
    memo: str = "",
    actor: Actor,
) -> OwnerContribution:
    """The owner puts money into a cash or bank account. Raises InvalidInput, NoExchangeRate, PeriodClosed."""
    with transaction.atomic():
        paid_into = _account(paid_into_id, AccountRole.CASH, field="paid_into")
        document = OwnerContribution.objects.create(
            number=next_number("OC", business_date.year),
            business_date=business_date,
            paid_into=paid_into,
            memo=memo,
            **_money(paid_into, amount, currency, business_date),
        )
        money = money_in(account=paid_into, amount=document.amount, rate=document.rate)
        _write(document, [money, EntryLine(AccountRole.OWNER_CAPITAL, credit=money.debit)], actor)
    return document


def reverse_contribution(*, contribution_id: int, actor: Actor) -> OwnerContribution:
    """Take a contribution back, exactly. Raises NotFound, AlreadyReversed, PeriodClosed."""
    return _reverse(OwnerContribution, contribution_id, actor)


def reverse_expense(*, expense_id: int, actor: Actor) -> Expense:
    """Take an expense back, exactly. Raises NotFound, AlreadyReversed, PeriodClosed."""
    return _reverse(Expense, expense_id, actor)


def reverse_drawing(*, drawing_id: int, actor: Actor) -> OwnerDrawing:
    """Take a drawing back, exactly. Raises NotFound, AlreadyReversed, PeriodClosed."""
    return _reverse(OwnerDrawing, drawing_id, actor)


def _account(account_id: int | None, role: AccountRole, *, field: str = "paid_from") -> Account:
    chosen = Account.objects.filter(is_active=True)
    if account_id is None:
        return chosen.get(role=role, is_default=True)
    account = chosen.filter(pk=account_id).first()
    if account is None or (role in MONEY_ROLES and account.role not in MONEY_ROLES):
        raise InvalidInput(errors=[FieldError(field, "unknown", _("There is no such account for this."))])
    return account


def _money(paid_from: Account, amount: Decimal, currency: str, day: date) -> dict[str, object]:
    own = get_organization().currency
    currency = currency or paid_from.currency or own
    if paid_from.currency and paid_from.currency != currency:
        raise InvalidInput(
            errors=[FieldError("currency", "account", _("This account holds another currency."))]
        )
    if amount <= 0 or amount != round_money(amount, currency):
        raise InvalidInput(
            errors=[FieldError("amount", "invalid", _("An amount above zero, in the currency's decimals."))]
        )
    rate = Decimal(1) if currency == own else rate_on(currency=currency, day=day)
    return {"amount": amount, "currency": currency, "rate": rate}


def _check_funds(document: Expense | OwnerDrawing) -> None:
    lock_capital()
    check_funds(account=document.paid_from, amount=document.amount, rate=document.rate)


def _post(document: Expense | OwnerDrawing, account: Account, *, party_id: int | None, actor: Actor) -> None:
    own = get_organization().currency
    amount = round_money(document.amount * document.rate, own)
    foreign = {}
    if document.currency != own:
        foreign = {
            "currency": document.currency,
            "foreign_amount": document.amount,
            "rate": document.rate,
        }
    lines = [
        EntryLine(account.pk, debit=amount, party_id=party_id, **foreign),
        *money_out(account=document.paid_from, amount=document.amount, rate=document.rate),
    ]
    _write(document, lines, actor)


def _write(
    document: Expense | OwnerDrawing | OwnerContribution, lines: list[EntryLine], actor: Actor
) -> None:
    kind = document._meta.model_name or ""  # noqa: SLF001 - documented API
    post_entry(
        source=Source(kind, str(document.pk)),
        business_date=document.business_date,
        lines=lines,
        memo=f"{document.number} {document.memo}".strip(),
        actor=actor,
    )
    record_audit(
        action=f"capital.post_{kind}",
        actor=actor,
        target_kind=kind,
        target_id=document.pk,
        summary=f"{document.number} {document.amount} {document.currency}",
    )


def _reverse(model: type[Document], pk: int, actor: Actor) -> Document:
    kind = model._meta.model_name or ""  # noqa: SLF001 - documented API
    with transaction.atomic():
        document = lock_rows(model.objects.filter(pk=pk)).first()
        if document is None:
            raise NotFound
        if document.reversed_at is not None:
            raise AlreadyReversed(number=document.number)
        entry = JournalEntry.objects.get(source_kind=kind, source_id=str(pk), purpose="")
        reverse_entry(
            entry_id=entry.pk,
            source=Source(kind, str(pk), "reversal"),
            actor=actor,
            business_date=local_today(),
        )
        document.reversed_at = timezone.now()
        document.save(update_fields=["reversed_at", "updated_at"])
        record_audit(
            action=f"capital.reverse_{kind}",
            actor=actor,
            target_kind=kind,
            target_id=pk,
            summary=document.number,
        )
    return document
