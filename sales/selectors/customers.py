"""What customers owe, sale by sale, and how it came about. Merged customers are read as the one they became."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from capital.enums import AccountRole
from capital.selectors import PartyEntry, balances_by_party, party_balance, party_entries
from capital.types import Balance
from core.errors import NotFound
from sales.ageing import BUCKETS, LedgerRow, OpenDebt, bucket_of, open_debts
from sales.models import Customer, CustomerPayment, Refund

__all__ = [
    "CreditCheck",
    "CustomerLedger",
    "CustomerLedgerLine",
    "Outstanding",
    "check_credit",
    "customer_balances",
    "customer_family",
    "customer_ledger",
    "customer_outstanding",
    "get_customer",
    "list_customer_payments",
]

ZERO = Decimal(0)
ROLES = (AccountRole.RECEIVABLE, AccountRole.CUSTOMER_ADVANCE)


@dataclass(frozen=True)
class CustomerLedgerLine:
    """``amount`` above zero: they owe more; ``balance`` what they owe after it (below zero: paid in advance)."""

    entry: PartyEntry
    balance: Decimal


@dataclass(frozen=True)
class CustomerLedger:
    """closing = opening + debit - credit."""

    opening: Decimal
    debit: Decimal
    credit: Decimal
    closing: Decimal
    lines: list[CustomerLedgerLine]


@dataclass(frozen=True)
class Outstanding:
    """owed = sum of what is open - advance; ``ages`` sums what is open by age."""

    owed: Decimal
    advance: Decimal
    ages: dict[str, Decimal]
    debts: list[tuple[OpenDebt, str, str]]


@dataclass(frozen=True)
class CreditCheck:
    """``available`` is what may still be bought on account."""

    limit: Decimal
    owed: Decimal
    available: Decimal


def get_customer(*, customer_id: int) -> Customer:
    """The customer, or who they were merged into. Raises NotFound."""
    found = Customer.objects.select_related("merged_into").filter(pk=customer_id).first()
    if found is None:
        raise NotFound
    return found.merged_into or found


def customer_family(customer: Customer) -> QuerySet[Customer]:
    """A customer and those that were merged into them: their documents are theirs."""
    return Customer.objects.filter(Q(pk=customer.pk) | Q(merged_into=customer))


def list_customer_payments() -> QuerySet[CustomerPayment]:
    """Newest first."""
    return CustomerPayment.objects.select_related("customer", "account", "till").order_by("-pk")


def customer_balances(party_ids: Iterable[int]) -> dict[int, Decimal]:
    """What each party owes us (below zero: paid in advance), in one statement; settled ones are absent."""
    found = balances_by_party(roles=ROLES, party_ids=list(party_ids))
    return {party: (balance or Balance()).net for party, balance in found.items()}


def check_credit(*, customer: Customer) -> CreditCheck:
    """What they owe against what they may."""
    owed = -party_balance(customer.party_id)
    limit = customer.credit_limit_amount
    return CreditCheck(limit=limit, owed=owed, available=max(limit - owed, ZERO))


def _entries(customer: Customer) -> list[PartyEntry]:
    parties = customer_family(customer).values_list("party_id", flat=True)
    return party_entries(party_ids=parties, roles=ROLES)


def customer_ledger(
    *, customer: Customer, since: date | None = None, until: date | None = None
) -> CustomerLedger:
    """Every entry of business days ``since``..``until`` with the balance after it: two statements."""
    balance, lines = ZERO, []
    opening = debit = credit = ZERO
    for entry in _entries(customer):
        if until is not None and entry.business_date > until:
            break
        balance += entry.amount
        if since is not None and entry.business_date < since:
            opening = balance
            continue
        debit += max(entry.amount, ZERO)
        credit += max(-entry.amount, ZERO)
        lines.append(CustomerLedgerLine(entry, balance))
    return CustomerLedger(opening, debit, credit, opening + debit - credit, lines)


def customer_outstanding(*, customer: Customer, on: date) -> Outstanding:
    """What is open, document by document, and how old it is on ``on``: three statements."""
    entries = _entries(customer)
    sale_of = _refunded_sales(entries)
    debts, advance = open_debts([_as_row(entry, sale_of) for entry in entries])
    names = {_document(entry): (entry.memo, entry.number) for entry in reversed(entries) if entry.amount > 0}
    ages = dict.fromkeys((name for name, _most in BUCKETS), ZERO)
    for debt in debts:
        ages[bucket_of(debt, on=on)] += debt.open
    owed = sum((debt.open for debt in debts), ZERO) - advance
    return Outstanding(owed, advance, ages, [(debt, *names[debt.document]) for debt in debts])


def _document(entry: PartyEntry) -> tuple[str, str]:
    return entry.source_kind, entry.source_id


def _refunded_sales(entries: Iterable[PartyEntry]) -> dict[str, int]:
    ids = [int(entry.source_id) for entry in entries if entry.source_kind == "refund"]
    rows = Refund.objects.filter(pk__in=ids).values_list("pk", "sale_id")
    return {str(refund): sale for refund, sale in rows}


def _as_row(entry: PartyEntry, sale_of: dict[str, int]) -> LedgerRow:
    pays = None
    undone = entry.purpose.endswith("reversal")
    if entry.source_kind == "refund" and entry.source_id in sale_of:
        pays = ("sale", str(sale_of[entry.source_id]))
    elif undone and entry.source_kind != "customer_payment":
        pays = _document(entry)
    return LedgerRow(_document(entry), entry.business_date, entry.amount, pays=pays, is_debt=not undone)
