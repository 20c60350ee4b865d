"""What could go back to a supplier today, and why the rest may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q

from core.money import round_money
from inventory.enums import BatchState
from inventory.selectors import stock_rows
from purchases.enums import ReturnReason
from purchases.models import Supplier
from purchases.return_rules import Verdict
from purchases.selectors.returns import (
    TermsBook,
    deliveries_by_supplier,
    deliveries_of,
    terms_by_supplier,
    terms_of,
)
from purchases.services.return_lines import BatchFacts, Giving, ReturnRow
from users.selectors import get_organization, local_today

if TYPE_CHECKING:
    from inventory.models import Stock

__all__ = ["Suggestion", "returnable_stock", "rows_of", "suggest_returns"]

_HUNDRED = Decimal(100)
_DAYS_IN_MONTH = 31


@dataclass(frozen=True)
class Suggestion:
    """One stock row that came from the supplier. `quantity` of it may go back now; `block` says why none (or no more)."""

    stock: Stock
    reason: ReturnReason
    quantity: int
    verdict: Verdict
    cost: Decimal
    expected: Decimal


def suggest_returns(*, supplier_id: int, batch_ids: Iterable[int] | None = None) -> list[Suggestion]:
    """Expired, near-expiry, recalled and quarantined stock that this supplier delivered, soonest expiry first.

    `batch_ids` narrows to those batches, whatever their expiry. Six statements, however much there is.
    """
    today, currency = local_today(), get_organization().currency
    terms = terms_of(supplier_id)
    rows = list(_candidates(today, terms.months_before, batch_ids))
    giving = Giving(deliveries_of(supplier_id, [row.batch_id for row in rows]), terms, currency)
    found = []
    for row in rows:
        if not giving.deliveries.get(row.batch_id):
            continue
        facts = _facts(row)
        reason = _usual_reason(row, today)
        verdict = giving.verdict(row.batch_id, facts, reason, today)
        free = row.on_hand - row.reserved
        quantity = 0 if verdict.block else min(free, giving.left(row.batch_id, verdict))
        shares = giving.take(row.batch_id, quantity, verdict)
        cost = sum((share.cost for share in shares), Decimal(0))
        expected = round_money(cost * verdict.credit_percent / _HUNDRED, currency)
        found.append(Suggestion(row, reason, quantity, verdict, cost, expected))
    return found


def returnable_stock() -> dict[tuple[int, int], tuple[Supplier, int]]:
    """Of every batch and place that should leave the shelf: who takes it back today for the most, and how much of it.

    Seven statements, however much there is.
    """
    today, currency = local_today(), get_organization().currency
    books = terms_by_supplier()
    rows = list(_candidates(today, max((one.months_before for one in books.values()), default=0), None))
    deliveries = deliveries_by_supplier([row.batch_id for row in rows])
    givings = {
        supplier: Giving(own, books.get(supplier, TermsBook([])), currency)
        for supplier, own in deliveries.items()
    }
    suppliers = Supplier.objects.in_bulk(givings)
    best: dict[tuple[int, int], tuple[Decimal, int, int]] = {}
    for row in rows:
        for supplier, giving in givings.items():
            offer = _offered(row, giving, today)
            if offer is not None:
                key = (row.batch_id, row.location_id)
                best[key] = max(best.get(key, (Decimal(-1), 0, 0)), (*offer, supplier))
    return {key: (suppliers[supplier], quantity) for key, (_worth, quantity, supplier) in best.items()}


def _offered(row: Stock, giving: Giving, today: date) -> tuple[Decimal, int] | None:
    """(expected credit, quantity) that a supplier would take of the row; None where nothing."""
    verdict = giving.verdict(row.batch_id, _facts(row), _usual_reason(row, today), today)
    quantity = 0 if verdict.block else min(row.on_hand - row.reserved, giving.left(row.batch_id, verdict))
    if quantity <= 0:
        return None
    shares = giving.take(row.batch_id, quantity, verdict)
    cost = sum((share.cost for share in shares), Decimal(0))
    return cost * verdict.credit_percent / _HUNDRED, quantity


def rows_of(suggestions: Sequence[Suggestion], taken: Mapping[int, int] | None = None) -> list[ReturnRow]:
    """Everything suggested, as lines of a draft, less what was `taken` of the batch by place."""
    rows = []
    for one in suggestions:
        free = one.stock.on_hand - one.stock.reserved - (taken or {}).get(one.stock.location_id, 0)
        quantity = min(one.quantity, free)
        if quantity > 0:
            rows.append(ReturnRow(one.stock.batch_id, one.stock.location_id, quantity, one.reason))
    return rows


def _candidates(today: date, months_before: int, batch_ids: Iterable[int] | None) -> Iterable[Stock]:
    rows = stock_rows().order_by("batch__expiry_date", "batch_id", "pk")
    if batch_ids is not None:
        return rows.filter(batch__in=set(batch_ids))
    days = max(get_organization().expiry_info_days, months_before * _DAYS_IN_MONTH)
    soon = Q(batch__expiry_date__lte=today + timedelta(days=days))
    return rows.filter(soon | ~Q(batch__state=BatchState.ACTIVE))


def _facts(row: Stock) -> BatchFacts:
    batch = row.batch
    return BatchFacts(
        product_id=row.product_id,
        manufacturer_id=row.product.manufacturer_id,
        expiry=batch.expiry_date,
        recalled=batch.state == BatchState.RECALLED,
    )


def _usual_reason(row: Stock, today: date) -> ReturnReason:
    if row.batch.state == BatchState.RECALLED:
        return ReturnReason.RECALL
    if row.batch.state == BatchState.QUARANTINED:
        return ReturnReason.DAMAGE
    expiry = row.batch.expiry_date
    if expiry is not None and expiry < today:
        return ReturnReason.EXPIRY
    return ReturnReason.NEAR_EXPIRY if expiry is not None else ReturnReason.OVERSTOCK
