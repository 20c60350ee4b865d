"""Taking back what was posted: exact reversals, and returns at the value of the issue that they name."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError
from core.money import round_money
from core.sources import Source
from core.transactions import require_transaction
from inventory.enums import MovementKind
from inventory.errors import AlreadyReversed, CannotReverse, LineInvalid
from inventory.models import StockMovement
from inventory.picking import Pick
from inventory.services.posting import (
    Locked,
    check_business_date,
    check_quantities,
    lock_cells,
    post_movements,
    posting_terms,
)
from inventory.services.replaying import as_posted_before, movements_of, replay
from inventory.services.reservations import break_overdrawn
from inventory.types import PostedMovement, ReturnLine


def reverse_movements(
    *, original: Source, source: Source, actor: Actor, business_date: date
) -> list[PostedMovement]:
    """Post the exact negative of everything that ``original`` posted, under ``source``.

    The caller reverses the journal entry. The same reversal again is a no-op. Raises AlreadyReversed when another
    source reversed it, CannotReverse when the goods (or their value) have moved on since.
    """
    require_transaction()
    movements = movements_of(original)
    if not movements:
        return []
    terms = posting_terms()
    locked = lock_cells(cells=_cells(movements), source=source)
    if locked.already_posted:
        return [as_posted_before(movement) for movement in movements_of(source)]
    _check_untouched(movements, original)
    check_business_date(business_date, today=terms.today, last_date=locked.last_date)
    picks = [
        _pick(number, movement, locked, -movement.quantity, -movement.value_amount, reversal_of=movement.pk)
        for number, movement in enumerate(movements)
    ]
    _put_and_check(picks, locked)
    break_overdrawn(rows=locked.rows)
    return post_movements(picks=picks, source=source, actor=actor, business_date=business_date)


def _check_untouched(movements: Sequence[StockMovement], original: Source) -> None:
    """Nothing of it was reversed or returned before."""
    ids = [movement.pk for movement in movements]
    touched = StockMovement.objects.filter(
        Q(reversal_of__in=ids) | Q(returned_from__in=ids, reversals__isnull=True)
    )
    for reversal in touched.values_list("reversal_of", flat=True):
        fact = CannotReverse if reversal is None else AlreadyReversed
        raise fact(source=f"{original.kind} {original.id}")


def return_stock(
    *,
    lines: Sequence[ReturnLine],
    source: Source,
    actor: Actor,
    business_date: date,
    kind: MovementKind = MovementKind.CUSTOMER_RETURN,
) -> list[PostedMovement]:
    """Goods come back to the batch and place they left, at the value with which they left.

    Parts of one issue sum to its value exactly. The caller posts the journal entry. Raises LineInvalid for an
    unknown issue or more than is still out, PostedDifferently.
    """
    require_transaction()
    check_quantities(line.quantity for line in lines)
    issues = StockMovement.objects.in_bulk([line.movement_id for line in lines])
    _check_issues(lines, issues)
    terms = posting_terms()
    locked = lock_cells(cells=_cells(issues.values()), source=source)
    if locked.already_posted:
        return replay(source=source, lines=lines, same=_same_return)
    check_business_date(business_date, today=terms.today, last_date=locked.last_date)
    back = _already_back(issues)
    picks = []
    errors = []
    for number, line in enumerate(lines):
        issue = issues[line.movement_id]
        quantity, value = back.get(issue.pk, (0, Decimal(0)))
        out = -issue.quantity - quantity
        if line.quantity > out:
            detail = _("Only %(out)d of it are still out") % {"out": out}
            errors.append(FieldError(f"lines[{number}].quantity", "more_than_issued", detail))
            continue
        share = -issue.value_amount * (quantity + line.quantity) / -issue.quantity
        upto = max(round_money(share, terms.currency), value)  # more came back: a part between was reversed
        picks.append(
            _pick(number, issue, locked, line.quantity, upto - value, kind=kind, returned_from=issue.pk)
        )
        back[issue.pk] = (quantity + line.quantity, upto)
    if errors:
        raise LineInvalid(errors=errors)
    return post_movements(picks=picks, source=source, actor=actor, business_date=business_date)


def _cells(movements: Iterable[StockMovement]) -> list[tuple[int, int, int]]:
    return [(item.product_id, item.batch_id, item.location_id) for item in movements]


def _pick(
    number: int,
    movement: StockMovement,
    locked: Locked,
    quantity: int,
    value: Decimal,
    *,
    kind: MovementKind = MovementKind.REVERSAL,
    reversal_of: int | None = None,
    returned_from: int | None = None,
) -> Pick:
    cell = (movement.batch_id, movement.location_id)
    stock_id = next(row.id for row in locked.rows if (row.batch_id, row.location_id) == cell)
    return Pick(
        line=number,
        part=0,
        stock_id=stock_id,
        product_id=movement.product_id,
        batch_id=movement.batch_id,
        location_id=movement.location_id,
        quantity=quantity,
        value_amount=value,
        kind=kind,
        reversal_of=reversal_of,
        returned_from=returned_from,
    )


def _put_and_check(picks: Sequence[Pick], locked: Locked) -> None:
    """Put ``picks`` on the locked rows; raise CannotReverse where goods or value would not be there."""
    rows = {row.id: row for row in locked.rows}
    for pick in picks:
        rows[pick.stock_id].put(pick.quantity, pick.value_amount)
    errors = []
    for pick in picks:
        row = rows[pick.stock_id]
        if row.on_hand < 0 or row.value_amount < 0 or (row.on_hand == 0 and row.value_amount):
            detail = _("These goods have moved on since")
            errors.append(FieldError(f"lines[{pick.line}]", "moved_on", detail))
    if errors:
        raise CannotReverse(errors=errors)


def _check_issues(lines: Sequence[ReturnLine], issues: dict[int, StockMovement]) -> None:
    errors = [
        FieldError(f"lines[{number}].movement", "not_an_issue", _("There is no such issue to return"))
        for number, line in enumerate(lines)
        if line.movement_id not in issues or issues[line.movement_id].quantity >= 0
    ]
    if errors:
        raise LineInvalid(errors=errors)


def _already_back(issues: dict[int, StockMovement]) -> dict[int, tuple[int, Decimal]]:
    """What came back of each issue before, by return or by reversal: (quantity, value)."""
    rows = (
        StockMovement.objects.filter(returned_from__in=issues, reversals__isnull=True)
        .values_list("returned_from")
        .annotate(quantity=Sum("quantity"), value=Sum("value_amount"))
    )
    back = {issue_id or 0: (int(quantity), Decimal(value)) for issue_id, quantity, value in rows}
    reversed_ids = StockMovement.objects.filter(reversal_of__in=issues).values_list("reversal_of", flat=True)
    for issue_id in reversed_ids:
        issue = issues[issue_id or 0]
        back[issue.pk] = (-issue.quantity, -issue.value_amount)
    return back


def _same_return(line: ReturnLine, posted: list[StockMovement]) -> bool:
    return (
        len(posted) == 1
        and posted[0].returned_from_id == line.movement_id
        and posted[0].quantity == line.quantity
    )
