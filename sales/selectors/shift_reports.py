"""What a shift did: the interim (X) and the closing (Z) report, read off its documents and the books."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Length

from capital.enums import AccountRole
from capital.selectors import balance_of_account, foreign_balances
from sales.enums import CashDirection, PaymentMethod, ShiftStatus
from sales.models import (
    CashMovement,
    CustomerPayment,
    Refund,
    RefundPayment,
    Sale,
    SaleLine,
    SalePayment,
    Shift,
    ShiftCash,
)
from sales.selectors.tills import get_shift, list_cash_movements
from users.selectors import get_organization

__all__ = ["DrawerReport", "ShiftReport", "shift_report"]

ZERO = Decimal(0)
_LATE = Q(occurred_at__lt=F("shift__opened_at"))


@dataclass(frozen=True)
class DrawerReport:
    """One currency of the drawer, in that currency.

    expected = float + sales + payments + cash_in - cash_out - refunds - reversed + other; ``payments`` is what customers
    paid on account, less what of it was given back; ``other`` is what the books moved on
    this account without the till (a manual entry, an expense that was taken back).
    """

    currency: str
    float_amount: Decimal
    opening_difference: Decimal
    sales: Decimal
    payments: Decimal
    cash_in: Decimal
    cash_out: Decimal
    refunds: Decimal
    reversed: Decimal
    other: Decimal
    expected: Decimal
    counted: Decimal | None
    difference: Decimal | None
    handed_over: Decimal | None


@dataclass(frozen=True)
class ShiftReport:
    """Amounts in the organisation's currency. ``methods``: what was taken, change taken off, and given
    back for sales; ``payments``: of customers on account, less what of them was given back.

    ``late``: sales of an outage, made before this shift opened, whose own shift was closed when they came in. Their
    cash was counted, as too much, by that shift; here it is missing.
    """

    shift: Shift
    currency: str
    sales_count: int
    total: Decimal
    tax: Decimal
    discount: Decimal
    rounding: Decimal
    late_count: int
    late_total: Decimal
    first_number: str
    last_number: str
    refund_count: int
    refund_total: Decimal
    reversed_count: int
    reversed_total: Decimal
    methods: list[dict[str, Any]] = field(default_factory=list)
    sellers: list[dict[str, Any]] = field(default_factory=list)
    taxes: list[dict[str, Any]] = field(default_factory=list)
    movements: list[CashMovement] = field(default_factory=list)
    drawers: list[DrawerReport] = field(default_factory=list)


def shift_report(*, shift_id: int) -> ShiftReport:
    """The same number of statements however much was sold. Raises NotFound."""
    shift = get_shift(shift_id=shift_id)
    sales = Sale.objects.filter(shift=shift)
    sums = sales.aggregate(
        count=Count("pk"),
        total=Sum("total_amount"),
        tax=Sum("tax_amount"),
        discount=Sum("discount_amount"),
        rounding=Sum("rounding_amount"),
        late=Count("pk", filter=_LATE),
        late_total=Sum("total_amount", filter=_LATE),
    )
    numbers = sales.order_by(Length("number"), "number").values_list("number", flat=True)
    refunds = Refund.objects.filter(shift=shift).aggregate(count=Count("pk"), total=Sum("total_amount"))
    undone = Sale.objects.filter(reversal_shift=shift).aggregate(count=Count("pk"), total=Sum("total_amount"))
    movements = list(list_cash_movements().filter(shift=shift))
    payments = _payments(shift)
    return ShiftReport(
        shift=shift,
        currency=get_organization().currency,
        sales_count=sums["count"],
        total=sums["total"] or ZERO,
        tax=sums["tax"] or ZERO,
        discount=sums["discount"] or ZERO,
        rounding=sums["rounding"] or ZERO,
        late_count=sums["late"],
        late_total=sums["late_total"] or ZERO,
        first_number=numbers.first() or "",
        last_number=numbers.last() or "",
        refund_count=refunds["count"],
        refund_total=refunds["total"] or ZERO,
        reversed_count=undone["count"],
        reversed_total=undone["total"] or ZERO,
        methods=_methods(shift, payments),
        sellers=_sellers(shift),
        taxes=_taxes(shift),
        movements=movements,
        drawers=_drawers(shift, movements, payments),
    )


def _methods(shift: Shift, payments: Decimal) -> list[dict[str, Any]]:
    taken = dict(
        SalePayment.objects.filter(sale__shift=shift)
        .order_by()
        .values_list("method")
        .annotate(total=Sum("amount"))
    )
    change = Sale.objects.filter(shift=shift).aggregate(total=Sum("change_amount"))["total"]
    if PaymentMethod.CASH in taken:
        taken[PaymentMethod.CASH] -= change or ZERO
    back = RefundPayment.objects.filter(refund__shift=shift).order_by().values_list("method")
    given = dict(back.annotate(total=Sum("amount")))
    paid = {PaymentMethod.CASH: payments} if payments else {}  # only cash goes into a drawer
    return [
        {
            "method": method.value,
            "taken": taken.get(method, ZERO),
            "given_back": given.get(method, ZERO),
            "payments": paid.get(method, ZERO),
        }
        for method in PaymentMethod
        if method in taken or method in given or method in paid
    ]


def _payments(shift: Shift) -> Decimal:
    """What customers paid on account into the drawer, in our currency, less what went out of it again."""
    into = CustomerPayment.objects.filter(shift=shift).aggregate(total=Sum("amount"))["total"]
    out = CustomerPayment.objects.filter(reversal_shift=shift).aggregate(total=Sum("amount"))["total"]
    return Decimal(into or ZERO) - Decimal(out or ZERO)


def _sellers(shift: Shift) -> list[dict[str, Any]]:
    sold = Sale.objects.filter(shift=shift)
    rows = sold.order_by("actor_name", "actor_id").values("actor_name", "actor_id")  # people may share a name
    return [
        {"name": row["actor_name"], "count": row["count"], "total": row["total"]}
        for row in rows.annotate(count=Count("pk"), total=Sum("total_amount"))
    ]


def _taxes(shift: Shift) -> list[dict[str, Any]]:
    rows = SaleLine.objects.filter(sale__shift=shift).order_by("tax_rate").values("tax_rate")
    return [
        {"rate": row["tax_rate"], "net": row["gross"] - row["tax"], "tax": row["tax"], "gross": row["gross"]}
        for row in rows.annotate(gross=Sum("amount"), tax=Sum("tax_amount"))
    ]


def _drawers(shift: Shift, movements: list[CashMovement], payments: Decimal) -> list[DrawerReport]:
    own = get_organization().currency
    sold, undone = _cash(Q(sale__shift=shift), own), _cash(Q(sale__reversal_shift=shift), own)
    back = RefundPayment.objects.filter(refund__shift=shift, method=PaymentMethod.CASH)
    refunds = back.aggregate(total=Sum("amount"))["total"]
    change = dict.fromkeys(("shift", "reversal_shift"), ZERO)
    for name in change:
        change[name] = (
            Sale.objects.filter(**{name: shift}).aggregate(total=Sum("change_amount"))["total"] or ZERO
        )
    sold[own] = sold.get(own, ZERO) - change["shift"]
    undone[own] = undone.get(own, ZERO) - change["reversal_shift"]
    given, paid = {own: refunds or ZERO}, {own: payments}
    return [_drawer(shift, row, sold, undone, given, paid, movements) for row in shift.cash.all()]


def _cash(where: Q, own: str) -> dict[str, Decimal]:
    """Cash taken by currency, in that currency, change not taken off."""
    rows = SalePayment.objects.filter(where, method=PaymentMethod.CASH).order_by().values_list("currency")
    found = {}
    for currency, amount, foreign in rows.annotate(own=Sum("amount"), foreign=Sum("foreign_amount")):
        found[currency or own] = foreign if currency else amount
    return found


def _drawer(
    shift: Shift,
    row: ShiftCash,
    sold: dict[str, Decimal],
    undone: dict[str, Decimal],
    given: dict[str, Decimal],
    paid: dict[str, Decimal],
    movements: list[CashMovement],
) -> DrawerReport:
    expected = row.expected_amount
    if shift.status == ShiftStatus.OPEN or expected is None:
        expected = _in_books(row)
    moved = {
        direction: sum(
            (m.amount for m in movements if m.currency == row.currency and m.direction == direction), ZERO
        )
        for direction in CashDirection
    }
    known = row.float_amount + sold.get(row.currency, ZERO) - undone.get(row.currency, ZERO)
    known += (
        paid.get(row.currency, ZERO)
        + moved[CashDirection.IN]
        - moved[CashDirection.OUT]
        - given.get(row.currency, ZERO)
    )
    return DrawerReport(
        currency=row.currency,
        float_amount=row.float_amount,
        opening_difference=row.opening_difference,
        sales=sold.get(row.currency, ZERO),
        payments=paid.get(row.currency, ZERO),
        cash_in=moved[CashDirection.IN],
        cash_out=moved[CashDirection.OUT],
        refunds=given.get(row.currency, ZERO),
        reversed=undone.get(row.currency, ZERO),
        other=expected - known,
        expected=expected,
        counted=row.counted_amount,
        difference=row.difference_amount,
        handed_over=row.handed_over_amount,
    )


def _in_books(row: ShiftCash) -> Decimal:
    if row.currency == get_organization().currency:
        return balance_of_account(row.account_id)
    found = foreign_balances(role=AccountRole.CASH, account_id=row.account_id)
    return found[row.currency].foreign_amount if row.currency in found else ZERO
