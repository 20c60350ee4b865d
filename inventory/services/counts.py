"""Stock counts: made, opened (the books are photographed), closed, cancelled. Posting is in ``count_posting``."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError
from core.numbering import next_number
from core.transactions import advisory_lock, lock_rows, require_transaction
from inventory.enums import CountScope, CountStatus
from inventory.errors import CountOverlaps, DocumentMissing, DocumentState, LineInvalid
from inventory.models import Batch, Category, Product, StockCount, StockCountLine, StockCountTarget
from inventory.services.lines import check_locations
from inventory.services.posting import posting_terms
from inventory.types import CountTarget

SOURCE_KIND = "stock_count"

#: One statement, so that quantity and value of all lines are of one moment. Rows go in by batch: two counts that
#: open at once meet at the first batch that they share, and one of them is refused.
_SNAPSHOT = """
WITH RECURSIVE family AS (
    SELECT id FROM inventory_category WHERE id = %(category)s
    UNION
    SELECT child.id FROM inventory_category AS child JOIN family ON child.parent_id = family.id
)
INSERT INTO inventory_stockcountline (
    count_id, location_id, product_id, batch_id, expected_qty, expected_value_amount, round, moved_meanwhile,
    counted_by_name, is_open
)
SELECT %(count)s, stock.location_id, stock.product_id, stock.batch_id, stock.on_hand, stock.value_amount, 1, FALSE,
       '', TRUE
FROM inventory_stock AS stock JOIN inventory_product AS product ON product.id = stock.product_id
WHERE stock.location_id = %(location)s AND stock.on_hand > 0
  AND (%(scope)s <> 'category' OR product.category_id IN (SELECT id FROM family))
  AND (%(scope)s <> 'listed' OR EXISTS (
      SELECT 1 FROM inventory_stockcounttarget AS target
      WHERE target.count_id = %(count)s AND target.product_id = stock.product_id
        AND (target.batch_id IS NULL OR target.batch_id = stock.batch_id)))
ORDER BY stock.batch_id
"""


def create_count(
    *,
    location_id: int,
    actor: Actor,
    category_id: int | None = None,
    targets: Sequence[CountTarget] = (),
    note: str = "",
) -> StockCount:
    """A count of a place: of chosen ``targets``, of a category and those below it, or of all of it. Opens nothing yet.

    Raises LineInvalid.
    """
    require_transaction()
    check_locations([location_id], field="location")
    if category_id is not None and not Category.objects.filter(pk=category_id).exists():
        raise LineInvalid(errors=[FieldError("category", "not_found", _("There is no such category"))])
    _check_targets(targets)
    scope = CountScope.LISTED if targets else CountScope.CATEGORY if category_id else CountScope.LOCATION
    day = posting_terms().today
    count = StockCount.objects.create(
        number=next_number("CNT", day.year),
        location_id=location_id,
        scope=scope,
        category_id=category_id,
        note=note,
        business_date=day,
        actor_id=actor.id,
        actor_name=actor.name,
    )
    StockCountTarget.objects.bulk_create(
        StockCountTarget(count=count, product_id=target.product_id, batch_id=target.batch_id)
        for target in targets
    )
    _audit("create_count", count, actor)
    return count


def open_count(*, count_id: int, actor: Actor) -> StockCount:
    """Photograph the books and let people count. Sales go on. Raises DocumentMissing, DocumentState, CountOverlaps."""
    count = lock_count(count_id, CountStatus.DRAFT)
    advisory_lock("inventory.count", count.location_id)
    params: dict[str, Any] = {
        "count": count.pk,
        "location": count.location_id,
        "scope": count.scope,
        "category": count.category_id,
    }
    with refusing_overlap(), connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT, params)
    count.opened_at = timezone.now()
    return _moved_to(count, CountStatus.COUNTING, "open_count", actor)


def reopen_count(*, count_id: int, actor: Actor) -> StockCount:
    """Go on counting what was closed for review."""
    count = lock_count(count_id, CountStatus.REVIEW)
    count.closed_at = None
    return _moved_to(count, CountStatus.COUNTING, "reopen_count", actor)


def cancel_count(*, count_id: int, actor: Actor, reason: str = "") -> StockCount:
    """Give a count up: nothing is posted, its stock may be counted by others."""
    count = lock_count(count_id, CountStatus.DRAFT, CountStatus.COUNTING, CountStatus.REVIEW)
    StockCountLine.objects.filter(count=count).update(is_open=False)
    return _moved_to(count, CountStatus.CANCELLED, "cancel_count", actor, reason)


def lock_count(count_id: int, *allowed: CountStatus) -> StockCount:
    """The count under its lock. Raises DocumentMissing, DocumentState unless it is in one of ``allowed``."""
    require_transaction()
    count = lock_rows(StockCount.objects.filter(pk=count_id)).first()
    if count is None:
        raise DocumentMissing(count=count_id)
    if count.status not in allowed:
        raise DocumentState(number=count.number, status=count.status)
    return count


class refusing_overlap(transaction.Atomic):  # noqa: N801 - used as a context manager
    """A savepoint in which the constraint on open lines speaks as CountOverlaps."""

    def __init__(self) -> None:
        super().__init__(using=None, savepoint=True, durable=False)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        super().__exit__(kind, error, trace)  # type: ignore[arg-type]  # as the stubs of Atomic have them
        if isinstance(error, IntegrityError) and "stock_counted_by_one_count" in str(error):
            raise CountOverlaps from error


def _check_targets(targets: Sequence[CountTarget]) -> None:
    products = set(
        Product.objects.filter(pk__in={target.product_id for target in targets}).values_list("pk", flat=True)
    )
    named = [target.batch_id for target in targets if target.batch_id is not None]
    owners = dict(Batch.objects.filter(pk__in=named).values_list("pk", "product_id")) if named else {}
    errors: list[FieldError] = []
    seen: set[CountTarget] = set()
    for number, target in enumerate(targets):
        where = f"lines[{number}]"
        if target.product_id not in products:
            errors.append(FieldError(f"{where}.product", "not_found", _("There is no such product")))
        elif target.batch_id is not None and owners.get(target.batch_id) != target.product_id:
            errors.append(FieldError(f"{where}.batch", "not_found", _("There is no such batch")))
        if target in seen:
            errors.append(FieldError(where, "duplicate", _("This line is there twice")))
        seen.add(target)
    if errors:
        raise LineInvalid(errors=errors)


def _moved_to(
    count: StockCount, status: CountStatus, action: str, actor: Actor, reason: str = ""
) -> StockCount:
    count.status = status
    count.save(update_fields=["status", "opened_at", "closed_at", "updated_at"])
    _audit(action, count, actor, reason)
    return count


def _audit(action: str, count: StockCount, actor: Actor, reason: str = "") -> None:
    record_audit(
        action=f"inventory.{action}", actor=actor, target_kind=SOURCE_KIND, target_id=count.pk,
        summary=f"{count.number} {reason}".strip(),
    )  # fmt: skip
