"""What stands between a supplier and us: the statement, document by document, and how old the open ones are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import DecimalField, ExpressionWrapper, F, QuerySet

from capital.enums import AccountRole
from capital.selectors import PartyEntry, party_entries
from purchases.errors import SupplierNotFound
from purchases.models import Supplier, SupplierOpenItem
from purchases.models.open_items import IS_OPEN
from users.selectors import get_organization, local_today

__all__ = ["Ageing", "Statement", "StatementRow", "list_open_items", "statement_of"]

ZERO = Decimal(0)
_OWED = (AccountRole.PAYABLE, AccountRole.SUPPLIER_ADVANCE)
#: Days past due up to which a debt stands in each column; what is not due yet has its own.
_AGES = (("to_30", 30), ("to_60", 60), ("to_90", 90))


@dataclass(frozen=True)
class StatementRow:
    """One posting. `amount` above zero: we owe more by it; `not_invoiced`: the same for goods that nobody invoiced yet.

    `balance` and `not_invoiced_balance` are what we owe after it.
    """

    business_date: date
    kind: str
    document: str
    number: str
    amount: Decimal
    balance: Decimal
    not_invoiced: Decimal
    not_invoiced_balance: Decimal
    is_reversal: bool


@dataclass
class Ageing:
    """What is open today of invoices and balances brought forward, by days past due; `on_account` is paid or credited
    and settles nothing yet. In the organisation's currency.
    """

    not_due: Decimal = ZERO
    to_30: Decimal = ZERO
    to_60: Decimal = ZERO
    to_90: Decimal = ZERO
    over_90: Decimal = ZERO
    on_account: Decimal = ZERO


@dataclass(frozen=True)
class Statement:
    """opening + the rows' amounts = closing: what the books owe on invoices less advances; goods not invoiced stand apart.

    `returns_due` is what the supplier has yet to credit for goods that went back.
    """

    supplier: Supplier
    since: date | None
    until: date
    currency: str
    opening: Decimal
    closing: Decimal
    not_invoiced_opening: Decimal
    not_invoiced_closing: Decimal
    returns_due: Decimal
    ageing: Ageing
    rows: Sequence[StatementRow] = field(default_factory=tuple)


def statement_of(supplier_id: int, *, since: date | None = None, until: date | None = None) -> Statement:
    """The statement over business days `since`..`until` (default: all of them). Raises SupplierNotFound.

    Seven statements, whatever its length. A merged supplier's is that of the one that replaced it.
    """
    found = Supplier.objects.select_related("merged_into").filter(pk=supplier_id).first()
    if found is None:
        raise SupplierNotFound
    supplier = found.merged_into or found
    family = dict(Supplier.objects.filter(merged_into=supplier).values_list("pk", "party_id"))
    family[supplier.pk] = supplier.party_id
    until = until or local_today()
    owed = party_entries(party_ids=family.values(), roles=_OWED)
    goods = party_entries(party_ids=family.values(), roles=(AccountRole.GRNI,))
    returned = party_entries(party_ids=family.values(), roles=(AccountRole.RETURNS_DUE,))
    opening, goods_opening = (
        -sum((one.amount for one in entries if since is not None and one.business_date < since), ZERO)
        for entries in (owed, goods)
    )
    rows = _rows(owed, goods, since, until, (opening, goods_opening))
    return Statement(
        supplier=supplier,
        since=since,
        until=until,
        currency=get_organization().currency,
        opening=opening,
        closing=rows[-1].balance if rows else opening,
        not_invoiced_opening=goods_opening,
        not_invoiced_closing=rows[-1].not_invoiced_balance if rows else goods_opening,
        returns_due=sum((one.amount for one in returned if one.business_date <= until), ZERO),
        ageing=_ageing(family),
        rows=rows,
    )


def _rows(
    owed: Iterable[PartyEntry],
    goods: Iterable[PartyEntry],
    since: date | None,
    until: date,
    opening: tuple[Decimal, Decimal],
) -> list[StatementRow]:
    """Both kinds of debt side by side, an entry a row, oldest first, with running balances."""
    sums: dict[int, list[Decimal]] = {}
    entries: dict[int, PartyEntry] = {}
    for place, found in enumerate((owed, goods)):
        for one in found:
            if one.business_date <= until and (since is None or one.business_date >= since):
                entries[one.entry_id] = one
                sums.setdefault(one.entry_id, [ZERO, ZERO])[place] -= one.amount
    balance, goods_balance = opening
    rows = []
    for one in sorted(entries.values(), key=lambda entry: (entry.business_date, entry.entry_id)):
        amount, of_goods = sums[one.entry_id]
        balance += amount
        goods_balance += of_goods
        rows.append(
            StatementRow(
                business_date=one.business_date,
                kind=one.source_kind,
                document=one.source_id,
                number=one.memo or one.number,
                amount=amount,
                balance=balance,
                not_invoiced=of_goods,
                not_invoiced_balance=goods_balance,
                is_reversal=one.purpose == "reversal",
            )
        )
    return rows


def _ageing(suppliers: Iterable[int]) -> Ageing:
    ages, today = Ageing(), local_today()
    items = SupplierOpenItem.objects.filter(IS_OPEN, supplier__in=list(suppliers))
    for item in items:
        if item.is_credit:
            ages.on_account += item.open_value
        elif item.role == AccountRole.PAYABLE:
            column = _column((today - item.due_date) // timedelta(days=1))
            setattr(ages, column, getattr(ages, column) + item.open_value)
    return ages


def _column(days: int) -> str:
    if days <= 0:
        return "not_due"
    return next((name for name, most in _AGES if days <= most), "over_90")


def list_open_items() -> QuerySet[SupplierOpenItem]:
    """Documents with something open: `left` of each, in its currency. Oldest due first."""
    left = ExpressionWrapper(
        F("amount") - F("settled_amount") - F("cleared_amount"),
        output_field=DecimalField(max_digits=20, decimal_places=4),
    )
    rows = SupplierOpenItem.objects.filter(IS_OPEN).select_related("supplier").annotate(left=left)
    return rows.order_by("due_date", "pk")
