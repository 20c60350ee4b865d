"""The receipt of a sale, for a roll of 80 mm."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from django.utils.translation import gettext as _

from sales.documents.heading import begin, local_time, shown_money
from sales.documents.roll import Roll
from sales.enums import PaymentMethod, SaleStatus
from sales.models import Sale, SaleLine

__all__ = ["receipt_pdf"]


def receipt_pdf(sale: Sale, *, is_copy: bool = False) -> bytes:
    """Lines with what each cost, discount, tax, what was paid and given back. ``sale`` comes from `get_sale`."""
    roll = begin(sale.number)
    if is_copy:
        roll.centre(_("COPY"), bold=True, size=11)
    if sale.status == SaleStatus.REVERSED:
        roll.centre(_("REVERSED: not valid"), bold=True, size=10)
    roll.row(_("Receipt"), sale.number, bold=True)
    roll.row(_("Date"), local_time(sale.occurred_at))
    roll.row(_("Sold by"), _seller(sale))
    if sale.till is not None:
        roll.row(_("Till"), sale.till.name)
    if sale.customer is not None:
        roll.row(_("Customer"), sale.customer.name)
    roll.rule()
    for line in sale.lines.all():
        _write_line(roll, sale, line)
    roll.rule()
    _write_sums(roll, sale)
    _write_payments(roll, sale)
    roll.rule()
    roll.centre(_("Thank you. Get well soon."))
    return roll.finished()


def _seller(sale: Sale) -> str:
    """Who sold, without the part of an e-mail address that names the house."""
    return sale.actor_name.partition("@")[0]


def _write_line(roll: Roll, sale: Sale, line: SaleLine) -> None:
    roll.text(line.product.name, bold=True)
    price = shown_money(line.unit_price, sale.currency)
    roll.row(f"{line.quantity} {line.unit.label} × {price}", shown_money(line.amount, sale.currency))
    if line.discount_amount:
        off = shown_money(line.discount_amount, sale.currency)
        roll.text(_("%(amount)s taken off") % {"amount": off}, size=7)


def _write_sums(roll: Roll, sale: Sale) -> None:
    if sale.discount_amount:
        roll.row(_("Discount in all"), shown_money(sale.discount_amount, sale.currency))
    roll.row(
        _("Total"), f"{shown_money(sale.total_amount, sale.currency)} {sale.currency}", bold=True, size=10
    )
    for rate, tax in _taxes(sale):
        label = _("Tax in it, %(rate)s %%") % {"rate": rate}
        roll.row(label, shown_money(tax, sale.currency))


def _taxes(sale: Sale) -> list[tuple[str, Decimal]]:
    rates: dict[str, Decimal] = defaultdict(Decimal)
    for line in sale.lines.all():
        if line.tax_amount:
            rates[f"{line.tax_rate.normalize():f}"] += line.tax_amount
    return sorted(rates.items())


def _write_payments(roll: Roll, sale: Sale) -> None:
    for part in sale.payments.all():
        label = str(PaymentMethod(part.method).label)
        if part.foreign_amount is not None:
            label = f"{label} {shown_money(part.foreign_amount, part.currency)} {part.currency}"
        roll.row(label, shown_money(part.amount, sale.currency))
    if sale.change_amount:
        roll.row(_("Change given back"), shown_money(sale.change_amount, sale.currency))
    if sale.rounding_amount:
        roll.row(_("Rounded to the coin"), shown_money(-sale.rounding_amount, sale.currency))
