"""The arithmetic of posting an invoice: what each line turns from received into owed, and what it costs more or less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from capital.selectors import default_tax_terms
from core.errors import FieldError
from core.money import round_money
from purchases.errors import InvalidInvoiceLines
from purchases.models import GoodsReceipt, GoodsReceiptLine, SupplierInvoice, SupplierInvoiceLine
from purchases.services.bought_lines import share_of
from purchases.services.invoice_lines import room_of
from purchases.services.price_shares import PriceChange

__all__ = ["Figures", "figure_invoice", "match_lines"]

ZERO = Decimal(0)


@dataclass
class Figures:
    """In the organisation's currency. `owed` = what the receipts owed + differences + tax + services + fee + rounding."""

    owed: Decimal = ZERO
    tax: Decimal = ZERO
    #: Recoverable tax above what the usual rate makes of the lines.
    extra_tax: Decimal = ZERO
    rounding: Decimal = ZERO
    #: Expense account (None: the usual one) -> cost of services.
    services: dict[int | None, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    #: Receipt -> what of its goods, and of its fee, is invoiced now.
    goods: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    #: Receipt -> what it owed for goods that went back and are not billed.
    returned: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    fees: dict[int, Decimal] = field(default_factory=dict)
    fee_difference: Decimal = ZERO
    differences: list[PriceChange] = field(default_factory=list)

    @property
    def received_value(self) -> Decimal:
        return sum(self.goods.values(), ZERO) + sum(self.fees.values(), ZERO)

    @property
    def difference(self) -> Decimal:
        """How far it is from what was received, whichever way each part goes: goods, fee, services, unusual tax."""
        goods = sum((abs(one.amount) for one in self.differences), ZERO)
        services = sum((abs(cost) for cost in self.services.values()), ZERO)
        return goods + abs(self.fee_difference) + services + self.extra_tax

    @property
    def percent(self) -> Decimal:
        if not self.difference:
            return ZERO
        value = self.received_value
        return self.difference * 100 / value if value else Decimal(100)


def match_lines(lines: Sequence[SupplierInvoiceLine], came: Mapping[int, GoodsReceiptLine]) -> None:
    """Count each line's units onto its locked receipt line. What did not come is claimed where the line says so.

    Raises InvalidInvoiceLines naming each line that asks for more than there is to invoice.
    """
    errors = []
    for place, line in enumerate(lines):
        if line.receipt_line_id is None:
            continue
        room = room_of(came[line.receipt_line_id])
        if line.quantity > room and not line.leave_discrepancy:
            detail = _("Only %(room)d of it came and are not invoiced yet") % {"room": room}
            errors.append(FieldError(f"lines[{place}].quantity", "more_than_received", detail))
        line.matched_qty = min(line.quantity, room)
        line.claimed_qty = line.quantity - line.matched_qty
    if errors:
        raise InvalidInvoiceLines(errors=errors)


def figure_invoice(
    invoice: SupplierInvoice,
    lines: Sequence[SupplierInvoiceLine],
    came: Mapping[int, GoodsReceiptLine],
    receipts: Mapping[int, GoodsReceipt],
    own: str,
) -> Figures:
    """Fill `lines` and `came` (after `match_lines`), and answer what is to be posted. Changes nothing in the database."""
    figures = Figures()
    worth = _Worth(invoice.rate, own)
    recoverable = extra = ZERO
    usual = default_tax_terms(invoice.invoice_date).rate
    for line in lines:
        net, tax = _matched(line, invoice.currency)
        cost = net if invoice.tax_recoverable else net + tax
        if invoice.tax_recoverable:
            recoverable += tax
            extra += max(tax - round_money(net * usual / 100, invoice.currency), ZERO)
        if line.receipt_line_id is None:
            figures.services[line.account_id] += worth.of(cost)
        else:
            _count_goods(figures, line, came[line.receipt_line_id], worth.of(cost), own)
    figures.tax = worth.of(recoverable)
    figures.extra_tax = round_money(extra * invoice.rate, own)
    fee = worth.of(invoice.fee_amount)
    if fee:
        figures.fees = {
            pk: receipt.fee_amount - receipt.fee_invoiced_amount
            for pk, receipt in sorted(receipts.items())
            if receipt.fee_amount > receipt.fee_invoiced_amount
        }
    figures.fee_difference = fee - sum(figures.fees.values(), ZERO)
    figures.rounding = worth.of(invoice.rounding_amount)
    figures.owed = worth.total
    invoice.claimed_amount = sum((line.claimed_amount for line in lines), ZERO)
    return figures


def _matched(line: SupplierInvoiceLine, currency: str) -> tuple[Decimal, Decimal]:
    """(net, tax) of the units that came; the rest is claimed."""
    if line.receipt_line_id is None or not line.claimed_qty:
        return line.net_amount, line.tax_amount
    net = share_of(line.net_amount, line.matched_qty, line.quantity, currency)
    tax = share_of(line.tax_amount, line.matched_qty, line.quantity, currency)
    line.claimed_amount = line.net_amount + line.tax_amount - net - tax
    return net, tax


def _count_goods(
    figures: Figures, line: SupplierInvoiceLine, came: GoodsReceiptLine, cost: Decimal, own: str
) -> None:
    if not line.matched_qty:
        return
    came.invoiced_qty += line.matched_qty
    upto = share_of(came.amount, came.invoiced_qty, came.paid_qty, own)
    line.value_amount = upto - came.invoiced_amount
    came.invoiced_amount = upto
    line.difference_amount = cost - line.value_amount
    figures.goods[came.receipt_id] += line.value_amount
    figures.differences.append(PriceChange(came.pk, line.difference_amount))


class _Worth:
    """Amounts of a foreign invoice in our currency: the parts sum to what their sum is worth, to the last digit."""

    def __init__(self, rate: Decimal, own: str) -> None:
        self._rate, self._own = rate, own
        self._seen = ZERO
        self.total = ZERO

    def of(self, amount: Decimal) -> Decimal:
        self._seen += amount
        upto = round_money(self._seen * self._rate, self._own)
        part = upto - self.total
        self.total = upto
        return part


def differences_by_line(lines: Iterable[SupplierInvoiceLine], figures: Figures) -> None:
    """Note on each line what of its difference went to stock."""
    on_stock = {one.line_id: one.on_stock for one in figures.differences}
    for line in lines:
        line.stock_amount = on_stock.get(line.receipt_line_id or 0, ZERO)
