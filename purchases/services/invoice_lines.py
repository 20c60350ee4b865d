"""Lines of a supplier invoice as typed: checked, priced, taxed. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from capital.enums import AccountType
from capital.selectors import list_accounts
from capital.tax import TaxTerms, split_tax
from core.errors import FieldError
from core.money import round_money, round_unit_price
from purchases.enums import ReceiptStatus
from purchases.errors import InvalidInvoiceLines
from purchases.models import GoodsReceiptLine, SupplierInvoice, SupplierInvoiceLine

__all__ = ["InvoiceLineData", "build_invoice_lines", "room_of", "total_invoice"]

ZERO, HUNDRED = Decimal(0), Decimal(100)
_MOST = 1_000_000_000


@dataclass(frozen=True)
class InvoiceLineData:
    """`receipt_line_id`: goods that came, `quantity` in its unit, paid units alone; else a service on `account_id`.

    `unit_price` is before `discounts` (per cent, one after another); None: what the receipt was booked at.
    `leave_discrepancy` claims what was invoiced and did not come instead of refusing it.
    """

    quantity: int = 1
    receipt_line_id: int | None = None
    account_id: int | None = None
    description: str = ""
    unit_price: Decimal | None = None
    discounts: Sequence[Decimal] = ()
    tax_rate: Decimal | None = None
    leave_discrepancy: bool = False


@dataclass(frozen=True)
class _Known:
    """What the lines name, by id."""

    receipt_lines: Mapping[int, GoodsReceiptLine]
    accounts: frozenset[int]


def build_invoice_lines(
    rows: Sequence[InvoiceLineData],
    *,
    invoice: SupplierInvoice,
    suppliers: Iterable[int],
    tax_rate: Decimal,
) -> list[SupplierInvoiceLine]:
    """Unsaved lines; two queries. `suppliers` whose receipts may be named; `tax_rate` where a line names none.

    Raises InvalidInvoiceLines naming each line and field.
    """
    known = _look_up(rows, suppliers)
    errors: list[FieldError] = []
    seen: set[int] = set()
    lines = []
    for place, row in enumerate(rows):
        found = _errors(f"lines[{place}]", row, known, seen)
        if row.receipt_line_id is not None:
            seen.add(row.receipt_line_id)
        errors += found
        if not found:
            lines.append(_line(place, row, known, invoice, tax_rate))
    if not rows:
        errors.append(FieldError("lines", "empty", _("An invoice names what it is for")))
    if errors:
        raise InvalidInvoiceLines(errors=errors)
    return lines


def _look_up(rows: Sequence[InvoiceLineData], suppliers: Iterable[int]) -> _Known:
    wanted = {row.receipt_line_id for row in rows if row.receipt_line_id is not None}
    lines = GoodsReceiptLine.objects.filter(pk__in=wanted, receipt__supplier__in=list(suppliers))
    accounts = {row.account_id for row in rows if row.account_id is not None}
    fit = list_accounts().filter(pk__in=accounts, type=AccountType.EXPENSE, is_active=True)
    return _Known(
        receipt_lines=lines.select_related("receipt", "product", "unit").in_bulk(),
        accounts=frozenset(fit.values_list("pk", flat=True)) if accounts else frozenset(),
    )


def room_of(line: GoodsReceiptLine) -> int:
    """Paid units that came and no invoice asked for yet."""
    return line.paid_qty - line.invoiced_qty


def _errors(at: str, row: InvoiceLineData, known: _Known, seen: set[int]) -> list[FieldError]:
    errors = []
    if not 0 < row.quantity <= _MOST:
        errors.append(FieldError(f"{at}.quantity", "out_of_range", _("Not a quantity")))
    if row.unit_price is not None and row.unit_price < 0:
        errors.append(FieldError(f"{at}.unit_price", "negative", _("May not be below zero")))
    if any(not 0 <= one <= HUNDRED for one in row.discounts):
        errors.append(FieldError(f"{at}.discounts", "out_of_range", _("Between 0 and 100 per cent")))
    if row.tax_rate is not None and not 0 <= row.tax_rate <= HUNDRED:
        errors.append(FieldError(f"{at}.tax_rate", "out_of_range", _("Between 0 and 100 per cent")))
    if row.receipt_line_id is not None:
        return errors + _goods_errors(at, row, known, seen)
    if row.account_id is not None and row.account_id not in known.accounts:
        errors.append(FieldError(f"{at}.account", "not_found", _("Choose an expense account")))
    if not row.description.strip():
        errors.append(FieldError(f"{at}.description", "required", _("Say what this is for")))
    if row.unit_price is None:
        errors.append(FieldError(f"{at}.unit_price", "required", _("Say what it costs")))
    return errors


def _goods_errors(at: str, row: InvoiceLineData, known: _Known, seen: set[int]) -> list[FieldError]:
    came = known.receipt_lines.get(row.receipt_line_id or 0)
    if came is None or came.receipt.status != ReceiptStatus.POSTED:
        return [FieldError(f"{at}.receipt_line", "not_found", _("This supplier delivered no such line"))]
    errors = []
    if row.account_id is not None:
        errors.append(FieldError(f"{at}.account", "not_allowed", _("Goods that came stand in stock")))
    if came.pk in seen:
        errors.append(FieldError(f"{at}.receipt_line", "duplicate", _("This line is there twice")))
    if came.paid_qty == 0:
        errors.append(FieldError(f"{at}.receipt_line", "free_goods", _("These goods are free")))
    elif row.quantity > room_of(came) and not row.leave_discrepancy:
        detail = _("Only %(room)d of it came and are not invoiced yet") % {"room": room_of(came)}
        errors.append(FieldError(f"{at}.quantity", "more_than_received", detail))
    return errors


def _line(
    place: int, row: InvoiceLineData, known: _Known, invoice: SupplierInvoice, tax_rate: Decimal
) -> SupplierInvoiceLine:
    came = known.receipt_lines.get(row.receipt_line_id or 0)
    price = row.unit_price
    if price is None:
        price = came.unit_cost / invoice.rate if came is not None else ZERO
    price = round_unit_price(price)
    rate = tax_rate if row.tax_rate is None else row.tax_rate
    typed = price * row.quantity
    for one in row.discounts:
        typed *= 1 - one / HUNDRED
    terms = TaxTerms(rate=rate, included=invoice.prices_include_tax)
    taxed = split_tax(round_money(typed, invoice.currency), terms, invoice.currency)
    return SupplierInvoiceLine(
        position=place,
        receipt_line=came,
        account_id=row.account_id,
        description=row.description.strip() or (str(came.product) if came is not None else ""),
        quantity=row.quantity,
        unit_price=price,
        discounts=[str(one.normalize()) for one in row.discounts],
        tax_rate=rate,
        net_amount=taxed.net,
        tax_amount=taxed.tax,
        leave_discrepancy=row.leave_discrepancy,
    )


def total_invoice(invoice: SupplierInvoice, lines: Sequence[SupplierInvoiceLine]) -> None:
    """Set the totals of `invoice` from its lines, fee and rounding."""
    invoice.goods_amount = sum((line.net_amount for line in lines), ZERO)
    invoice.tax_amount = sum((line.tax_amount for line in lines), ZERO)
    invoice.total_amount = (
        invoice.goods_amount + invoice.tax_amount + invoice.fee_amount + invoice.rounding_amount
    )
