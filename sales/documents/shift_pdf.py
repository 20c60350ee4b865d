"""The closing report of a shift, for a roll of 80 mm."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from sales.documents.heading import begin, local_time, shown_money
from sales.documents.roll import Roll
from sales.enums import CashDirection, PaymentMethod
from sales.selectors import DrawerReport, ShiftReport

__all__ = ["shift_pdf"]


def shift_pdf(report: ShiftReport) -> bytes:
    """What was sold, how it was paid, by whom, its tax, and what the drawer held."""
    shift, currency = report.shift, report.currency
    roll = begin(shift.number)
    roll.centre(_("Closing report (Z)"), bold=True, size=10)
    roll.row(_("Shift"), shift.number, bold=True)
    roll.row(_("Till"), shift.till.name)
    roll.row(_("Opened"), local_time(shift.opened_at))
    roll.row(_("by"), shift.opened_by_name)
    if shift.closed_at is not None:
        roll.row(_("Closed"), local_time(shift.closed_at))
        roll.row(_("by"), shift.closed_by_name)
    roll.rule()
    _write_sales(roll, report)
    _write_methods(roll, report)
    _section(
        roll,
        _("By seller"),
        [(f"{row['name']} ({row['count']})", row["total"]) for row in report.sellers],
        currency,
    )
    _section(
        roll,
        _("By tax rate"),
        [(f"{row['rate'].normalize():f} %", row["tax"]) for row in report.taxes],
        currency,
    )
    if report.movements:
        roll.rule()
        roll.text(_("Cash in and out"), bold=True)
    for movement in report.movements:
        sign = "" if movement.direction == CashDirection.IN else "-"
        amount = f"{sign}{shown_money(movement.amount, movement.currency)} {movement.currency}"
        roll.row(movement.reason, amount, size=7)
    for drawer in report.drawers:
        _write_drawer(roll, drawer)
    return roll.finished()


def _write_sales(roll: Roll, report: ShiftReport) -> None:
    currency = report.currency
    roll.row(_("Sales"), str(report.sales_count), bold=True)
    if report.sales_count:
        roll.row(_("First and last"), f"{report.first_number} – {report.last_number}", size=7)
    if report.late_count:
        label = _("Of these made before the shift opened (%(count)d)") % {"count": report.late_count}
        roll.row(label, shown_money(report.late_total, currency), size=7)
    rows = [
        (_("Total"), report.total),
        (_("Tax in it"), report.tax),
        (_("Discounts given"), report.discount),
        (_("Rounding"), report.rounding),
        (_("Refunds (%(count)d)") % {"count": report.refund_count}, report.refund_total),
        (_("Reversed sales (%(count)d)") % {"count": report.reversed_count}, report.reversed_total),
    ]
    for label, amount in rows:
        roll.row(label, shown_money(amount, currency))


def _write_methods(roll: Roll, report: ShiftReport) -> None:
    rows = []
    for row in report.methods:
        label = str(PaymentMethod(row["method"]).label)
        rows.append((label, row["taken"]))
        if row["payments"]:
            rows.append((_("%(method)s, customers on account") % {"method": label}, row["payments"]))
        if row["given_back"]:
            rows.append((_("%(method)s, given back") % {"method": label}, -row["given_back"]))
    _section(roll, _("By method"), rows, report.currency)


def _section(roll: Roll, title: str, rows: list[tuple[str, Decimal]], currency: str) -> None:
    if not rows:
        return
    roll.rule()
    roll.text(title, bold=True)
    for label, amount in rows:
        roll.row(label, shown_money(amount, currency))


def _write_drawer(roll: Roll, drawer: DrawerReport) -> None:
    roll.rule()
    roll.text(_("Drawer, %(currency)s") % {"currency": drawer.currency}, bold=True)
    rows: list[tuple[str, Decimal | None]] = [
        (_("Float"), drawer.float_amount),
        (_("Sales in cash"), drawer.sales),
        (_("Customers on account"), drawer.payments),
        (_("Cash in"), drawer.cash_in),
        (_("Cash out"), -drawer.cash_out),
        (_("Refunds in cash"), -drawer.refunds),
        (_("Reversed"), -drawer.reversed),
        (_("Otherwise"), drawer.other),
    ]
    for label, amount in rows:
        if amount:
            roll.row(label, shown_money(amount, drawer.currency))
    roll.row(_("Expected"), shown_money(drawer.expected, drawer.currency), bold=True)
    for label, amount in (
        (_("Counted"), drawer.counted),
        (_("Difference"), drawer.difference),
        (_("Handed over"), drawer.handed_over),
    ):
        if amount is not None:
            roll.row(label, shown_money(amount, drawer.currency), bold=True)
