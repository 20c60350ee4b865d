"""Goods that a customer brings back: to the batch they left, at the value with which they left."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, NotFound
from core.money import round_money
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows
from inventory.selectors import movements_for, returned_quantities
from inventory.services import ReturnLine, return_stock
from sales.enums import PaymentMethod, SaleStatus
from sales.errors import SaleLineInvalid, SaleNotOpen
from sales.models import Refund, RefundLine, RefundPayment, Sale, SaleLine
from sales.services.customers import lock_customer, settle_after
from sales.services.drawers import Drawer, require_in_drawer, require_shift_policy, use_drawer
from sales.services.paying_back import MoneyBack, money_back
from sales.services.posting import post_refund_entry
from sales.types import RefundLineData, RefundPaymentData
from users.selectors import local_today, one_organization

__all__ = ["refund_sale"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class _Before:
    """What came back of a line earlier."""

    quantity: int = 0
    amount: Decimal = ZERO
    tax: Decimal = ZERO


@dataclass(frozen=True)
class _Part:
    """What comes back of a line now; amounts are cumulative shares less what was given back before."""

    line: SaleLine
    quantity: int
    amount: Decimal
    tax: Decimal


def refund_sale(
    *,
    sale_id: int,
    reason: str,
    actor: Actor,
    lines: Sequence[RefundLineData] | None = None,
    method: PaymentMethod | None = None,
    payments: Sequence[RefundPaymentData] = (),
    till_id: int | None = None,
    identified: bool = True,
) -> Refund:
    """Take back ``lines`` (None: all that is left); the money goes back as ``payments`` say, all of it by ``method``,
    or, with neither, the way it was paid. Cash leaves the till's open shift.

    The refunds of a line sum to what was paid for it and to the value it left with, to the last digit; cash is paid
    to the coin, and never more than was paid. The number of statements does not depend on the number of lines.
    Raises NotFound, SaleNotOpen, SaleLineInvalid, RefundMethodRefused, ShiftRequired, NotEnoughInTill, InvalidInput,
    what `use_drawer` raises, PeriodClosed.
    """
    with transaction.atomic(), one_organization():
        sale = lock_rows(Sale.objects.select_related("customer").filter(pk=sale_id)).first()
        if sale is None:
            raise NotFound
        if sale.status in (SaleStatus.REFUNDED, SaleStatus.REVERSED):
            raise SaleNotOpen(number=sale.number, status=sale.status)
        sold = {line.line: line for line in sale.lines.all()}
        before = _refunded_before(sale)
        parts = _parts(sale, sold, before, lines)
        total = sum((part.amount for part in parts), ZERO)
        asked = [RefundPaymentData(method)] if method is not None else payments
        back = money_back(sale=sale, total=total, asked=asked)
        drawer = _drawer(sale, back, till_id, identified=identified)
        customer = lock_customer(sale.customer_id)
        refund = _write(sale, parts, back, reason, actor, drawer)
        _close(sale, sold, before, parts)
        party_id = sale.customer.party_id if sale.customer else None
        post_refund_entry(refund=refund, back=back, party_id=party_id, drawer=drawer, actor=actor)
        settle_after(
            customer=customer,
            source=Source("refund", str(refund.pk)),
            business_date=refund.business_date,
            actor=actor,
        )
        record_audit(
            action="sales.refund_sale",
            actor=actor,
            target_kind="sale",
            target_id=sale.pk,
            summary=f"{sale.number} {refund.number}: {reason}",
            data={"amount": str(total), "paid": {way: str(amount) for way, amount in back.parts.items()}},
        )
    return refund


def _drawer(sale: Sale, back: MoneyBack, till_id: int | None, *, identified: bool) -> Drawer | None:
    """The drawer that cash leaves; other money leaves none, and the till only says where it was done."""
    cash = back.parts.get(PaymentMethod.CASH, ZERO)
    if cash:
        require_shift_policy(till_id=till_id)
    if till_id is None:
        return None
    drawer = use_drawer(till_id=till_id, identified=identified, alone=True)
    require_in_drawer(drawer=drawer, currency=sale.currency, amount=cash)
    return drawer


def _refunded_before(sale: Sale) -> dict[int, _Before]:
    rows = RefundLine.objects.filter(refund__sale=sale).values_list("sale_line_id").order_by()
    sums = rows.annotate(Sum("quantity"), Sum("amount"), Sum("tax_amount"))
    return {row[0]: _Before(*row[1:]) for row in sums}


def _parts(
    sale: Sale,
    sold: dict[int, SaleLine],
    before: dict[int, _Before],
    wanted: Sequence[RefundLineData] | None,
) -> list[_Part]:
    asked = [RefundLineData(number) for number in sold] if wanted is None else list(wanted)
    errors: list[FieldError] = []
    parts = []
    seen: set[int] = set()
    for index, item in enumerate(asked):
        line = sold.get(item.line)
        if line is None or item.line in seen:
            errors.append(
                FieldError(f"lines[{index}].line", "unknown", _("Name each line of the sale once."))
            )
            continue
        seen.add(item.line)
        earlier = before.get(line.pk, _Before())
        left = line.quantity - earlier.quantity
        quantity = left if item.quantity is None else item.quantity
        if wanted is None and not left:
            continue
        if not 0 < quantity <= left:
            detail = _("Only %(left)d of it can still come back.") % {"left": left}
            errors.append(FieldError(f"lines[{index}].quantity", "more_than_sold", detail))
            continue
        parts.append(_part(sale, line, earlier, quantity))
    if not asked:
        errors.append(FieldError("lines", "empty", _("A refund has at least one line.")))
    if errors:
        raise SaleLineInvalid(errors=errors)
    return parts


def _part(sale: Sale, line: SaleLine, earlier: _Before, quantity: int) -> _Part:
    upto = earlier.quantity + quantity
    return _Part(
        line=line,
        quantity=quantity,
        amount=round_money(line.amount * upto / line.quantity, sale.currency) - earlier.amount,
        tax=round_money(line.tax_amount * upto / line.quantity, sale.currency) - earlier.tax,
    )


def _write(
    sale: Sale,
    parts: Sequence[_Part],
    back: MoneyBack,
    reason: str,
    actor: Actor,
    drawer: Drawer | None,
) -> Refund:
    """Bring the goods back, then write the refund with the values that came with them."""
    today = local_today()
    number = next_number("RF", today.year)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('sales_refund', 'id'))")
        refund_id = int(cursor.fetchone()[0])
    cost = _bring_back(sale, parts, Source("refund", str(refund_id)), actor, today)
    refund = Refund.objects.create(
        pk=refund_id,
        number=number,
        sale=sale,
        business_date=today,
        reason=reason,
        total_amount=sum((part.amount for part in parts), ZERO),
        tax_amount=sum((part.tax for part in parts), ZERO),
        cost_amount=sum(cost.values(), ZERO),
        rounding_amount=back.rounding,
        shift_id=drawer.shift_id if drawer else None,
        actor_id=actor.id,
        actor_name=actor.name,
    )
    RefundPayment.objects.bulk_create(
        [RefundPayment(refund=refund, method=way, amount=amount) for way, amount in back.parts.items()]
    )
    RefundLine.objects.bulk_create(
        [
            RefundLine(
                refund=refund,
                sale_line=part.line,
                quantity=part.quantity,
                amount=part.amount,
                tax_amount=part.tax,
                cost_amount=cost[part.line.line],
            )
            for part in parts
        ]
    )
    return refund


def _bring_back(
    sale: Sale, parts: Sequence[_Part], source: Source, actor: Actor, today: date
) -> dict[int, Decimal]:
    """Return the goods, last issued first; the value that came back, by line of the sale."""
    issues: dict[int, list[tuple[int, int]]] = defaultdict(list)
    movements = list(movements_for(Source("sale", str(sale.pk))))
    back = returned_quantities(movement.pk for movement in movements)
    for movement in reversed(movements):
        issues[movement.line].append((movement.pk, -movement.quantity - back.get(movement.pk, 0)))
    returns: list[ReturnLine] = []
    owners: list[int] = []
    for part in parts:
        wanted = part.quantity * part.line.factor
        for movement_id, out in issues[part.line.line]:
            taken = min(wanted, out)
            if taken > 0:
                returns.append(ReturnLine(movement_id, taken))
                owners.append(part.line.line)
                wanted -= taken
    posted = return_stock(lines=returns, source=source, actor=actor, business_date=today)
    cost: dict[int, Decimal] = defaultdict(Decimal)
    for came_back in posted:
        cost[owners[came_back.line]] += came_back.value_amount
    return cost


def _close(sale: Sale, sold: dict[int, SaleLine], before: dict[int, _Before], parts: Sequence[_Part]) -> None:
    returned = sum(earlier.quantity * _factor(sold, pk) for pk, earlier in before.items())
    returned += sum(part.quantity * part.line.factor for part in parts)
    whole = returned == sum(line.base_qty for line in sold.values())
    sale.status = SaleStatus.REFUNDED if whole else SaleStatus.PARTLY_REFUNDED
    sale.save(update_fields=["status", "updated_at"])


def _factor(sold: dict[int, SaleLine], pk: int) -> int:
    return next(line.factor for line in sold.values() if line.pk == pk)
