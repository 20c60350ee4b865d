"""What stands between a customer and us, on paper; and the receipt of their money."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from reportlab.lib.pagesizes import A4, A5

from core.language import reads_arabic
from core.money import round_money
from core.sheets import BOLD, REGULAR, Sheet
from sales.models import Customer, CustomerPayment
from sales.selectors.customers import CustomerLedger
from users.selectors import get_organization

__all__ = ["receipt_pdf", "statement_pdf"]

_WIDTHS = (62.0, 90.0, 180.0, 66.0, 66.0, 70.0)


def statement_pdf(
    *, customer: Customer, ledger: CustomerLedger, since: date | None, until: date | None
) -> bytes:
    """The ledger of a customer, with what was owed before it and what is owed now."""
    currency = get_organization().currency

    def money(amount: Decimal) -> str:
        return f"{round_money(amount, currency):,f}" if amount else ""

    def begin(sheet: Sheet) -> None:
        _head(sheet, _("Statement of account: %(customer)s") % {"customer": customer.name})
        sheet.write("  ".join(part for part in (customer.phone, _span(since, until), currency) if part))
        sheet.y -= 1.5 * sheet.row_height
        sheet.draw(
            (_("Date"), _("Entry"), pgettext("statement", "For"), _("Debit"), _("Credit"), _("Balance")), BOLD
        )

    sheet = Sheet(
        size=A4, widths=_WIDTHS, rtl=reads_arabic(), title=customer.name, begin=begin, end=lambda _sheet: None
    )
    sheet.row(("", "", _("Brought forward"), "", "", f"{round_money(ledger.opening, currency):,f}"), BOLD)
    for line in ledger.lines:
        entry = line.entry
        sheet.row(
            (
                entry.business_date.isoformat(),
                entry.number,
                entry.memo,
                money(max(entry.amount, Decimal(0))),
                money(max(-entry.amount, Decimal(0))),
                f"{round_money(line.balance, currency):,f}",
            )
        )
    closing = f"{round_money(ledger.closing, currency):,f}"
    sheet.row(("", "", _("Owed now"), money(ledger.debit), money(ledger.credit), closing), BOLD)
    return sheet.finished()


def receipt_pdf(payment: CustomerPayment) -> bytes:
    """That a customer paid, to be handed over."""

    def begin(sheet: Sheet) -> None:
        _head(sheet, _("Receipt %(number)s") % {"number": payment.number})

    sheet = Sheet(
        size=A5,
        widths=(120.0, 230.0),
        rtl=reads_arabic(),
        title=payment.number,
        begin=begin,
        end=_sign,
        foot=40.0,
    )
    amount = f"{round_money(payment.amount, payment.currency):,f} {payment.currency}"
    rows = [
        (_("Date"), payment.business_date.isoformat()),
        (_("Received from"), payment.customer.name),
        (_("Amount"), amount),
        (_("How"), payment.get_method_display()),
        (_("Reference"), payment.reference),
        (_("Note"), payment.note),
        (_("By"), payment.actor_name),
    ]
    for label, text in rows:
        if text:
            sheet.row((label, str(text)), BOLD if text == amount else REGULAR, size=10)
    return sheet.finished()


def _head(sheet: Sheet, title: str) -> None:
    organization = get_organization()
    own = organization.name_ar if sheet.rtl else ""
    sheet.write(own or organization.name, BOLD, size=13)
    sheet.y -= sheet.row_height
    contact = "  ".join(part for part in (organization.phone, organization.address) if part)
    sheet.write(contact)
    sheet.y -= sheet.row_height
    sheet.write(title, BOLD, size=11)
    sheet.y -= sheet.row_height


def _sign(sheet: Sheet) -> None:
    sheet.y -= sheet.row_height
    signature = _("Signature")
    sheet.write(f"{signature}: ......................................")


def _span(since: date | None, until: date | None) -> str:
    return " - ".join(day.isoformat() if day else "…" for day in (since, until)) if since or until else ""
