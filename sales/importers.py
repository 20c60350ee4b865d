"""What this app can import; files.apps finds this module by itself."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.money import round_money
from core.text import fold, normalise_digits
from files.imports import Column, Importer, Plan, PlanItem, Row, RowError, register_importer
from inventory.imports.cells import CellReader
from inventory.imports.finding import PRODUCT_COLUMNS, Named, ProductFinder
from inventory.selectors import first_movement_date, product_units
from sales.customer_import import CustomerImporter
from sales.models import SalesHistory
from sales.services import HistoryData, save_history
from users.selectors import get_organization

__all__ = ["CustomerImporter", "SalesHistoryImporter"]

_DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S")
_MONTH_FORMATS = ("%Y-%m", "%m/%Y", "%Y/%m")
MAX_SPAN_DAYS = 366


@dataclass(frozen=True)
class Draft:
    """One row, read; ``quantity`` in ``unit``."""

    row: int
    named: Named
    sale_date: date
    span_days: int
    quantity: int
    unit: str
    amount: Decimal | None


@register_importer
class SalesHistoryImporter(Importer):
    """Each row is what was sold of a product on a day, or in as many days as the row says, or in a month.

    Rows of one product and day are added up. Importing the same days again replaces them.
    """

    kind = "sales_history"
    label = _("Sales history")
    permission = "sales.import_history"
    columns = (
        *PRODUCT_COLUMNS,
        Column("date", _("Date"), ("sale date", "day", "month", "week", "التاريخ", "تاريخ البيع"), required=True, example="2026-01-31"),
        Column("quantity", _("Quantity"), ("qty", "sold", "الكمية", "المباع"), required=True, example="12"),
        Column("unit", _("Unit"), ("الوحدة",), example="box"),
        Column("days", _("Days that the row covers"), ("span", "period days", "الأيام"), example="7"),
        Column("amount", _("Amount"), ("total", "value", "القيمة", "المبلغ")),
    )  # fmt: skip

    def plan(self, rows: Sequence[Row], *, options: Mapping[str, Any]) -> Plan:
        """A constant number of statements."""
        plan = Plan()
        drafts = []
        for row in rows:
            reader = CellReader(row)
            draft = _read(reader)
            if draft is None or reader.errors:
                plan.errors.extend(reader.errors)
            else:
                drafts.append(draft)
        found = _Found(drafts)
        owners: dict[tuple[int, date], int] = {}
        items: dict[int, HistoryData | None] = {}
        for draft in drafts:
            error, data = found.data(draft)
            if data is None:
                plan.errors.append(error)  # type: ignore[arg-type]  # one of the two is always there
                continue
            first = owners.setdefault((data.product_id, data.sale_date), draft.row)
            held = items.get(first)
            items[draft.row] = None  # counted in the first row of its product and day
            items[first] = data if held is None else _added(held, data)
        found.fill(plan, drafts, items)
        return plan

    def apply(
        self, items: Sequence[PlanItem], *, actor: Actor, job_id: int, options: Mapping[str, Any]
    ) -> None:
        """Keep the rows of one chunk."""
        save_history(rows=[item.data for item in items if item.data], actor=actor, import_id=job_id)


def _added(held: HistoryData, data: HistoryData) -> HistoryData:
    amount = None if held.amount is None or data.amount is None else held.amount + data.amount
    return replace(
        held,
        quantity=held.quantity + data.quantity,
        span_days=max(held.span_days, data.span_days),
        amount=amount,
    )


def _read(reader: CellReader) -> Draft | None:
    named = Named(
        barcode=reader.text("barcode", most=64),
        national_code=reader.text("national_code", most=64),
        name_en=reader.text("name_en", most=255),
        name_ar=reader.text("name_ar", most=255),
        strength=reader.text("strength", most=120),
        form=reader.text("form", most=120),
        pack=reader.text("pack", most=120),
    )
    quantity = reader.whole("quantity")
    if quantity is None and not reader.errors:
        reader.wrong("quantity", "required", _("How many were sold?"))
    days = reader.whole("days", least=1)
    if days is not None and days > MAX_SPAN_DAYS:
        reader.wrong("days", "out_of_range", _("At most a year"))
    day = _day(reader.row["date"])
    if day is None:
        reader.wrong("date", "not_a_date", _("Write 2026-01-31, or 2026-01 for a whole month"))
    if reader.errors or day is None or quantity is None:
        return None
    return Draft(
        row=reader.row.number,
        named=named,
        sale_date=day[0],
        span_days=days or day[1],
        quantity=quantity,
        unit=reader.text("unit", most=60),
        amount=reader.amount("amount"),
    )


def _day(text: str) -> tuple[date, int] | None:
    """The first day that a cell names and how many it covers: a month covers all of its days."""
    text = normalise_digits(text).strip().replace("T", " ")
    for form in _DAY_FORMATS:
        try:
            return datetime.strptime(text, form).date(), 1  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
    for form in _MONTH_FORMATS:
        try:
            first = datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
        return first, calendar.monthrange(first.year, first.month)[1]
    return None


class _Found:
    """What the drafts mean; everything it must know is read once."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self._products = ProductFinder(draft.named for draft in drafts)
        wanted = {pk for draft in drafts for pk in self._products.find(draft.named)}
        self._units = product_units(wanted)
        self._start = first_movement_date()
        self._currency = get_organization().currency
        days = [draft.sale_date for draft in drafts]
        known = SalesHistory.objects.filter(product__in=wanted)
        if days:
            known = known.filter(sale_date__range=(min(days), max(days)))
        columns = ("product_id", "sale_date", "quantity", "span_days")
        self._known = {(row[0], row[1]): row[2:] for row in known.values_list(*columns)}

    def data(self, draft: Draft) -> tuple[RowError | None, HistoryData | None]:
        """What the draft says, or why it cannot be kept."""
        found = self._products.find(draft.named)
        column = "barcode" if draft.named.barcode else "name_en"
        if len(found) > 1:
            return RowError(draft.row, column, "ambiguous", _("Several products here may be meant")), None
        if not found:
            detail = _("There is no such product; import the products first")
            return RowError(draft.row, column, "not_found", detail), None
        if self._start is not None and (self._start - draft.sale_date).days < draft.span_days:
            return RowError(draft.row, "date", "in_ledger", _("The ledger covers this day already")), None
        factor = self._factor(found[0], draft.unit)
        if factor is None:
            return RowError(draft.row, "unit", "unknown_unit", _("This product has no such unit")), None
        return None, HistoryData(
            product_id=found[0],
            sale_date=draft.sale_date,
            quantity=draft.quantity * factor,
            span_days=draft.span_days,
            amount=None if draft.amount is None else round_money(draft.amount, self._currency),
        )

    def fill(self, plan: Plan, drafts: Sequence[Draft], items: Mapping[int, HistoryData | None]) -> None:
        """Put every row that can be kept into ``plan``, as new, as a change, or as known already."""
        for draft in drafts:
            if draft.row not in items:
                continue
            data = items[draft.row]
            if data is None:
                plan.items.append(PlanItem(draft.row, "create", None, {"added_to": str(draft.sale_date)}))
                continue
            known = self._known.get((data.product_id, data.sale_date))
            if known == (data.quantity, data.span_days):
                plan.unchanged += 1
                continue
            summary: dict[str, Any] = {"date": str(data.sale_date), "quantity": data.quantity}
            if known is not None:
                summary["quantity"] = {"from": known[0], "to": data.quantity}
            plan.items.append(PlanItem(draft.row, "update" if known else "create", data, summary))

    def _factor(self, product_id: int, unit: str) -> int | None:
        """Base units in what the row counts; without a unit, the product's selling unit."""
        units = self._units[product_id]
        if not unit:
            usual = next((info.factor for info in units if info.is_default_sell), None)
            return usual or 1
        named = {fold(name): info.factor for info in units for name in (info.name, info.name_ar) if name}
        return named.get(fold(unit))
