"""Posting the same source again: the same is a no-op, anything else is an error."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from core.prepared import Answer
from core.sources import Source
from inventory.enums import MovementKind
from inventory.errors import PostedDifferently
from inventory.models import StockMovement
from inventory.types import PostedMovement

Line = TypeVar("Line")


def movements_of(source: Source) -> list[StockMovement]:
    """What ``source`` posted, in the order in which it was posted."""
    return list(
        StockMovement.objects.filter(
            source_kind=source.kind, source_id=source.id, source_purpose=source.purpose
        )
        .select_related("batch")
        .order_by("id")
    )


def replay(
    *, source: Source, lines: Sequence[Line], same: Callable[[Line, list[StockMovement]], bool]
) -> list[PostedMovement]:
    """What was posted for ``source``, when ``same`` holds for every line; else PostedDifferently."""
    posted = movements_of(source)
    by_line: dict[int, list[StockMovement]] = {}
    for movement in posted:
        by_line.setdefault(movement.line, []).append(movement)
    if set(by_line) != set(range(len(lines))):
        raise PostedDifferently(source=f"{source.kind} {source.id}")
    for number, line in enumerate(lines):
        if not same(line, by_line[number]):
            raise PostedDifferently(source=f"{source.kind} {source.id}", line=number)
    return [as_posted_before(movement) for movement in posted]


def as_posted_before(movement: StockMovement) -> PostedMovement:
    return PostedMovement(
        product_id=movement.product_id,
        batch_id=movement.batch_id,
        location_id=movement.location_id,
        quantity=movement.quantity,
        value_amount=movement.value_amount,
        written=Answer([(movement.pk,)]),
        line=movement.line,
        kind=MovementKind(movement.kind),
    )
