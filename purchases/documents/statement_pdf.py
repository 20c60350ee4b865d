"""A supplier's statement as a PDF: what to lay beside the supplier's own."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.drawing import is_arabic
from core.money import round_money
from purchases.documents.sheet import Heading, Sheet
from purchases.selectors.statements import Statement, StatementRow

__all__ = ["document_words", "statement_pdf"]

#: Date, document, number, owed, paid, balance, goods not invoiced.
_COLUMNS = (0.0, 56.0, 128.0, 216.0, 290.0, 364.0, 438.0)


def document_words() -> dict[str, str]:
    """What each kind of document is called on a statement."""
    return {
        "goods_receipt": _("Goods received"),
        "supplier_invoice": _("Invoice"),
        "supplier_payment": _("Payment"),
        "supplier_credit": _("Credit note"),
        "supplier_return": _("Return"),
        "opening_balance": _("Opening balance"),
        "manual_entry": _("Manual entry"),
        "supplier_allocation": _("Allocation"),
    }


def statement_pdf(statement: Statement) -> bytes:
    """Opening balance, each document with the running balance, closing balance, and how old the open ones are."""
    period = {"since": statement.since or "…", "until": statement.until}
    sheet = Sheet(
        Heading(
            statement.supplier.name,
            _("Statement of account, %(since)s to %(until)s") % period,
            statement.supplier.name,
        ),
        columns=_COLUMNS,
        titles=(
            _("Date"), _("Document"), _("Number"), _("Owed"), _("Paid"), _("Balance"), _("Not invoiced"),
        ),
        rtl=(get_language() or "").startswith("ar") or is_arabic(statement.supplier.name),
    )  # fmt: skip
    words = document_words()
    money = _Money(statement.currency)
    sheet.row(
        ("", _("Balance brought forward"), "", "", "", money.of(statement.opening),
         money.of(statement.not_invoiced_opening))
    )  # fmt: skip
    for row in statement.rows:
        sheet.row(_cells(row, words, money))
    _totals(sheet, statement, money)
    return sheet.finished()


class _Money:
    def __init__(self, currency: str) -> None:
        self.currency = currency

    def of(self, amount: Decimal) -> str:
        return f"{round_money(amount, self.currency):,f}"

    def positive(self, amount: Decimal) -> str:
        return self.of(amount) if amount > 0 else ""


def _cells(row: StatementRow, words: dict[str, str], money: _Money) -> tuple[str, ...]:
    name = words.get(row.kind, row.kind)
    return (
        row.business_date.isoformat(),
        _("%(document)s, reversed") % {"document": name} if row.is_reversal else name,
        row.number,
        money.positive(row.amount),
        money.positive(-row.amount),
        money.of(row.balance),
        money.of(row.not_invoiced_balance),
    )


def _totals(sheet: Sheet, statement: Statement, money: _Money) -> None:
    ages = statement.ageing
    for label, amount in [
        (_("Owed on invoices"), statement.closing),
        (_("Goods not yet invoiced"), statement.not_invoiced_closing),
        (_("Not due yet"), ages.not_due),
        (_("1 to 30 days past due"), ages.to_30),
        (_("31 to 60 days past due"), ages.to_60),
        (_("61 to 90 days past due"), ages.to_90),
        (_("More than 90 days past due"), ages.over_90),
        (_("On account"), ages.on_account),
    ]:
        sheet.total(label, f"{money.of(amount)} {money.currency}", at=3)
