"""Where a batch came from, where it is now, and who got it: what a recall asks.

Everything is read off the stock ledger; documents only lend it their numbers and names. A fixed number of statements,
however often the batch moved.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from inventory.enums import MovementKind
from inventory.models import Batch, Stock, StockMovement
from inventory.selectors import batch_lineage, get_batch
from reports.documents import NamedDocument, document_key, documents_of
from sales.selectors import DispensedTo, dispensed_to

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
class TraceRow:
    """One movement. ``quantity`` is signed, in base units; ``back_qty`` of an issue came back since.

    Who paid is the party; ``patient`` is whom it was dispensed to on a prescription, known without a customer too.
    """

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
    patient: str
    patient_phone: str
    prescription: str

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
    names = documents_of(movements)
    people = _patients(movements)
    back: dict[int, int] = defaultdict(int)
    meaning: dict[int, str] = {}
    for movement in movements:
        back[movement.returned_from_id or movement.reversal_of_id or 0] += movement.quantity
        meaning[movement.pk] = meaning.get(movement.reversal_of_id or 0) or _MEANS.get(
            MovementKind(movement.kind), "other"
        )
    rows = tuple(
        _row(movement, meaning[movement.pk], names, back, people.get(movement.pk)) for movement in movements
    )
    totals = dict.fromkeys(MEANINGS, 0)
    for row in rows:
        totals[row.means] += row.quantity
    return BatchTrace(batch, rows, tuple(_places(lineage)), totals)


def _patients(movements: Iterable[StockMovement]) -> dict[int, DispensedTo]:
    """By movement of a sale, or of what came back of it, whom the goods were for: one statement."""
    rows = list(movements)
    by_id = {movement.pk: movement for movement in rows}
    issues = {row.pk: by_id.get(row.returned_from_id or row.reversal_of_id or row.pk, row) for row in rows}
    people = dispensed_to(document_key(issue) for issue in issues.values() if issue.source_kind == "sale")
    lines = {
        pk: (document_key(issue), issue.line) for pk, issue in issues.items() if issue.source_kind == "sale"
    }
    return {pk: people[line] for pk, line in lines.items() if line in people}


def _places(lineage: Iterable[int]) -> Iterable[Place]:
    held = Stock.objects.filter(batch__in=lineage, on_hand__gt=0).select_related("location").order_by("pk")
    for row in held:
        yield Place(row.location_id, str(row.location), row.on_hand, row.reserved)


def _row(
    movement: StockMovement,
    means: str,
    names: Mapping[tuple[str, str], NamedDocument],
    back: Mapping[int, int],
    person: DispensedTo | None,
) -> TraceRow:
    named = names.get((movement.source_kind, movement.source_id), NamedDocument(""))
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
        patient=person.patient if person else "",
        patient_phone=person.patient_phone if person else "",
        prescription=person.prescription if person else "",
    )
