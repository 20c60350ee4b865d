"""The interface between a table somebody uploads and the app that knows what its rows mean.

An app writes one `Importer` in its `importers.py` (found by itself, like `admin.py`), decorated with
`@register_importer`, and one line in its urls:

    router.register("product-imports", import_viewset(ProductImporter), basename="product-import")

The framework reads the file, finds the columns, asks for a plan, shows it, and applies it in chunks inside one
transaction. The importer only says what rows mean.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.text import fold

Text = str | Promise


@dataclass(frozen=True)
class Column:
    """A column that an importer understands.

    A header cell means this column when it equals, after folding, `name`, `label` or one of `synonyms`
    (Arabic ones included). `name` is also the heading of the template.
    """

    name: str
    label: Text = ""
    synonyms: tuple[str, ...] = ()
    required: bool = False
    example: str = ""

    def names(self) -> set[str]:
        return {
            fold(str(name)) for name in (self.name, self.name.replace("_", " "), self.label, *self.synonyms)
        } - {""}


@dataclass(frozen=True)
class Row:
    """One row as text. `number` is the row of the sheet as a person counts it (the header is usually 1).

    `values` has every column of the importer; "" where the cell is empty or the file has no such column.
    `given` names the columns that the file has: a column that is absent leaves an existing value alone, an
    empty cell may clear it.
    """

    number: int
    values: Mapping[str, str]
    given: frozenset[str] = frozenset()

    def __getitem__(self, column: str) -> str:
        return self.values[column]


@dataclass(frozen=True)
class RowError:
    """Why a row cannot be imported. `column` is "" when it is the row as a whole."""

    row: int
    column: str
    code: str
    detail: Text


@dataclass(frozen=True)
class PlanItem:
    """What one row would do. `data` is the importer's own; `summary` is shown to the person.

    For an update let `summary` be {field: {"from": …, "to": …}}; for a create {field: value}.
    """

    row: int
    action: Literal["create", "update"]
    data: Any
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Plan:
    """What all rows would do. A row is in exactly one of: items, unchanged, errors (once or more)."""

    items: list[PlanItem] = field(default_factory=list)
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)


class Importer(ABC):
    """Says what the rows of one kind of table mean.

    Both methods run in a worker. `plan` runs twice, for the preview and again inside the transaction of the run,
    because the world may have changed between; it must only read. `apply` gets the plan's items in chunks of
    `chunk_size`, inside that one transaction, and must be set-based: raise a DomainError to undo everything.
    """

    kind: ClassVar[str]  # "products": stored on jobs, so never renamed
    label: ClassVar[Text]
    #: Who may upload, run and cancel ("inventory.import_products"); looking needs `files.view_importjob`.
    permission: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    chunk_size: ClassVar[int] = 1000

    def clean_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the client may say beside the file (a location, a supplier). JSON in, JSON out.

        Raises InvalidInput. Takes nothing unless overridden.
        """
        if given:
            name = min(given)
            error = FieldError(f"options.{name}", "unknown_field", _("This field is not known here"))
            raise InvalidInput(errors=[error])
        return {}

    @abstractmethod
    def plan(self, rows: Sequence[Row], *, options: Mapping[str, Any]) -> Plan:
        """Validate all rows at once (duplicates within the file too). A constant number of queries."""

    @abstractmethod
    def apply(
        self, items: Sequence[PlanItem], *, actor: Actor, job_id: int, options: Mapping[str, Any]
    ) -> None:
        """Write one chunk. `job_id` is fit for a `Source(kind="import", id=str(job_id))`."""

    def finish(self, *, actor: Actor, job_id: int, options: Mapping[str, Any]) -> None:  # noqa: B027
        """After the last chunk, in the same transaction: totals to post, caches to rebuild. Optional."""


_registry: dict[str, type[Importer]] = {}
AnyImporter = TypeVar("AnyImporter", bound=type[Importer])


def register_importer(importer: AnyImporter) -> AnyImporter:
    """Class decorator: make an importer known by its kind."""
    known = _registry.setdefault(importer.kind, importer)
    if known is not importer and known.__qualname__ != importer.__qualname__:
        raise ValueError(f"two importers call themselves {importer.kind!r}")
    _registry[importer.kind] = importer
    return importer


def importer_for(kind: str) -> Importer:
    """Raises KeyError for a kind that nobody registered."""
    return _registry[kind]()


def registered_kinds() -> list[str]:
    return sorted(_registry)
