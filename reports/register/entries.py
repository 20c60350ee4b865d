"""Lines of the register: the ledger's movements, and whom and what each was for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.text import capfirst

from core.documents import document_name, document_page
from inventory.models import Product, StockMovement
from inventory.selectors import products_registered, register_movements, register_places
from reports.documents import NamedDocument, document_key, documents_of
from sales.selectors import DispensedTo, dispensed_to, registered_classes

__all__ = ["RegisterEntry", "register_entries", "registered_movements"]


@dataclass(frozen=True)
class RegisterEntry:
    """One line: ``number`` from 1 on without gaps, ``balance`` the stock of the product after it, in base units.

    ``occurred_at`` is when it happened: for a sale that was sent later, at the counter and not at the server.
    ``document`` is its number, or what its kind is called where it has none; ``source`` its (kind, key).
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
    source: tuple[str, str]
    supplier: str
    actor_name: str
    person: DispensedTo | None

    @property
    def page(self) -> str:
        """Where the document is looked at; empty where there is none."""
        kind, key = self.source
        return document_page(kind, key) if key.isdecimal() else ""

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

    names: Mapping[tuple[str, str], NamedDocument]
    people: Mapping[tuple[int, int], DispensedTo]

    def document(self, movement: StockMovement) -> str:
        named = self._named(movement)
        return named.number if named else capfirst(document_name(movement.source_kind))

    def supplier(self, movement: StockMovement) -> str:
        """Whom the goods came from or went to, where it was no customer: a supplier, or a neighbour."""
        named = self._named(movement)
        return named.party_name if named and named.party_kind in ("supplier", "neighbour") else ""

    def _named(self, movement: StockMovement) -> NamedDocument | None:
        return self.names.get((movement.source_kind, movement.source_id))

    def moment(self, movement: StockMovement) -> datetime:
        """A sale's own time; a reversal happens when it is made."""
        named = None if movement.source_purpose else self._named(movement)
        return (named.occurred_at if named else None) or movement.posted_at

    def person(self, movement: StockMovement) -> DispensedTo | None:
        """Whom the goods went to, or came back from."""
        issue = _issue_of(movement)
        if issue.source_kind != "sale" or issue.source_purpose:
            return None
        return self.people.get((document_key(issue), issue.line))


def _issue_of(movement: StockMovement) -> StockMovement:
    """The movement that this one takes back, else itself."""
    return movement.returned_from or movement.reversal_of or movement


def registered_movements() -> QuerySet[StockMovement]:
    """Movements of all products that are or were kept in the register, product by product, oldest first."""
    return register_movements().filter(product__in=products_registered(registered_classes()))


def register_entries(movements: Sequence[StockMovement]) -> list[RegisterEntry]:
    """``movements`` (of `inventory.selectors.register_movements`) as lines: two statements, and one for each kind of document."""
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
            source=(movement.source_kind, movement.source_id),
            supplier=papers.supplier(movement),
            actor_name=movement.actor_name,
            person=papers.person(movement),
        )
        for movement in movements
    ]


def _papers(movements: Sequence[StockMovement]) -> _Papers:
    behind = {one for movement in movements for one in (movement, _issue_of(movement))}
    sales = {document_key(one) for one in behind if one.source_kind == "sale"}
    return _Papers(names=documents_of(behind), people=dispensed_to(sales))
