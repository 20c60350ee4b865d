"""Lines of the register: the ledger's movements, and whom and what each was for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from inventory.models import Product, StockMovement
from inventory.selectors import register_movements, register_places
from purchases.selectors.buying import list_receipts
from sales.selectors import DispensedTo, dispensed_to, refund_numbers, registered_classes, sale_moments

__all__ = ["RegisterEntry", "register_entries", "registered_movements"]


@dataclass(frozen=True)
class RegisterEntry:
    """One line: ``number`` from 1 on without gaps, ``balance`` the stock of the product after it, in base units.

    ``occurred_at`` is when it happened: for a sale that was sent later, at the counter and not at the server.
    """

    id: int
    product: Product
    number: int
    business_date: date
    occurred_at: datetime
    kind: str
    received: int
    issued: int
    balance: int
    batch: str
    expiry: date | None
    document: str
    supplier: str
    actor_name: str
    person: DispensedTo | None

    @property
    def patient(self) -> str:
        return self.person.patient if self.person else ""

    @property
    def patient_id_number(self) -> str:
        return self.person.patient_id_number if self.person else ""

    @property
    def prescriber(self) -> str:
        return self.person.prescriber if self.person else ""

    @property
    def prescriber_licence(self) -> str:
        return self.person.prescriber_licence if self.person else ""

    @property
    def prescription(self) -> str:
        return self.person.prescription if self.person else ""


@dataclass(frozen=True)
class _Papers:
    """What the documents behind some movements say: one statement for each kind of document."""

    sales: Mapping[int, tuple[str, datetime]]
    people: Mapping[tuple[int, int], DispensedTo]
    refunds: Mapping[int, str]
    receipts: Mapping[int, tuple[str, str]]

    def document(self, movement: StockMovement) -> str:
        key = _key(movement)
        if movement.source_kind == "sale" and key in self.sales:
            return self.sales[key][0]
        if movement.source_kind == "refund":
            return self.refunds.get(key, movement.source_id)
        if movement.source_kind == "goods_receipt" and key in self.receipts:
            return self.receipts[key][0]
        return f"{movement.source_kind} {movement.source_id}".strip()

    def supplier(self, movement: StockMovement) -> str:
        if movement.source_kind != "goods_receipt":
            return ""
        return self.receipts.get(_key(movement), ("", ""))[1]

    def moment(self, movement: StockMovement) -> datetime:
        """A sale's own time; a reversal happens when it is made."""
        if movement.source_kind == "sale" and not movement.source_purpose and _key(movement) in self.sales:
            return self.sales[_key(movement)][1]
        return movement.posted_at

    def person(self, movement: StockMovement) -> DispensedTo | None:
        """Whom the goods went to, or came back from."""
        issue = _issue_of(movement)
        if issue.source_kind != "sale" or issue.source_purpose:
            return None
        return self.people.get((_key(issue), issue.line))


def _issue_of(movement: StockMovement) -> StockMovement:
    """The movement that this one takes back, else itself."""
    return movement.returned_from or movement.reversal_of or movement


def _key(movement: StockMovement) -> int:
    return int(movement.source_id) if movement.source_id.isdecimal() else 0


def registered_movements() -> QuerySet[StockMovement]:
    """Movements of all products whose class is kept in the register, product by product, oldest first."""
    return register_movements().filter(product__control_class__in=registered_classes())


def register_entries(movements: Sequence[StockMovement]) -> list[RegisterEntry]:
    """``movements`` (of `inventory.selectors.register_movements`) as lines: six statements, however many."""
    places = register_places(movement.pk for movement in movements)
    papers = _papers(movements)
    return [
        RegisterEntry(
            id=movement.pk,
            product=movement.product,
            number=places[movement.pk].number,
            business_date=movement.business_date,
            occurred_at=papers.moment(movement),
            kind=movement.kind,
            received=max(movement.quantity, 0),
            issued=max(-movement.quantity, 0),
            balance=places[movement.pk].balance,
            batch=movement.batch.number,
            expiry=movement.batch.expiry_date,
            document=papers.document(movement),
            supplier=papers.supplier(movement),
            actor_name=movement.actor_name,
            person=papers.person(movement),
        )
        for movement in movements
    ]


def _papers(movements: Sequence[StockMovement]) -> _Papers:
    wanted: dict[str, set[int]] = defaultdict(set)
    for movement in movements:
        for one in {movement, _issue_of(movement)}:
            wanted[one.source_kind].add(_key(one))
    receipts = list_receipts().filter(pk__in=wanted["goods_receipt"])
    return _Papers(
        sales=sale_moments(wanted["sale"]),
        people=dispensed_to(wanted["sale"]),
        refunds=refund_numbers(wanted["refund"]),
        receipts={row.pk: (row.number, row.supplier.name) for row in receipts},
    )
