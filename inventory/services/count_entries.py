"""What people count, in several rounds and by several hands. Blind: nothing here answers what the books say."""

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError
from core.sources import Source
from inventory.enums import CountScope, CountStatus, ScanPurpose
from inventory.errors import CodeShared, CodeUnknown, LineInvalid
from inventory.expiry import EXPIRY_YEARS
from inventory.models import Batch, Category, Product, StockCount, StockCountLine
from inventory.selectors.scanning import scan
from inventory.services.counts import SOURCE_KIND, lock_count, refusing_overlap
from inventory.services.lines import in_base_units
from inventory.services.posting import lock_cells
from inventory.services.receiving import BatchKey, batches_for
from inventory.types import CountEntryLine

_ADD_LINES = """
INSERT INTO inventory_stockcountline (
    count_id, location_id, product_id, batch_id, expected_qty, expected_value_amount, round, moved_meanwhile,
    counted_by_name, is_open
)
SELECT %(count)s, %(location)s, found.product_id, found.batch_id, 0, 0, 1, FALSE, '', TRUE
FROM unnest(%(products)s::bigint[], %(batches)s::bigint[]) AS found(product_id, batch_id)
ORDER BY found.batch_id
ON CONFLICT ON CONSTRAINT stock_count_line_once DO NOTHING
"""

#: The books are read under the stock rows' locks, so each entry knows exactly what had moved before it.
_ENTER = """
WITH entered AS (
    SELECT line.id, line.round, one.quantity, one.book_qty
    FROM unnest(%(batches)s::bigint[], %(quantities)s::bigint[], %(books)s::bigint[])
         AS one(batch_id, quantity, book_qty)
    JOIN inventory_stockcountline AS line ON line.batch_id = one.batch_id AND line.count_id = %(count)s
), noted AS (
    INSERT INTO inventory_stockcountentry (line_id, round, quantity, book_qty, counted_at, actor_id, actor_name)
    SELECT id, round, quantity, book_qty, statement_timestamp(), %(actor_id)s, %(actor_name)s FROM entered
)
UPDATE inventory_stockcountline AS line
SET counted_qty = coalesce(line.counted_qty, 0) + entered.quantity,
    moved_meanwhile = line.moved_meanwhile OR coalesce(line.book_qty <> entered.book_qty, FALSE),
    book_qty = entered.book_qty, counted_at = statement_timestamp(), counted_by_name = %(actor_name)s
FROM entered WHERE line.id = entered.id
RETURNING line.id
"""


def record_counts(*, count_id: int, lines: Sequence[CountEntryLine], actor: Actor) -> list[int]:
    """Add what somebody counted; the entries of a round add up. Answers the ids of the count's lines.

    Goods of a batch that the books do not know here are added. Any number of lines costs the same number of statements.
    Raises LineInvalid, DocumentState, CountOverlaps.
    """
    count = lock_count(count_id, CountStatus.COUNTING)
    lines = in_base_units(lines, may_be_zero=True)
    batches = _batches_of(count, lines)
    products = dict(Batch.objects.filter(pk__in=batches).values_list("pk", "product_id"))
    _check_scope(count, batches, products)
    with refusing_overlap(), connection.cursor() as cursor:
        cursor.execute(
            _ADD_LINES,
            {
                "count": count.pk,
                "location": count.location_id,
                "products": [products[batch] for batch in batches],
                "batches": batches,
            },
        )
    cells = [(products[batch], batch, count.location_id) for batch in batches]
    locked = lock_cells(cells=cells, source=Source(SOURCE_KIND, str(count.pk)))
    books = {row.batch_id: row.on_hand for row in locked.rows}
    with connection.cursor() as cursor:
        cursor.execute(
            _ENTER,
            {
                "count": count.pk,
                "batches": batches,
                "quantities": [line.quantity for line in lines],
                "books": [books[batch] for batch in batches],
                "actor_id": actor.id,
                "actor_name": actor.name,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def count_scanned(
    *, count_id: int, code: str, actor: Actor, quantity: int = 1, unit_id: int | None = None
) -> list[int]:
    """Add what a scanner read: ``quantity`` of the unit that the code is for, of the batch that it names.

    Raises CodeUnknown, CodeShared (params: ``matches``), and what ``record_counts`` raises.
    """
    read, matches = scan(code, purpose=ScanPurpose.COUNT)
    if not matches:
        raise CodeUnknown(code=read.text)
    if len(matches) > 1:
        shown = [{"product": match.product_id, "name": match.name} for match in matches]
        raise CodeShared(code=read.text, matches=shown)
    match = matches[0]
    line = CountEntryLine(
        product_id=match.product_id,
        quantity=quantity,
        batch_id=match.batch_id,
        batch_number=None if match.batch_id else read.batch_number or None,
        expiry=None if match.batch_id else read.expiry,
        unit_id=unit_id or match.unit_id,
    )
    return record_counts(count_id=count_id, lines=[line], actor=actor)


def recount_lines(
    *, count_id: int, line_ids: Sequence[int], actor: Actor, reason: str = ""
) -> list[StockCountLine]:
    """Count some lines again from nothing: a new round. Opens a count that was closed for review.

    Raises LineInvalid for a line of another count, DocumentState.
    """
    count = lock_count(count_id, CountStatus.COUNTING, CountStatus.REVIEW)
    lines = list(StockCountLine.objects.filter(count=count, pk__in=line_ids).order_by("pk"))
    known = {line.pk for line in lines}
    errors = [
        FieldError(f"lines[{number}]", "not_found", _("There is no such line in this count"))
        for number, line_id in enumerate(line_ids)
        if line_id not in known
    ]
    if errors or not line_ids:
        raise LineInvalid(errors=errors or [FieldError("lines", "required", _("There is nothing to post"))])
    for line in lines:
        line.round += 1
        line.counted_qty = line.book_qty = line.counted_at = None
        line.variance_qty = line.variance_value_amount = None
        line.moved_meanwhile, line.counted_by_name = False, ""
    StockCountLine.objects.bulk_update(
        lines,
        ["round", "counted_qty", "book_qty", "counted_at", "variance_qty", "variance_value_amount",
         "moved_meanwhile", "counted_by_name"],
    )  # fmt: skip
    count.status, count.closed_at = CountStatus.COUNTING, None
    count.save(update_fields=["status", "closed_at", "updated_at"])
    record_audit(
        action="inventory.recount_lines", actor=actor, target_kind=SOURCE_KIND, target_id=count.pk,
        summary=f"{count.number} {reason}".strip(), data={"lines": [line.pk for line in lines][:500]},
    )  # fmt: skip
    return lines


def _batches_of(count: StockCount, lines: Sequence[CountEntryLine]) -> list[int]:
    """The batch of each line, made where it is new. Raises LineInvalid."""
    named = [line.batch_id for line in lines if line.batch_id is not None]
    owners = dict(Batch.objects.filter(pk__in=named).values_list("pk", "product_id")) if named else {}
    only = _only_batches(count, lines)
    errors: list[FieldError] = []
    keys: dict[int, BatchKey] = {}
    for number, line in enumerate(lines):
        where = f"lines[{number}]"
        if line.batch_id is not None:
            if owners.get(line.batch_id) != line.product_id:
                errors.append(FieldError(f"{where}.batch", "not_found", _("There is no such batch")))
        elif line.expiry is not None and line.expiry.year not in EXPIRY_YEARS:
            errors.append(FieldError(f"{where}.expiry", "out_of_range", _("No goods keep that long")))
        elif _names_no_batch(line) and len(only.get(line.product_id, ())) > 1:
            detail = _("This product is here in several batches; say which")
            errors.append(FieldError(f"{where}.batch", "required", detail))
        elif not (_names_no_batch(line) and only.get(line.product_id)):
            keys[number] = BatchKey(line.product_id, (line.batch_number or "").strip(), line.expiry)
    if errors:
        raise LineInvalid(errors=errors)
    made = batches_for(list(keys.values())) if keys else {}
    found = [
        line.batch_id or (made[keys[number]] if number in keys else only[line.product_id][0])
        for number, line in enumerate(lines)
    ]
    twice = [number for number, batch in enumerate(found) if batch in found[:number]]
    if twice:
        detail = _("This line is there twice")
        raise LineInvalid(errors=[FieldError(f"lines[{number}]", "duplicate", detail) for number in twice])
    return found


def _names_no_batch(line: CountEntryLine) -> bool:
    return line.batch_number is None and line.expiry is None


def _only_batches(count: StockCount, lines: Sequence[CountEntryLine]) -> dict[int, list[int]]:
    """The batches in the count of each product that a line names without a batch."""
    bare = {line.product_id for line in lines if line.batch_id is None and _names_no_batch(line)}
    found: dict[int, list[int]] = {}
    if bare:
        rows = StockCountLine.objects.filter(count=count, product__in=bare).order_by("pk")
        for product, batch in rows.values_list("product_id", "batch_id"):
            found.setdefault(product, []).append(batch)
    return found


def _check_scope(count: StockCount, batches: Sequence[int], products: dict[int, int]) -> None:
    """Raise LineInvalid for goods that this count is not about."""
    if count.scope == CountScope.LOCATION:
        return
    if count.scope == CountScope.CATEGORY:
        rows = Product.objects.filter(pk__in=products.values(), category__in=_family(count))
        inside = set(rows.values_list("pk", flat=True))
        wrong = [number for number, batch in enumerate(batches) if products[batch] not in inside]
    else:
        targets = set(count.targets.values_list("product_id", "batch_id"))
        wrong = [
            number
            for number, batch in enumerate(batches)
            if not targets & {(products[batch], None), (products[batch], batch)}
        ]
    if wrong:
        detail = _("This count is not about these goods")
        raise LineInvalid(
            errors=[FieldError(f"lines[{number}].product", "out_of_scope", detail) for number in wrong]
        )


def _family(count: StockCount) -> set[int]:
    """The count's category and all below it."""
    parents = dict(Category.objects.values_list("pk", "parent_id"))
    family = {count.category_id}
    while more := {pk for pk, parent in parents.items() if parent in family} - family:
        family |= more
    return {pk for pk in family if pk is not None}
