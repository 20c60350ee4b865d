"""Lines of a return: what a person wants to give back, checked against terms, deliveries and stock.

Any number of lines costs the same statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import FieldError
from core.money import round_money
from inventory.enums import BatchState
from inventory.selectors import list_batches, list_locations, product_units, stock_rows
from purchases.enums import ReturnBlock, ReturnReason
from purchases.errors import InvalidReturnLines
from purchases.models import SupplierReturn, SupplierReturnLine, SupplierReturnPart
from purchases.return_rules import Delivery, Share, Verdict, judge, share_out
from purchases.selectors.returns import TermsBook, deliveries_of, terms_of

__all__ = ["BatchFacts", "BuiltLine", "Giving", "ReturnRow", "batch_facts", "build_lines", "store_lines"]

_HUNDRED = Decimal(100)
_MOST = 1_000_000_000
# Django would read lines and parts first and delete them by the hundred.
_DROP_LINES = """
WITH parts AS (
    DELETE FROM purchases_supplierreturnpart
    WHERE line_id IN (SELECT id FROM purchases_supplierreturnline WHERE supplier_return_id = %s)
)
DELETE FROM purchases_supplierreturnline WHERE supplier_return_id = %s
"""


@dataclass(frozen=True)
class ReturnRow:
    """`quantity` of a batch at a place; in `unit_id` where given, else in base units."""

    batch_id: int
    location_id: int
    quantity: int
    reason: str
    unit_id: int | None = None

    def key(self) -> tuple[int, int]:
        return (self.batch_id, self.location_id)


@dataclass(frozen=True)
class BatchFacts:
    product_id: int
    manufacturer_id: int | None
    expiry: date | None
    recalled: bool


@dataclass
class BuiltLine:
    line: SupplierReturnLine
    shares: Sequence[Share]


class Giving:
    """Gives out what a supplier delivered: what one line took is gone for the next."""

    def __init__(self, deliveries: Mapping[int, Sequence[Delivery]], terms: TermsBook, currency: str) -> None:
        self.deliveries = {batch: list(rows) for batch, rows in deliveries.items()}
        self.terms, self.currency = terms, currency

    def verdict(self, batch_id: int, facts: BatchFacts, reason: ReturnReason, today: date) -> Verdict:
        """On what terms the batch may go back, or why none of it may."""
        terms = self.terms.terms_for(facts.manufacturer_id)
        verdict = judge(reason, terms=terms, expiry=facts.expiry, recalled=facts.recalled, today=today)
        if verdict.block is not None:
            return verdict
        block = self._exhausted(batch_id, excludes_bonus=verdict.excludes_bonus)
        return replace(verdict, block=block)

    def _exhausted(self, batch_id: int, *, excludes_bonus: bool) -> ReturnBlock | None:
        rows = self.deliveries.get(batch_id, [])
        if not rows:
            return ReturnBlock.NOT_DELIVERED
        if any(row.may_return(excludes_bonus=excludes_bonus) for row in rows):
            return None
        if any(row.may_return(excludes_bonus=False) for row in rows):
            return ReturnBlock.ONLY_BONUS
        return ReturnBlock.ALL_RETURNED

    def left(self, batch_id: int, verdict: Verdict) -> int:
        """How much of the batch this supplier still takes."""
        rows = self.deliveries.get(batch_id, [])
        return sum(row.may_return(excludes_bonus=verdict.excludes_bonus) for row in rows)

    def take(self, batch_id: int, quantity: int, verdict: Verdict) -> Sequence[Share]:
        """The deliveries that `quantity` came with, taken off what is left."""
        rows = self.deliveries.get(batch_id, [])
        shares = share_out(rows, quantity, excludes_bonus=verdict.excludes_bonus, currency=self.currency)
        taken = {share.delivery.receipt_batch_id: share.quantity for share in shares}
        self.deliveries[batch_id] = [
            replace(row, returned=row.returned + taken.get(row.receipt_batch_id, 0)) for row in rows
        ]
        return shares


def batch_facts(batch_ids: Sequence[int]) -> dict[int, BatchFacts]:
    rows = list_batches().filter(pk__in=set(batch_ids))
    columns = rows.values_list("pk", "product_id", "product__manufacturer_id", "expiry_date", "state")
    return {
        pk: BatchFacts(product, manufacturer, expiry, state == BatchState.RECALLED)
        for pk, product, manufacturer, expiry, state in columns
    }


def build_lines(
    rows: Sequence[ReturnRow], *, supplier_return: SupplierReturn, today: date
) -> list[BuiltLine]:
    """The lines that `rows` ask for, priced. Raises InvalidReturnLines naming every row that cannot be."""
    batches = [row.batch_id for row in rows]
    facts = batch_facts(batches)
    rows, errors = _in_base_units(rows, facts)
    giving = Giving(
        deliveries_of(supplier_return.supplier_id, batches, but=supplier_return.pk),
        terms_of(supplier_return.supplier_id),
        supplier_return.currency,
    )
    on_hand = _on_hand(batches)
    built = []
    for place, row in enumerate(rows):
        if row.batch_id not in facts or row.quantity <= 0:
            continue
        at = f"lines[{place}]"
        verdict = giving.verdict(row.batch_id, facts[row.batch_id], ReturnReason(row.reason), today)
        if verdict.block is not None:
            errors.append(FieldError(f"{at}.batch", verdict.block, verdict.block.label))
            continue
        most = min(giving.left(row.batch_id, verdict), on_hand.get(row.key(), 0))
        if row.quantity > most:
            detail = _("Only %(most)d of it may go back") % {"most": most}
            errors.append(FieldError(f"{at}.quantity", "more_than_returnable", detail))
            continue
        shares = giving.take(row.batch_id, row.quantity, verdict)
        built.append(_built(place, row, facts[row.batch_id], verdict, shares, supplier_return))
    if errors:
        raise InvalidReturnLines(errors=sorted(errors, key=lambda error: error.field))
    return built


def _built(
    place: int,
    row: ReturnRow,
    facts: BatchFacts,
    verdict: Verdict,
    shares: Sequence[Share],
    supplier_return: SupplierReturn,
) -> BuiltLine:
    cost = sum((share.cost for share in shares), Decimal(0))
    line = SupplierReturnLine(
        supplier_return=supplier_return,
        position=place,
        product_id=facts.product_id,
        batch_id=row.batch_id,
        location_id=row.location_id,
        quantity=row.quantity,
        reason=row.reason,
        credit_percent=verdict.credit_percent,
        exchange_only=verdict.exchange_only,
        cost_amount=cost,
        expected_amount=round_money(cost * verdict.credit_percent / _HUNDRED, supplier_return.currency),
    )
    return BuiltLine(line, shares)


def _on_hand(batches: Sequence[int]) -> dict[tuple[int, int], int]:
    rows = stock_rows().filter(batch__in=set(batches)).values_list("batch_id", "location_id", "on_hand")
    return {(batch, location): quantity for batch, location, quantity in rows}


def _in_base_units(
    rows: Sequence[ReturnRow], facts: Mapping[int, BatchFacts]
) -> tuple[list[ReturnRow], list[FieldError]]:
    """Rows in base units, and what is wrong with their shape."""
    errors: list[FieldError] = []
    if not rows:
        errors.append(FieldError("lines", "empty", _("A return names what goes back")))
    places = set(list_locations().values_list("pk", flat=True))
    units = product_units({one.product_id for one in facts.values()})
    factors = {unit.id: (unit.product_id, unit.factor) for many in units.values() for unit in many}
    seen: set[tuple[int, int]] = set()
    ready = []
    for place, row in enumerate(rows):
        at = f"lines[{place}]"
        batch = facts.get(row.batch_id)
        if batch is None:
            errors.append(FieldError(f"{at}.batch", "not_found", _("There is no such batch")))
        if row.location_id not in places:
            errors.append(FieldError(f"{at}.location", "not_found", _("There is no such place")))
        if row.key() in seen:
            errors.append(FieldError(at, "duplicate", _("This line is there twice")))
        seen.add(row.key())
        owner, factor = factors.get(row.unit_id, (None, 0)) if row.unit_id else (None, 1)
        if batch is not None and row.unit_id and owner != batch.product_id:
            errors.append(FieldError(f"{at}.unit", "unknown_unit", _("This product has no such unit")))
        if not 0 < row.quantity <= _MOST:
            errors.append(FieldError(f"{at}.quantity", "out_of_range", _("A whole number above zero")))
        ready.append(replace(row, quantity=max(row.quantity, 0) * factor, unit_id=None))
    return ready, errors


def store_lines(supplier_return: SupplierReturn, built: Sequence[BuiltLine]) -> None:
    """Put `built` in the place of the draft's lines, and add them up. The caller saves the draft."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP_LINES, [supplier_return.pk, supplier_return.pk])
    SupplierReturnLine.objects.bulk_create([one.line for one in built])
    SupplierReturnPart.objects.bulk_create(
        [
            SupplierReturnPart(
                line=one.line,
                receipt_batch_id=share.delivery.receipt_batch_id,
                quantity=share.quantity,
                cost_amount=share.cost,
            )
            for one in built
            for share in one.shares
        ]
    )
    supplier_return.cost_amount = sum((one.line.cost_amount for one in built), Decimal(0))
    supplier_return.expected_amount = sum((one.line.expected_amount for one in built), Decimal(0))
