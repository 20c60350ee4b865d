"""A cost that came late: value added to (or taken off) what is still on hand."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError
from core.money import round_money
from core.sources import Source
from core.transactions import require_transaction
from inventory.enums import MovementKind
from inventory.errors import LineInvalid
from inventory.models import Batch, StockMovement
from inventory.services.posting import check_business_date, lock_cells, post_movements, posting_terms
from inventory.services.replaying import replay
from inventory.types import PostedMovement, RevalueLine


def revalue_stock(
    *, lines: Sequence[RevalueLine], source: Source, actor: Actor, business_date: date
) -> list[PostedMovement]:
    """Change the value of stock, not its quantity: the share of a price difference that is still on hand.

    The caller splits the difference and posts the journal entry. Raises LineInvalid where nothing is on hand, the
    value would fall below zero, or a line changes nothing.
    """
    require_transaction()
    terms = posting_terms()
    cells = _cells(lines)
    locked = lock_cells(cells=cells, source=source)
    if locked.already_posted:
        return replay(source=source, lines=lines, same=_same_revaluation)
    check_business_date(business_date, today=terms.today, last_date=locked.last_date)
    rows = {(row.batch_id, row.location_id): row for row in locked.rows}
    picks, errors = [], []
    for number, line in enumerate(lines):
        row = rows[line.batch_id, line.location_id]
        row.put(0, line.value_amount)
        if row.on_hand <= 0 or row.value_amount < 0:
            detail = _("The goods on hand cannot carry this")
            errors.append(FieldError(f"lines[{number}].value_amount", "nothing_on_hand", detail))
        elif not line.value_amount or line.value_amount != round_money(line.value_amount, terms.currency):
            detail = _("Must be an amount of money other than zero")
            errors.append(FieldError(f"lines[{number}].value_amount", "not_an_amount", detail))
        picks.append(row.pick(number, 0, line.value_amount, MovementKind.REVALUATION))
    if errors:
        raise LineInvalid(errors=errors)
    return post_movements(picks=picks, source=source, actor=actor, business_date=business_date)


def _cells(lines: Sequence[RevalueLine]) -> list[tuple[int, int, int]]:
    """(product, batch, location) of each line. Raises LineInvalid for a batch that is not there."""
    wanted = {line.batch_id for line in lines}
    products = dict(Batch.objects.filter(pk__in=wanted).values_list("pk", "product_id"))
    errors = [
        FieldError(f"lines[{number}].batch", "not_found", _("There is no such batch"))
        for number, line in enumerate(lines)
        if line.batch_id not in products
    ]
    if errors:
        raise LineInvalid(errors=errors)
    return [(products[line.batch_id], line.batch_id, line.location_id) for line in lines]


def _same_revaluation(line: RevalueLine, posted: list[StockMovement]) -> bool:
    first = posted[0]
    return (first.batch_id, first.location_id, first.value_amount) == (
        line.batch_id,
        line.location_id,
        line.value_amount,
    )
