"""The differences of a count: seen when it closes, posted once, in stock and books alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from capital.selectors import find_entry
from capital.services import check_limit, reverse_entry
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError
from core.money import ZERO, round_money
from core.sources import Source
from inventory.enums import CountStatus, MovementKind, Uncounted
from inventory.errors import CountIncomplete, CountMovedOn
from inventory.models import StockCount, StockCountLine
from inventory.picking import Pick, StockRow
from inventory.selectors.costs import last_unit_costs
from inventory.services.books import post_gain_and_loss
from inventory.services.counts import SOURCE_KIND, lock_count
from inventory.services.posting import Locked, check_business_date, lock_cells, post_movements, posting_terms
from inventory.services.reservations import break_overdrawn
from inventory.services.reversing import reverse_movements

_STORE = """
UPDATE inventory_stockcountline AS line
SET variance_qty = one.quantity, variance_value_amount = one.value_amount, is_open = %(is_open)s
FROM unnest(%(ids)s::bigint[], %(quantities)s::bigint[], %(values)s::numeric[]) AS one(id, quantity, value_amount)
WHERE line.id = one.id
"""


@dataclass(frozen=True)
class _Difference:
    """What a line's stock has to change by, signed; ``quantity`` is counted - book."""

    line: StockCountLine
    quantity: int
    value_amount: Decimal = ZERO


def close_count(*, count_id: int, actor: Actor) -> StockCount:
    """End the counting and work out the differences, valued at what the books carried when the count opened."""
    count = lock_count(count_id, CountStatus.COUNTING)
    currency = posting_terms().currency
    lines = [line for line in _lines(count) if line.counted_qty is not None]
    unknown = {line.product_id for line in lines if not line.expected_qty}
    costs = last_unit_costs(unknown) if unknown else {}
    differences = []
    for line in lines:
        quantity = _counted(line) - _booked(line)
        unit = _unit_value(line, costs)
        differences.append(_Difference(line, quantity, round_money(unit * quantity, currency)))
    _store(differences, is_open=True)
    count.status, count.closed_at = CountStatus.REVIEW, timezone.now()
    count.save(update_fields=["status", "closed_at", "updated_at"])
    _audit("close_count", count, actor)
    return count


def post_count(*, count_id: int, actor: Actor, uncounted: Uncounted = Uncounted.REFUSE) -> StockCount:
    """Post each difference as it was when its line was counted; what moved since has moved.

    Less than the books leaves at its share of the carried value, more enters at the batch's carried cost, else at last
    cost. Reservations that are left uncovered break. Raises DocumentState, CountIncomplete, CountMovedOn,
    ApprovalLimitExceeded; then nothing changed.
    """
    count = lock_count(count_id, CountStatus.REVIEW)
    lines = _lines(count)
    missing = [line for line in lines if line.counted_qty is None]
    if missing and uncounted == Uncounted.REFUSE:
        raise CountIncomplete(number=count.number, uncounted=len(missing))
    terms = posting_terms()
    source = Source(SOURCE_KIND, str(count.pk))
    wanted = [
        line
        for line in lines
        if line.counted_qty != line.book_qty or (line.counted_qty is None and uncounted == Uncounted.ZERO)
    ]
    cells = [(line.product_id, line.batch_id, line.location_id) for line in wanted]
    locked = lock_cells(cells=cells, source=source)
    check_business_date(terms.today, today=terms.today, last_date=locked.last_date)
    picks = _picks(wanted, locked, terms.currency)
    gain = sum((pick.value_amount for pick in picks if pick.quantity > 0), ZERO)
    loss = -sum((pick.value_amount for pick in picks if pick.quantity < 0), ZERO)
    check_limit(amount=gain + loss, actor=actor)
    break_overdrawn(rows=locked.rows)
    post_movements(picks=picks, source=source, actor=actor, business_date=terms.today)
    post_gain_and_loss(
        source=source, gain=gain, loss=loss, memo=count.number, actor=actor, business_date=terms.today
    )
    posted = {wanted[pick.line].pk: (pick.quantity, pick.value_amount) for pick in picks}
    _store([_Difference(line, *posted.get(line.pk, (0, ZERO))) for line in lines], is_open=False)
    count.uncounted, count.gain_amount, count.loss_amount = uncounted, gain, loss
    count.status, count.posted_at, count.business_date = CountStatus.POSTED, timezone.now(), terms.today
    count.posted_by_id, count.posted_by_name = actor.id, actor.name
    count.save()
    _audit("post_count", count, actor, gain=str(gain), loss=str(loss), uncounted=len(missing))
    return count


def reverse_count(*, count_id: int, actor: Actor, reason: str = "") -> StockCount:
    """Undo what a count posted exactly, in stock and books.

    Raises DocumentState, ApprovalLimitExceeded, CannotReverse.
    """
    count = lock_count(count_id, CountStatus.POSTED)
    check_limit(amount=count.gain_amount + count.loss_amount, actor=actor)
    original = Source(SOURCE_KIND, str(count.pk))
    undo, day = original.for_purpose("reversal"), posting_terms().today
    reverse_movements(original=original, source=undo, actor=actor, business_date=day)
    entry = find_entry(source=original)
    if entry is not None:
        reverse_entry(entry_id=entry.pk, source=undo, actor=actor, business_date=day, memo=reason)
    count.status = CountStatus.REVERSED
    count.save(update_fields=["status", "updated_at"])
    _audit("reverse_count", count, actor, reason=reason)
    return count


def _lines(count: StockCount) -> list[StockCountLine]:
    return list(count.lines.select_related("product", "batch").order_by("pk"))


def _counted(line: StockCountLine) -> int:
    return line.counted_qty or 0


def _booked(line: StockCountLine) -> int:
    return line.book_qty or 0


def _unit_value(line: StockCountLine, costs: dict[int, Decimal]) -> Decimal:
    if line.expected_qty:
        return Decimal(line.expected_value_amount) / line.expected_qty
    return costs.get(line.product_id, ZERO)


def _picks(lines: Sequence[StockCountLine], locked: Locked, currency: str) -> list[Pick]:
    """The movements of the lines that differ. Raises CountMovedOn where what was missing has left by another way."""
    rows = {row.batch_id: row for row in locked.rows}
    costs = last_unit_costs(
        {line.product_id for line in lines if not line.expected_qty and not rows[line.batch_id].on_hand}
    )
    picks, errors = [], []
    for number, line in enumerate(lines):
        row = rows[line.batch_id]
        change = -row.on_hand if line.counted_qty is None else _counted(line) - _booked(line)
        if change < 0 and row.on_hand < -change:
            detail = _("Of %(product)s, batch %(batch)s, only %(there)d are left: count it again")
            shown = {"product": line.product, "batch": line.batch.number or "-", "there": row.on_hand}
            errors.append(FieldError(f"lines[{line.pk}]", "moved_on", detail % shown))
        elif change:
            picks.append(_pick(number, line, row, change, costs, currency))
    if errors:
        raise CountMovedOn(errors=errors)
    return picks


def _pick(
    number: int,
    line: StockCountLine,
    row: StockRow,
    change: int,
    costs: dict[int, Decimal],
    currency: str,
) -> Pick:
    if change < 0:
        return row.pick(number, change, -row.take(-change, currency), MovementKind.COUNT)
    unit = row.value_amount / row.on_hand if row.on_hand else _unit_value(line, costs)
    value = round_money(unit * change, currency)
    row.put(change, value)
    return row.pick(number, change, value, MovementKind.COUNT)


def _store(differences: Sequence[_Difference], *, is_open: bool) -> None:
    columns: dict[str, Any] = {
        "ids": [one.line.pk for one in differences],
        "quantities": [one.quantity for one in differences],
        "values": [one.value_amount for one in differences],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, {**columns, "is_open": is_open})


def _audit(action: str, count: StockCount, actor: Actor, **data: object) -> None:
    record_audit(
        action=f"inventory.{action}", actor=actor, target_kind=SOURCE_KIND, target_id=count.pk,
        summary=count.number, data=data,
    )  # fmt: skip
