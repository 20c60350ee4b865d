"""What is owed document by document: opened by what posts, settled by allocation, cleared by what takes it over.

Everything here happens under `lock_supplier`, before stock, period and capital are locked. Opening a new item alone needs
no lock. A debt is settled oldest due first: invoices and what was brought forward, then goods not yet invoiced.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from capital.enums import AccountRole
from capital.selectors import balances_by_party
from capital.types import Balance
from core.money import round_money
from core.transactions import lock_rows, require_transaction
from purchases.enums import ItemKind
from purchases.errors import SupplierNotFound
from purchases.models import Supplier, SupplierOpenItem
from purchases.models.open_items import IS_OPEN
from users.selectors import get_organization, local_today

__all__ = [
    "NewItem",
    "adopt_balance",
    "family_of",
    "find_item",
    "lock_supplier",
    "locked_items",
    "new_items",
    "open_item",
    "payable_first",
]

ZERO = Decimal(0)


@dataclass(frozen=True)
class NewItem:
    """A document that begins to owe or to settle. `value_amount` None: `amount` is in the organisation's currency."""

    supplier: Supplier
    kind: ItemKind
    document_id: int | None
    number: str
    role: AccountRole
    amount: Decimal
    business_date: date
    is_credit: bool = False
    due_date: date | None = None
    currency: str = ""
    value_amount: Decimal | None = None


def lock_supplier(supplier_id: int) -> Supplier:
    """The supplier, its merge pointer followed, locked: nobody else settles its debts meanwhile. Raises SupplierNotFound."""
    require_transaction()
    named = Supplier.objects.filter(pk=supplier_id).values_list("merged_into_id", flat=True).first()
    supplier = lock_rows(Supplier.objects.filter(pk=named or supplier_id)).first()
    if supplier is None:
        raise SupplierNotFound
    return supplier


def family_of(supplier: Supplier) -> dict[int, int]:
    """The supplier and those merged into it: id -> party. Old documents keep their supplier, debts are one."""
    merged = Supplier.objects.filter(merged_into_id=supplier.pk).values_list("pk", "party_id")
    return {supplier.pk: supplier.party_id, **dict(merged)}


def open_item(new: NewItem) -> SupplierOpenItem | None:
    """Begin to count a posted document; None where it is about nothing."""
    require_transaction()
    for item in new_items(new):
        item.save(force_insert=True)
        return item
    return None


def new_items(*items: NewItem) -> list[SupplierOpenItem]:
    """Items not yet written, for documents that write all their rows at once. What is about nothing is left out."""
    own = get_organization().currency
    return [
        SupplierOpenItem(
            supplier=new.supplier,
            kind=new.kind,
            document_id=new.document_id,
            number=new.number,
            role=new.role,
            is_credit=new.is_credit,
            business_date=new.business_date,
            due_date=_due(new),
            currency=new.currency or own,
            amount=new.amount,
            value_amount=new.amount if new.value_amount is None else new.value_amount,
        )
        for new in items
        if new.amount > 0
    ]


def _due(new: NewItem) -> date:
    """As the document says; a credit at once, a debt when the supplier's terms let it."""
    days = 0 if new.is_credit else new.supplier.payment_terms_days
    return new.due_date or new.business_date + timedelta(days=days)


def find_item(kind: ItemKind, document_id: int) -> SupplierOpenItem | None:
    """The item of a document, freshly read; the supplier's lock guards it."""
    rows = SupplierOpenItem.objects.select_related("supplier")
    return rows.filter(kind=kind, document_id=document_id).first()


def locked_items(supplier: Supplier, *, receipts: Iterable[int] = ()) -> list[SupplierOpenItem]:
    """Everything open of the supplier and of those merged into it, and the items of `receipts`; locked by pk."""
    wanted = IS_OPEN | Q(kind=ItemKind.RECEIPT, document_id__in=list(receipts))
    rows: QuerySet[SupplierOpenItem] = SupplierOpenItem.objects.select_related("supplier")
    return list(lock_rows(rows.filter(wanted, supplier_id__in=family_of(supplier))))


def payable_first(items: Iterable[SupplierOpenItem]) -> list[SupplierOpenItem]:
    """Debts in the order in which money settles them."""
    return sorted(
        (item for item in items if not item.is_credit),
        key=lambda item: (item.role != AccountRole.PAYABLE, item.due_date, item.pk),
    )


def adopt_balance(supplier: Supplier, items: list[SupplierOpenItem]) -> None:
    """Give what the books owe beyond `items` (an opening balance, a manual entry) an item of its own; add it to them.

    Under the supplier's lock no document posts to its payables, so what differs is no document's.
    """
    parties = family_of(supplier).values()
    balances = balances_by_party(roles=(AccountRole.PAYABLE,), party_ids=parties)
    owed = -sum((balance.net for balance in balances.values()), Balance().net)
    for item in items:
        if item.role == AccountRole.PAYABLE:
            owed += item.open_value if item.is_credit else -item.open_value
    if not owed:
        return
    today = local_today()
    adopted = open_item(
        NewItem(
            supplier=supplier,
            kind=ItemKind.BALANCE,
            document_id=None,
            number=f"{today:%Y-%m-%d}",
            role=AccountRole.PAYABLE,
            amount=abs(round_money(owed, get_organization().currency)),
            business_date=today,
            due_date=today,
            is_credit=owed < 0,
        )
    )
    if adopted is not None:
        items.append(adopted)
