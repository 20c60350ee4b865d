"""What became of goods that went back: credited, exchanged for others, or refused. Any part of a line, once.

What a part clears of the expected credit is cumulative, so that the parts of a line sum to it exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.services import EntryLine, post_entry
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.sources import Source
from inventory.enums import MovementKind
from inventory.services import ReturnLine, return_stock
from purchases.enums import ReturnStatus, Settlement
from purchases.errors import InvalidReturnLines
from purchases.models import (
    ReturnSettlement,
    SupplierReturn,
    SupplierReturnLine,
    SupplierReturnPart,
)
from purchases.services.returns import lock_return, lock_returns, return_source
from users.selectors import local_today

__all__ = [
    "OpenLine",
    "SettledPart",
    "open_lines",
    "part_of",
    "post_settled_goods",
    "refuse_return",
    "settle",
    "settle_status",
    "take_back_settlements",
]

ZERO = Decimal(0)
Check = Callable[[SupplierReturn], None] | None


@dataclass
class OpenLine:
    """A line of a sent return, and what was settled of it so far."""

    line: SupplierReturnLine
    settled: int = 0
    cleared: Decimal = ZERO
    value: Decimal = ZERO

    @property
    def open_qty(self) -> int:
        return self.line.quantity - self.settled


@dataclass(frozen=True)
class SettledPart:
    """`quantity` of a line: it clears `cleared` of what is due, and is `value` of the stock value that left."""

    line: SupplierReturnLine
    quantity: int
    cleared: Decimal
    value: Decimal
    granted: Decimal = ZERO


def open_lines(return_ids: Sequence[int]) -> dict[int, OpenLine]:
    """The lines of these returns by id. The caller holds the returns. Two statements."""
    lines = SupplierReturnLine.objects.filter(supplier_return__in=return_ids)
    found = {line.pk: OpenLine(line) for line in lines.select_related("supplier_return").order_by("pk")}
    sums = ReturnSettlement.objects.filter(line__in=found).values_list("line_id").order_by()
    totals = sums.annotate(Sum("quantity"), Sum("cleared_amount"), Sum("value_amount"))
    for line_id, quantity, cleared, value in totals:
        one = found[line_id]
        one.settled, one.cleared, one.value = int(quantity), cleared, value
    return found


def part_of(one: OpenLine, quantity: int, currency: str, *, granted: Decimal = ZERO) -> SettledPart:
    """`quantity` more of the line; counts it as settled in memory."""
    line, upto = one.line, one.settled + quantity
    cleared = round_money(line.expected_amount * upto / line.quantity, currency) - one.cleared
    value = round_money(line.value_amount * upto / line.quantity, currency) - one.value
    one.settled, one.cleared, one.value = upto, one.cleared + cleared, one.value + value
    return SettledPart(line, quantity, cleared, value, granted)


def settle(
    parts: Sequence[SettledPart], kind: Settlement, *, source: Source, note: str, actor: Actor
) -> None:
    """Write what happened to `parts`."""
    ReturnSettlement.objects.bulk_create(
        [
            ReturnSettlement(
                line=part.line,
                kind=kind,
                quantity=part.quantity,
                cleared_amount=part.cleared,
                granted_amount=part.granted,
                value_amount=part.value,
                source_kind=source.kind,
                source_id=source.id,
                note=note,
                actor_name=actor.name,
            )
            for part in parts
        ]
    )


def settle_status(returns: Sequence[SupplierReturn], lines: Mapping[int, OpenLine], actor: Actor) -> None:
    """Settled when nothing of its lines is open, sent again when something is. Saves all at once; the ETags change."""
    still_open = {one.line.supplier_return_id for one in lines.values() if one.open_qty}
    now = timezone.now()
    for one in returns:
        whole = one.pk not in still_open
        one.status = ReturnStatus.SETTLED if whole else ReturnStatus.SENT
        one.closed_at = now if whole else None
        one.closed_by_name = actor.name if whole else ""
        one.updated_at = now
    SupplierReturn.objects.bulk_update(returns, ["status", "closed_at", "closed_by_name", "updated_at"])


def take_back_settlements(source: Source, actor: Actor) -> list[SupplierReturn]:
    """The exact opposite of what `source` settled; its returns wait again. Locks them; the caller reverses the books."""
    rows = list(
        ReturnSettlement.objects.filter(source_kind=source.kind, source_id=source.id)
        .select_related("line")
        .order_by("pk")
    )
    named = {row.line.supplier_return_id for row in rows}
    returns = lock_returns(named, ReturnStatus.SENT, ReturnStatus.SETTLED)
    for row in rows:
        row.pk = None
        row.quantity, row.cleared_amount = -row.quantity, -row.cleared_amount
        row.granted_amount, row.value_amount = -row.granted_amount, -row.value_amount
        row.actor_name = actor.name
    ReturnSettlement.objects.bulk_create(rows)
    lines = open_lines([one.pk for one in returns])
    settle_status(returns, lines, actor)
    return returns


def refuse_return(
    *,
    return_id: int,
    reason: str,
    actor: Actor,
    quantities: Mapping[int, int] | None = None,
    check: Check = None,
) -> SupplierReturn:
    """The supplier did not take them: the goods come back to batch and place, at the value with which they left.

    `quantities` by line; None: all that is still open. Raises ReturnStateConflict, InvalidReturnLines, InvalidInput.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("Say why the supplier refused"))])
    with transaction.atomic():
        sent = lock_return(return_id, ReturnStatus.SENT, check=check)
        lines = open_lines([sent.pk])
        wanted = _wanted(lines, quantities)
        times = ReturnSettlement.objects.filter(line__supplier_return=sent, kind=Settlement.REFUSED).count()
        source = return_source(sent, f"refused-{times + 1}")
        today = local_today()
        value = _bring_back(lines, wanted, source, actor, today)
        parts = [part_of(lines[pk], quantity, sent.currency) for pk, quantity in wanted.items()]
        _give_back_shares(wanted)
        post_settled_goods(sent, parts, value=value, source=source, business_date=today, actor=actor)
        settle(parts, Settlement.REFUSED, source=return_source(sent), note=reason.strip()[:500], actor=actor)
        settle_status([sent], lines, actor)
        record_audit(
            action="purchases.refuse_return",
            actor=actor,
            target_kind="supplier_return",
            target_id=sent.pk,
            summary=sent.number,
            data={"reason": reason.strip()[:500], "value": str(value)},
        )
    return sent


def _wanted(lines: Mapping[int, OpenLine], quantities: Mapping[int, int] | None) -> dict[int, int]:
    """Line -> quantity. Raises InvalidReturnLines."""
    if quantities is None:
        return {pk: one.open_qty for pk, one in lines.items() if one.open_qty}
    errors = []
    for place, (pk, quantity) in enumerate(quantities.items()):
        one = lines.get(pk)
        if one is None:
            errors.append(FieldError(f"lines[{place}].line", "not_found", _("The return has no such line")))
        elif not 0 < quantity <= one.open_qty:
            detail = _("Only %(open)d of it are still open") % {"open": one.open_qty}
            errors.append(FieldError(f"lines[{place}].quantity", "more_than_open", detail))
    if not quantities:
        errors.append(FieldError("lines", "empty", _("Name at least one line")))
    if errors:
        raise InvalidReturnLines(errors=errors)
    return dict(quantities)


def _bring_back(
    lines: Mapping[int, OpenLine], wanted: Mapping[int, int], source: Source, actor: Actor, today: date
) -> Decimal:
    posted = return_stock(
        lines=[ReturnLine(lines[pk].line.movement_id or 0, quantity) for pk, quantity in wanted.items()],
        source=source,
        actor=actor,
        business_date=today,
        kind=MovementKind.SUPPLIER_RETURN,
    )
    return sum((movement.value_amount for movement in posted), ZERO)


def _give_back_shares(wanted: Mapping[int, int]) -> None:
    """What came back counts again as delivered and not returned, the newest delivery first."""
    parts = list(SupplierReturnPart.objects.filter(line__in=wanted).order_by("line_id", "-pk"))
    left = dict(wanted)
    for part in parts:
        back = min(part.quantity - part.refused_qty, left[part.line_id])
        part.refused_qty += back
        left[part.line_id] -= back
    SupplierReturnPart.objects.bulk_update(parts, ["refused_qty"])


def post_settled_goods(
    sent: SupplierReturn,
    parts: Sequence[SettledPart],
    *,
    value: Decimal,
    source: Source,
    business_date: date,
    actor: Actor,
) -> None:
    """Goods of `value` came in for what was due; the difference was variance when they left, and is its opposite now."""
    cleared = sum((part.cleared for part in parts), ZERO)
    if value == cleared == 0:
        return
    difference = value - cleared
    post_entry(
        source=source,
        business_date=business_date,
        memo=sent.number,
        actor=actor,
        lines=[
            EntryLine(AccountRole.STOCK, debit=value),
            EntryLine(AccountRole.RETURNS_DUE, credit=cleared, party_id=sent.supplier.party_id),
            EntryLine(AccountRole.PRICE_VARIANCE, credit=max(difference, ZERO)),
            EntryLine(AccountRole.PRICE_VARIANCE, debit=max(-difference, ZERO)),
        ],
    )
