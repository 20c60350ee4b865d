"""Where a batch came from, where it is now, and who got it: what a recall asks.

Everything is read off the stock ledger; documents only lend it their numbers and names. A fixed number of statements,
however often the batch moved.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from inventory.enums import MovementKind
from inventory.models import (
    Batch,
    Stock,
    StockAdjustment,
    StockCount,
    StockLoan,
    StockLoanSettlement,
    StockMovement,
    StockTransfer,
)
from inventory.selectors import batch_lineage, get_batch
from purchases.models import GoodsReceipt, SupplierReturn
from sales.models import Refund, Sale

__all__ = ["BatchTrace", "Place", "TraceRow", "batch_trace"]

#: What a row means to whoever traces: in from outside, out to somebody, or moved within the house.
_MEANS = {
    MovementKind.RECEIPT: "received",
    MovementKind.BONUS: "received",
    MovementKind.OPENING: "received",
    MovementKind.LOAN_IN: "received",
    MovementKind.SALE: "sold",
    MovementKind.CUSTOMER_RETURN: "refunded",
    MovementKind.SUPPLIER_RETURN: "returned",
    MovementKind.LOAN_OUT: "lent",
}
MEANINGS = ("received", "sold", "refunded", "returned", "lent", "other")


@dataclass(frozen=True)
class _Named:
    """A document: its number, and whose it is. ``party_kind`` is supplier, customer, neighbour or empty."""

    number: str
    party_kind: str = ""
    party_id: int | None = None
    party_name: str = ""
    party_phone: str = ""


@dataclass(frozen=True)
class TraceRow:
    """One movement. ``quantity`` is signed, in base units; ``back_qty`` of an issue came back since."""

    movement_id: int
    means: str
    kind: str
    business_date: date
    location: str
    quantity: int
    back_qty: int
    document_kind: str
    document_id: str
    number: str
    party_kind: str
    party_id: int | None
    party_name: str
    party_phone: str
    actor_name: str

    @property
    def kind_label(self) -> str:
        return str(MovementKind(self.kind).label)


@dataclass(frozen=True)
class Place:
    location_id: int
    name: str
    on_hand: int
    reserved: int


@dataclass(frozen=True)
class BatchTrace:
    """``totals`` by meaning (signed quantities, reversals taken off); they add up to what is on hand."""

    batch: Batch
    rows: tuple[TraceRow, ...]
    places: tuple[Place, ...]
    totals: Mapping[str, int]

    @property
    def on_hand(self) -> int:
        return sum(place.on_hand for place in self.places)


def batch_trace(batch_id: int) -> BatchTrace:
    """The whole life of a batch, oldest first, with that of batches that were merged into it. Raises BatchMissing."""
    batch = get_batch(batch_id)
    lineage = set(batch_lineage([batch_id]))
    movements = list(
        StockMovement.objects.filter(batch__in=lineage).select_related("location").order_by("pk")
    )
    names = _documents(movements)
    back: dict[int, int] = defaultdict(int)
    meaning: dict[int, str] = {}
    for movement in movements:
        back[movement.returned_from_id or movement.reversal_of_id or 0] += movement.quantity
        meaning[movement.pk] = meaning.get(movement.reversal_of_id or 0) or _MEANS.get(
            MovementKind(movement.kind), "other"
        )
    rows = tuple(_row(movement, meaning[movement.pk], names, back) for movement in movements)
    totals = dict.fromkeys(MEANINGS, 0)
    for row in rows:
        totals[row.means] += row.quantity
    return BatchTrace(batch, rows, tuple(_places(lineage)), totals)


def _places(lineage: Iterable[int]) -> Iterable[Place]:
    held = Stock.objects.filter(batch__in=lineage, on_hand__gt=0).select_related("location").order_by("pk")
    for row in held:
        yield Place(row.location_id, str(row.location), row.on_hand, row.reserved)


def _row(
    movement: StockMovement, means: str, names: Mapping[tuple[str, str], _Named], back: Mapping[int, int]
) -> TraceRow:
    named = names.get((movement.source_kind, movement.source_id), _Named(""))
    return TraceRow(
        movement_id=movement.pk,
        means=means,
        kind=movement.kind,
        business_date=movement.business_date,
        location=str(movement.location),
        quantity=movement.quantity,
        back_qty=back.get(movement.pk, 0) if movement.quantity < 0 else 0,
        document_kind=movement.source_kind,
        document_id=movement.source_id,
        number=named.number,
        party_kind=named.party_kind,
        party_id=named.party_id,
        party_name=named.party_name,
        party_phone=named.party_phone,
        actor_name=movement.actor_name,
    )


def _documents(movements: Iterable[StockMovement]) -> dict[tuple[str, str], _Named]:
    """What each source is called and whose it is: one statement for each kind of document."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for movement in movements:
        if movement.source_id.isdigit():
            wanted[movement.source_kind].add(int(movement.source_id))
    named: dict[tuple[str, str], _Named] = {}
    for kind, (rows, name) in _KINDS.items():
        if wanted[kind]:
            found = rows().filter(pk__in=wanted[kind])
            named |= {(kind, str(document.pk)): name(document) for document in found}
    return named


def _by_customer(sale: Any, number: str) -> _Named:
    customer = sale.customer
    if customer is None:
        return _Named(number)
    return _Named(number, "customer", customer.pk, customer.name, customer.phone)


def _by_supplier(document: Any) -> _Named:
    supplier = document.supplier
    return _Named(document.number, "supplier", supplier.pk, supplier.name, getattr(supplier, "phone", ""))


def _by_neighbour(document: Any, loan: Any) -> _Named:
    return _Named(document.number, "neighbour", loan.party_id, loan.party.name)


def _own(document: Any) -> _Named:
    return _Named(document.number)


#: Source kind -> the documents with all that their name needs, and how they are called.
_KINDS: dict[str, tuple[Callable[[], Any], Callable[[Any], _Named]]] = {
    "sale": (
        lambda: Sale.objects.select_related("customer"),
        lambda sale: _by_customer(sale, sale.number),
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
