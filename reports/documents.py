"""What the documents behind movements are called, and whose they are."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inventory.models import (
    StockAdjustment,
    StockCount,
    StockLoan,
    StockLoanSettlement,
    StockMovement,
    StockTransfer,
)
from purchases.models import GoodsReceipt, SupplierReturn
from sales.models import Refund, Sale

__all__ = ["NamedDocument", "document_key", "documents_of"]


@dataclass(frozen=True)
class NamedDocument:
    """A document: its number, and whose it is. ``party_kind`` is supplier, customer, neighbour or empty.

    ``occurred_at``: when it happened, where that may be earlier than its posting.
    """

    number: str
    party_kind: str = ""
    party_id: int | None = None
    party_name: str = ""
    party_phone: str = ""
    occurred_at: datetime | None = None


def documents_of(movements: Iterable[StockMovement]) -> dict[tuple[str, str], NamedDocument]:
    """What each source is called and whose it is: one statement for each kind of document."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for movement in movements:
        wanted[movement.source_kind].add(document_key(movement))
    named: dict[tuple[str, str], NamedDocument] = {}
    for kind, (rows, name) in _KINDS.items():
        if wanted[kind]:
            found = rows().filter(pk__in=wanted[kind])
            named |= {(kind, str(document.pk)): name(document) for document in found}
    return named


def document_key(movement: StockMovement) -> int:
    """The primary key of the document that moved it; 0 where its number is none."""
    return int(movement.source_id) if movement.source_id.isdecimal() else 0


def _by_customer(sale: Any, number: str, occurred_at: datetime | None = None) -> NamedDocument:
    customer = sale.customer
    if customer is None:
        return NamedDocument(number, occurred_at=occurred_at)
    return NamedDocument(number, "customer", customer.pk, customer.name, customer.phone, occurred_at)


def _by_supplier(document: Any) -> NamedDocument:
    supplier = document.supplier
    return NamedDocument(
        document.number, "supplier", supplier.pk, supplier.name, getattr(supplier, "phone", "")
    )


def _by_neighbour(document: Any, loan: Any) -> NamedDocument:
    return NamedDocument(document.number, "neighbour", loan.party_id, loan.party.name)


def _own(document: Any) -> NamedDocument:
    return NamedDocument(document.number)


#: Source kind -> the documents with all that their name needs, and how they are called.
_KINDS: dict[str, tuple[Callable[[], Any], Callable[[Any], NamedDocument]]] = {
    "sale": (
        lambda: Sale.objects.select_related("customer"),
        lambda sale: _by_customer(sale, sale.number, sale.occurred_at),
    ),
    "refund": (
        lambda: Refund.objects.select_related("sale__customer"),
        lambda refund: _by_customer(refund.sale, refund.number),
    ),
    "goods_receipt": (lambda: GoodsReceipt.objects.select_related("supplier"), _by_supplier),
    "supplier_return": (lambda: SupplierReturn.objects.select_related("supplier"), _by_supplier),
    "stock_loan": (
        lambda: StockLoan.objects.select_related("party"),
        lambda loan: _by_neighbour(loan, loan),
    ),
    "stock_loan_settlement": (
        lambda: StockLoanSettlement.objects.select_related("loan__party"),
        lambda settlement: _by_neighbour(settlement, settlement.loan),
    ),
    "stock_adjustment": (StockAdjustment.objects.all, _own),
    "stock_transfer": (StockTransfer.objects.all, _own),
    "stock_count": (StockCount.objects.all, _own),
}
