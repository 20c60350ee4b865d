"""What may go back to whom, and what went back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import F, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from core.money import round_money
from inventory.selectors import batch_lineage
from purchases.enums import ReceiptStatus, ReturnStatus
from purchases.errors import ReturnNotFound, ReturnTermsNotFound
from purchases.models import (
    GoodsReceiptBatch,
    ReturnSettlement,
    ReturnTerms,
    Supplier,
    SupplierReturn,
    SupplierReturnLine,
    SupplierReturnPart,
)
from purchases.return_rules import Delivery, Terms
from users.selectors import get_organization

__all__ = [
    "GONE",
    "TermsBook",
    "deliveries_by_supplier",
    "deliveries_of",
    "get_return",
    "get_terms",
    "list_returns",
    "list_terms",
    "suppliers_of_batches",
    "terms_by_supplier",
    "terms_of",
]

#: Returns whose goods are with the supplier.
GONE = (ReturnStatus.SENT, ReturnStatus.SETTLED)


def list_terms() -> QuerySet[ReturnTerms]:
    return ReturnTerms.objects.select_related("supplier", "manufacturer").order_by("supplier__name", "pk")


def get_terms(terms_id: int) -> ReturnTerms:
    """Raises ReturnTermsNotFound."""
    found = list_terms().filter(pk=terms_id).first()
    if found is None:
        raise ReturnTermsNotFound
    return found


class TermsBook:
    """One supplier's terms: general ones, and exceptions by manufacturer."""

    def __init__(self, rows: Iterable[ReturnTerms]) -> None:
        self.rows = {row.manufacturer_id: row for row in rows}

    def row_for(self, manufacturer_id: int | None) -> ReturnTerms | None:
        return self.rows.get(manufacturer_id) or self.rows.get(None)

    def terms_for(self, manufacturer_id: int | None) -> Terms | None:
        row = self.row_for(manufacturer_id)
        if row is None:
            return None
        return Terms(
            months_before=row.months_before,
            months_after=row.months_after,
            credit_percent=row.credit_percent,
            exchange_only=row.exchange_only,
            excludes_bonus=row.excludes_bonus,
        )

    @property
    def minimum_amount(self) -> Decimal:
        general = self.rows.get(None)
        return general.minimum_amount if general is not None else Decimal(0)

    @property
    def months_before(self) -> int:
        """How far ahead of expiry anything goes back."""
        return max((row.months_before or 0 for row in self.rows.values()), default=0)


def terms_of(supplier_id: int) -> TermsBook:
    return TermsBook(ReturnTerms.objects.filter(supplier=supplier_id))


def terms_by_supplier() -> dict[int, TermsBook]:
    """Everybody's terms, in one statement."""
    rows: dict[int, list[ReturnTerms]] = defaultdict(list)
    for terms in ReturnTerms.objects.all():
        rows[terms.supplier_id].append(terms)
    return {supplier: TermsBook(many) for supplier, many in rows.items()}


def deliveries_of(
    supplier_id: int, batch_ids: Iterable[int], *, but: int | None = None
) -> dict[int, list[Delivery]]:
    """What a supplier (or one merged into it) delivered of batches as they stand today, oldest first. Three statements.

    What went back before is taken off; `but` names a return that is not counted (itself).
    """
    return deliveries_by_supplier(batch_ids, but=but, supplier_id=supplier_id).get(supplier_id, {})


def deliveries_by_supplier(
    batch_ids: Iterable[int], *, but: int | None = None, supplier_id: int | None = None
) -> dict[int, dict[int, list[Delivery]]]:
    """The same for every supplier: supplier -> batch -> deliveries."""
    lineage = batch_lineage(batch_ids)
    gone = Q(returned__line__supplier_return__status__in=GONE)
    if but is not None:
        gone &= ~Q(returned__line__supplier_return=but)
    back = Sum(F("returned__quantity") - F("returned__refused_qty"), filter=gone)
    owner = Coalesce("line__receipt__supplier__merged_into", "line__receipt__supplier")
    rows = _posted(lineage).annotate(back=Coalesce(back, 0), owner=owner)
    if supplier_id is not None:
        rows = rows.filter(owner=supplier_id)
    currency = get_organization().currency
    found: dict[int, dict[int, list[Delivery]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.select_related("line__receipt").order_by("line__receipt__business_date", "pk"):
        batch = lineage[row.batch_id or 0]
        found[row.owner][batch].append(_delivery(row, batch, currency))
    return found


def _posted(batches: Iterable[int]) -> QuerySet[GoodsReceiptBatch]:
    return GoodsReceiptBatch.objects.filter(
        batch__in=list(batches), line__receipt__status=ReceiptStatus.POSTED
    )


def _delivery(row: GoodsReceiptBatch, batch_id: int, currency: str) -> Delivery:
    """Goods in exchange count as paid; bonus that came later cost nothing."""
    line, exchanged = row.line, row.line.receipt.exchange_for_id is not None
    late_bonus = line.paid_qty == 0 and not exchanged
    cost = Decimal(0) if late_bonus else row.value_amount
    paid_cost = cost
    if line.paid_qty:
        paid_cost = round_money(line.amount * row.paid_qty / line.paid_qty, currency)
    return Delivery(
        receipt_batch_id=row.pk,
        receipt_id=line.receipt_id,
        batch_id=batch_id,
        paid_units=row.quantity if exchanged else row.paid_qty * line.unit_factor,
        units=row.quantity,
        paid_cost=paid_cost,
        cost=cost,
        returned=row.back,  # type: ignore[attr-defined]  # annotated
    )


def suppliers_of_batches(batch_ids: Iterable[int]) -> dict[int, list[Supplier]]:
    """Who delivered each batch (merged suppliers as the one that stays). Three statements."""
    lineage = batch_lineage(batch_ids)
    rows = _posted(lineage).values_list(
        "batch_id", Coalesce("line__receipt__supplier__merged_into", "line__receipt__supplier")
    )
    pairs = {(lineage[batch or 0], supplier) for batch, supplier in rows.order_by().distinct()}
    suppliers = Supplier.objects.in_bulk({supplier for _batch, supplier in pairs})
    found: dict[int, list[Supplier]] = defaultdict(list)
    for batch, supplier in sorted(pairs):
        found[batch].append(suppliers[supplier])
    return found


def list_returns() -> QuerySet[SupplierReturn]:
    return SupplierReturn.objects.select_related("supplier").order_by("-pk")


def get_return(return_id: int) -> SupplierReturn:
    """With its lines, their deliveries and what became of them. Raises ReturnNotFound."""
    lines = (
        SupplierReturnLine.objects.select_related("product", "batch", "location")
        .prefetch_related(
            Prefetch("settlements", ReturnSettlement.objects.order_by("pk")),
            Prefetch("parts", SupplierReturnPart.objects.select_related("receipt_batch__line__receipt")),
        )
        .order_by("position", "pk")
    )
    found = list_returns().prefetch_related(Prefetch("lines", lines)).filter(pk=return_id).first()
    if found is None:
        raise ReturnNotFound
    return found
