"""What the counter's form carries from page to page, as it was typed; and the sale that it asks for."""

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from uuid import uuid4

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.errors import FieldError, InvalidInput
from sales.admin.amounts import read_amount, whole_number
from sales.admin.prescribed import PRESCRIBED_FIELDS, PrescribedForm, prescribed_in
from sales.enums import PaymentMethod
from sales.services import PaymentData, SaleData, SaleLineData

__all__ = ["Basket", "Row"]

MOST_LINES = 100
#: More digits are no quantity: a code that was scanned into the wrong field.
_MOST_UNITS = 999_999
#: Fields beside the lines that come back as they were typed.
_KEPT = ("till", "seller", "method", "given", "method2", "amount2", "off", "customer", "key")
_COLUMNS = ("product", "unit", "quantity", "batch", "percent", "price", "code", "reason")


@dataclass
class Row:
    """A line as its inputs hold it. ``code``: of a pack whose batch was never received; it is sold for a ``reason``."""

    product: int
    unit: int | None
    quantity: str = "1"
    batch: int | None = None
    percent: str = ""
    price: str = ""
    code: str = ""
    reason: str = ""


@dataclass
class Basket:
    rows: list[Row] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    paper: dict[str, str] = field(default_factory=dict)
    choices: list[dict[str, Any]] = field(default_factory=list)
    people: list[Any] = field(default_factory=list)
    papers: list[Any] = field(default_factory=list)

    @classmethod
    def read(cls, posted: QueryDict) -> "Basket":
        """The form as it was sent. A row that names no product is left out; what is no number is refused when it counts."""
        rows = []
        columns = [posted.getlist(name) for name in _COLUMNS]
        for product, unit, quantity, batch, *texts in zip_longest(*columns, fillvalue=""):
            known = whole_number(product)
            if known is not None and len(rows) < MOST_LINES:
                rows.append(
                    Row(
                        known,
                        whole_number(unit),
                        quantity,
                        whole_number(batch),
                        *(text.strip() for text in texts),
                    )
                )
        typed = {name: posted.get(name, "").strip() for name in _KEPT}
        typed["key"] = typed["key"] or uuid4().hex
        return cls(rows, typed, {name: posted.get(name, "").strip() for name in PRESCRIBED_FIELDS})

    def number(self, name: str) -> int | None:
        return whole_number(self.typed.get(name, ""))

    def put(
        self, product_id: int, unit_id: int, batch_id: int | None, quantity: int, *, code: str = ""
    ) -> None:
        """The same again counts so many more."""
        for row in self.rows:
            if (row.product, row.unit, row.batch, row.code) == (product_id, unit_id, batch_id, code):
                row.quantity = str((whole_number(row.quantity) or 0) + quantity)
                return
        if len(self.rows) < MOST_LINES:
            self.rows.append(Row(product_id, unit_id, str(quantity), batch_id, code=code))

    def sale(self) -> SaleData:
        """What is asked for. Raises InvalidInput naming each field that is no number."""
        errors: list[FieldError] = []
        lines = [_line(index, row, errors) for index, row in enumerate(self.rows)]
        off = read_amount(self.typed["off"], "discount_percent", errors)
        payments = self._payments(errors)
        paper = PrescribedForm(self.paper)
        errors += [FieldError(name, "invalid", told[0]) for name, told in paper.errors.items()]
        if errors:
            raise InvalidInput(errors=errors)
        paid_whole = any(part.method == self._method("method") for part in payments)
        return SaleData(
            lines=lines,
            payments=payments,
            exact=None if paid_whole else self._method("method"),
            till_id=self.number("till"),
            till_key=self.typed["key"],
            customer_id=self.number("customer"),
            discount_percent=off,
            **prescribed_in(paper.cleaned_data, customer_id=self.number("customer")),
        )

    def _payments(self, errors: list[FieldError]) -> list[PaymentData]:
        """A second way comes first: what was given the first way is then what is left, or more."""
        payments = []
        second = read_amount(self.typed["amount2"], "payments[1].amount", errors)
        if second is not None:
            payments.append(PaymentData(self._method("method2"), second))
        given = read_amount(self.typed["given"], "payments[0].amount", errors)
        if given is not None:
            payments.append(PaymentData(self._method("method"), given))
        return payments

    def _method(self, name: str) -> PaymentMethod:
        chosen = self.typed.get(name, "")
        return PaymentMethod(chosen) if chosen in PaymentMethod.values else PaymentMethod.CASH


def _line(index: int, row: Row, errors: list[FieldError]) -> SaleLineData:
    at = f"lines[{index}]"
    quantity = whole_number(row.quantity.strip())
    if quantity is None or quantity > _MOST_UNITS:
        errors.append(FieldError(f"{at}.quantity", "invalid", _("A whole number.")))
    return SaleLineData(
        product_id=row.product,
        code=row.code,
        unit_id=row.unit,
        quantity=quantity or 0,
        batch_id=row.batch,
        batch_reason="scanned" if row.batch is not None else row.reason,
        discount_percent=read_amount(row.percent, f"{at}.discount_percent", errors),
        unit_price=read_amount(row.price, f"{at}.unit_price", errors),
    )
