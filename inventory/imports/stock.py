"""Opening stock from a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.sources import Source
from core.text import fold
from files.imports import Column, Importer, Plan, PlanItem, Row, RowError, register_importer
from inventory.expiry import Expiry, parse_expiry
from inventory.imports.cells import MAX_QUANTITY, CellReader
from inventory.imports.finding import PRODUCT_COLUMNS, Named, ProductFinder
from inventory.models import Location
from inventory.selectors import default_location_id, occupied_cells, product_units
from inventory.services import ReceiveLine, post_opening_stock
from users.selectors import get_organization, local_today

SOURCE_KIND = "stock_import"


@dataclass(frozen=True)
class StockDraft:
    """One row, read. ``unit_cost`` and ``value`` are as stated: one of them, for the unit that the row counts in."""

    row: int
    named: Named
    quantity: int
    unit: str
    location: str
    batch_number: str
    expiry: Expiry | None
    unit_cost: Decimal | None
    value: Decimal | None


@register_importer
class OpeningStockImporter(Importer):
    """Each row is so much of a product's batch in one place, at its cost. The whole goes against opening equity.

    Option ``location``: the id of the place for rows that name none (default: the usual place).
    """

    kind = "opening_stock"
    label = _("Opening stock")
    permission = "inventory.import_stock"
    columns = (
        *PRODUCT_COLUMNS,
        Column("quantity", _("Quantity"), ("qty", "on hand", "stock", "الكمية", "الرصيد"), required=True, example="12"),
        Column("unit", _("Unit"), ("الوحدة",), example="box"),
        Column("batch_number", _("Batch number"), ("batch", "lot", "رقم الطبخة", "الوجبة", "التشغيلة"), example="A123"),
        Column("expiry", _("Expiry"), ("expiry date", "exp", "تاريخ الانتهاء", "الصلاحية"), example="2027-03"),
        Column("unit_cost", _("Cost of one unit"), ("cost", "purchase price", "سعر الشراء", "الكلفة", "التكلفة"), example="95.50"),
        Column("value", _("Value of the row"), ("total", "total cost", "القيمة", "الإجمالي")),
        Column("location", _("Location"), ("place", "warehouse", "الموقع", "المستودع")),
    )  # fmt: skip

    def clean_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """``location``: an active place."""
        options = dict(given)
        location = options.pop("location", None)
        super().clean_options(options)
        if location is None:
            return {}
        if not isinstance(location, int) or not Location.objects.filter(pk=location, is_active=True).exists():
            error = FieldError("options.location", "not_found", _("There is no such location"))
            raise InvalidInput(errors=[error])
        return {"location": location}

    def plan(self, rows: Sequence[Row], *, options: Mapping[str, Any]) -> Plan:
        """Seven statements, whatever the number of rows."""
        plan = Plan()
        drafts = []
        for row in rows:
            reader = CellReader(row)
            draft = _read(reader)
            if draft is None or reader.errors:
                plan.errors.extend(reader.errors)
            else:
                drafts.append(draft)
        lines = _Lines(drafts, options)
        for draft in drafts:
            error, line = lines.line(draft)
            if line is None:
                plan.errors.append(error)  # type: ignore[arg-type]  # one of the two is always there
                continue
            summary = {
                "product": draft.named.name_en or draft.named.name_ar or draft.named.barcode,
                "quantity": line.quantity,
                "batch_number": line.batch_number,
                "expiry": line.expiry,
                "value_amount": line.value_amount,
            }
            plan.items.append(PlanItem(draft.row, "create", line, summary))
        return plan

    def apply(
        self, items: Sequence[PlanItem], *, actor: Actor, job_id: int, options: Mapping[str, Any]
    ) -> None:
        """One posting a chunk, each with its own source."""
        post_opening_stock(
            lines=[item.data for item in items],
            source=Source(SOURCE_KIND, str(job_id), f"row-{items[0].row}"),
            actor=actor,
            business_date=local_today(),
        )


def _read(reader: CellReader) -> StockDraft | None:
    named = Named(
        barcode=reader.text("barcode", most=64),
        national_code=reader.text("national_code", most=64),
        name_en=reader.text("name_en", most=255),
        name_ar=reader.text("name_ar", most=255),
        strength=reader.text("strength", most=120),
        form=reader.text("form", most=120),
        pack=reader.text("pack", most=120),
    )
    quantity = reader.whole("quantity", least=1)
    if quantity is None and not reader.errors:
        reader.wrong("quantity", "required", _("How many are there?"))
    cost, value = reader.amount("unit_cost"), reader.amount("value")
    if cost is None and value is None and not reader.errors:
        reader.wrong(
            "unit_cost", "required", _("The cost of one unit, or the value of the row (0 for free goods)")
        )
    expiry = parse_expiry(reader.row["expiry"])
    if expiry is None and reader.row["expiry"]:
        reader.wrong("expiry", "not_a_date", _("Write 2027-03-31 or 2027-03"))
    if reader.errors or quantity is None:
        return None
    return StockDraft(
        row=reader.row.number,
        named=named,
        quantity=quantity,
        unit=reader.text("unit", most=60),
        location=reader.text("location", most=120),
        batch_number=reader.text("batch_number", most=60),
        expiry=expiry,
        unit_cost=cost,
        value=value,
    )


class _Lines:
    """Turns drafts into lines; everything it must know is read once."""

    def __init__(self, drafts: Sequence[StockDraft], options: Mapping[str, Any]) -> None:
        self._products = ProductFinder(draft.named for draft in drafts)
        self._units = product_units({pk for draft in drafts for pk in self._products.find(draft.named)})
        self._places = {
            fold(name): pk
            for pk, *names in Location.objects.filter(is_active=True).values_list("pk", "name", "name_ar")
            for name in names
            if name
        }
        self._usual = options.get("location") or default_location_id()
        self._currency = get_organization().currency
        self._occupied = occupied_cells(self._units)
        self._seen: dict[tuple[int, int, str, date | None], int] = {}

    def line(self, draft: StockDraft) -> tuple[RowError | None, ReceiveLine | None]:
        """The line that ``draft`` means, or why there is none."""
        found = self._products.find(draft.named)
        if len(found) != 1:
            code, detail = (
                ("ambiguous", _("Several products here may be meant"))
                if found
                else ("not_found", _("There is no such product; import the products first"))
            )
            return RowError(draft.row, "barcode" if draft.named.barcode else "name_en", code, detail), None
        factor = self._factor(found[0], draft.unit)
        if factor is None:
            return RowError(draft.row, "unit", "unknown_unit", _("This product has no such unit")), None
        if draft.quantity * factor > MAX_QUANTITY:
            return RowError(draft.row, "quantity", "out_of_range", _("This is too much")), None
        place = self._places.get(fold(draft.location)) if draft.location else self._usual
        if place is None:
            return RowError(draft.row, "location", "not_found", _("There is no such location")), None
        expiry = draft.expiry.day if draft.expiry else None
        taken = self._taken(draft, (found[0], place, draft.batch_number, expiry))
        if taken is not None:
            return taken, None
        return None, ReceiveLine(
            product_id=found[0],
            location_id=place,
            quantity=draft.quantity * factor,
            value_amount=self._value(draft),
            batch_number=draft.batch_number,
            expiry=expiry,
            expiry_is_month=bool(draft.expiry and draft.expiry.is_month),
        )

    def _factor(self, product_id: int, unit: str) -> int | None:
        units = self._units[product_id]
        if not unit:
            return 1
        named = {fold(name): info.factor for info in units for name in (info.name, info.name_ar) if name}
        return named.get(fold(unit))

    def _taken(self, draft: StockDraft, cell: tuple[int, int, str, date | None]) -> RowError | None:
        if cell in self._occupied:
            return RowError(draft.row, "", "already_there", _("This batch has stock in this place already"))
        first = self._seen.setdefault(cell, draft.row)
        if first != draft.row:
            detail = _("The same batch stands in row %(row)d") % {"row": first}
            return RowError(draft.row, "", "duplicate", str(detail))
        return None

    def _value(self, draft: StockDraft) -> Decimal:
        if draft.value is not None:
            return round_money(draft.value, self._currency)
        return round_money((draft.unit_cost or Decimal(0)) * draft.quantity, self._currency)
