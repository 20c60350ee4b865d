"""Goods in: batches, stock rows and movements for any number of lines in a constant number of statements."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError
from core.money import round_money
from core.sources import Source
from core.transactions import require_transaction
from inventory.enums import MovementKind
from inventory.errors import LineInvalid
from inventory.expiry import EXPIRY_YEARS
from inventory.models import Batch, StockMovement
from inventory.services.posting import (
    Terms,
    check_business_date,
    check_quantities,
    lock_cells,
    post_movements,
    posting_terms,
)
from inventory.services.replaying import replay
from inventory.types import PostedMovement, ReceiveLine

# Goods of a product that was merged go to the one that stayed. A product that is not there answers nothing.
_BATCHES = """
WITH named AS (
    SELECT named.product_id AS named_id, coalesce(product.merged_into_id, product.id) AS product_id,
           number, expiry_date, expiry_is_month
    FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::boolean[])
        AS named(product_id, number, expiry_date, expiry_is_month)
    JOIN inventory_product AS product ON product.id = named.product_id
), wanted AS (
    SELECT DISTINCT ON (product_id, number, expiry_date) * FROM named ORDER BY product_id, number, expiry_date
), made AS (
    INSERT INTO inventory_batch
        (product_id, number, expiry_date, expiry_is_month, state, state_reason, created_at, updated_at)
    SELECT product_id, number, expiry_date, expiry_is_month, 'active', '', now(), now()
    FROM wanted ORDER BY product_id, number, expiry_date
    ON CONFLICT ON CONSTRAINT batch_once DO NOTHING
    RETURNING id, product_id, number, expiry_date
), batch AS (
    SELECT id, product_id, number, expiry_date FROM made
    UNION ALL
    SELECT batch.id, batch.product_id, batch.number, batch.expiry_date
    FROM inventory_batch AS batch JOIN wanted USING (product_id, number)
    WHERE batch.expiry_date IS NOT DISTINCT FROM wanted.expiry_date
)
SELECT named.named_id, named.number, named.expiry_date, batch.id, batch.product_id
FROM named LEFT JOIN batch
  ON (batch.product_id, batch.number) = (named.product_id, named.number)
 AND batch.expiry_date IS NOT DISTINCT FROM named.expiry_date
"""


class BatchKey(NamedTuple):
    product_id: int
    number: str
    expiry: date | None


class _Target(NamedTuple):
    batch_id: int
    product_id: int


def receive_stock(
    *,
    lines: Sequence[ReceiveLine],
    source: Source,
    actor: Actor,
    business_date: date,
    kind: MovementKind = MovementKind.RECEIPT,
) -> list[PostedMovement]:
    """Receive ``lines``, each at its value; one PostedMovement a line, in their order.

    Batches come into being as named. The caller posts the journal entry, with these values, in the same
    transaction. The same source again with the same lines is a no-op that answers what was posted.

    Raises LineInvalid (naming lines), PostedDifferently, BackDated.
    """
    require_transaction()
    terms = posting_terms()
    _check_lines(lines, terms)
    if not lines:
        return []
    named = _named_batches(
        [_key(line) for line in lines if line.batch_id is None],
        months={line.expiry for line in lines if line.expiry_is_month},
    )
    targets = _targets(lines, named, _owners(lines))
    locked = lock_cells(cells=targets, source=source)
    if locked.already_posted:
        return replay(source=source, lines=lines, same=_same_receipt)
    check_business_date(business_date, today=terms.today, last_date=locked.last_date)
    rows = {(row.batch_id, row.location_id): row for row in locked.rows}
    picks = [
        rows[batch, location].pick(number, line.quantity, line.value_amount, kind)
        for number, (line, (_product, batch, location)) in enumerate(zip(lines, targets, strict=True))
    ]
    return post_movements(picks=picks, source=source, actor=actor, business_date=business_date)


def batches_for(keys: Sequence[BatchKey], *, months: set[date | None] | None = None) -> dict[BatchKey, int]:
    """The ids of the batches ``keys``, made where they are missing."""
    return {key: target.batch_id for key, target in _named_batches(keys, months=months or set()).items()}


def _named_batches(keys: Sequence[BatchKey], *, months: set[date | None]) -> dict[BatchKey, _Target]:
    """The batch of each key, made where it is missing, and its product; without keys of products that are not there."""
    wanted = set(keys)
    found: dict[BatchKey, _Target] = {}
    while wanted:  # a second round only when another transaction made one meanwhile
        ordered = sorted(wanted, key=lambda key: (key.product_id, key.number, str(key.expiry)))
        with connection.cursor() as cursor:
            cursor.execute(
                _BATCHES,
                [
                    [key.product_id for key in ordered],
                    [key.number for key in ordered],
                    [key.expiry for key in ordered],
                    [key.expiry in months for key in ordered],
                ],
            )
            answers = {BatchKey(*row[:3]): row[3:] for row in cursor.fetchall()}
        found |= {key: _Target(*answer) for key, answer in answers.items() if answer[0] is not None}
        wanted = {key for key, answer in answers.items() if answer[0] is None}
    return found


def _check_lines(lines: Sequence[ReceiveLine], terms: Terms) -> None:
    check_quantities(line.quantity for line in lines)
    errors = []
    for number, line in enumerate(lines):
        if line.value_amount < 0:
            errors.append(FieldError(f"lines[{number}].value_amount", "negative", _("May not be below zero")))
        elif line.value_amount != round_money(line.value_amount, terms.currency):
            errors.append(
                FieldError(f"lines[{number}].value_amount", "not_rounded", _("Has more decimals than money"))
            )
        if line.expiry is not None and line.expiry.year not in EXPIRY_YEARS:
            errors.append(FieldError(f"lines[{number}].expiry", "out_of_range", _("No goods keep that long")))
    if errors:
        raise LineInvalid(errors=errors)


def _key(line: ReceiveLine) -> BatchKey:
    return BatchKey(line.product_id, line.batch_number.strip(), line.expiry)


def _owners(lines: Sequence[ReceiveLine]) -> dict[int, int]:
    """The product of each batch named by its id. Raises LineInvalid for a batch that is not there."""
    named = {line.batch_id for line in lines if line.batch_id is not None}
    if not named:
        return {}
    owners = dict(Batch.objects.filter(pk__in=named).values_list("pk", "product_id"))
    errors = [
        FieldError(f"lines[{number}].batch", "not_found", _("There is no such batch"))
        for number, line in enumerate(lines)
        if line.batch_id is not None and line.batch_id not in owners
    ]
    if errors:
        raise LineInvalid(errors=errors)
    return owners


def _targets(
    lines: Sequence[ReceiveLine], named: Mapping[BatchKey, _Target], owners: Mapping[int, int]
) -> list[tuple[int, int, int]]:
    """(product, batch, location) of each line. Raises LineInvalid for a product that is not there."""
    targets, errors = [], []
    for number, line in enumerate(lines):
        if line.batch_id is not None:
            targets.append((owners[line.batch_id], line.batch_id, line.location_id))
        elif (found := named.get(_key(line))) is not None:
            targets.append((found.product_id, found.batch_id, line.location_id))
        else:
            detail = _("There is no such product")
            errors.append(FieldError(f"lines[{number}].product", "not_found", detail))
    if errors:
        raise LineInvalid(errors=errors)
    return targets


def _same_receipt(line: ReceiveLine, posted: list[StockMovement]) -> bool:
    first = posted[0]
    return (
        len(posted) == 1
        and (first.quantity, first.value_amount) == (line.quantity, line.value_amount)
        and first.location_id == line.location_id
        and _same_batch(line, first.batch)
    )


def _same_batch(line: ReceiveLine, batch: Batch) -> bool:
    if line.batch_id is not None:
        return batch.pk == line.batch_id
    return (batch.number, batch.expiry_date) == (line.batch_number.strip(), line.expiry)
