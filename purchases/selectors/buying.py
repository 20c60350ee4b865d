"""Reads of proposals, orders, receipts and payments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, F, IntegerField, Prefetch, QuerySet, Sum, When
from django.db.models.functions import Coalesce, Greatest

from core.queries import one_of
from purchases.enums import ItemKind
from purchases.errors import OrderNotFound, PaymentNotFound, ProposalNotFound, ReceiptNotFound
from purchases.models import (
    OPEN_STATUSES,
    GoodsReceipt,
    GoodsReceiptBatch,
    GoodsReceiptLine,
    Proposal,
    ProposalExclusion,
    ProposalLine,
    PurchaseOrder,
    PurchaseOrderLine,
    Supplier,
    SupplierPayment,
)
from purchases.selectors.allocations import allocated_to, left_of

__all__ = [
    "get_order",
    "get_payment",
    "get_proposal",
    "get_receipt",
    "list_exclusions",
    "list_orders",
    "list_payments",
    "list_proposal_lines",
    "list_proposals",
    "list_receipts",
    "on_order",
    "ordered_since",
    "supplier_names",
]

#: Paid and free units still to come of an order line, in base units. Free ones come with what is still to be paid.
_OPEN_PAID = Greatest(
    F("paid_qty") - F("refused_qty") - F("closed_qty") - F("received_qty"), 0, output_field=IntegerField()
)
_OPEN_FREE = Case(
    When(received_qty__lt=F("paid_qty") - F("refused_qty") - F("closed_qty"),
         then=Greatest(F("free_qty") - F("received_free_qty"), 0)),
    default=0,
    output_field=IntegerField(),
)  # fmt: skip


#: The product that a line's product is today: what was merged is counted with what replaced it.
_TODAY = Coalesce("product__merged_into", "product")


def list_proposals() -> QuerySet[Proposal]:
    return Proposal.objects.select_related("copied_from").order_by("-pk")


def get_proposal(proposal_id: int) -> Proposal:
    """Raises ProposalNotFound."""
    found = list_proposals().filter(pk=proposal_id).first()
    if found is None:
        raise ProposalNotFound
    return found


def list_proposal_lines(proposal_id: int) -> QuerySet[ProposalLine]:
    lines = ProposalLine.objects.filter(proposal_id=proposal_id)
    return lines.select_related("product", "supplier", "unit").order_by("position", "pk")


def list_exclusions(proposal_id: int) -> QuerySet[ProposalExclusion]:
    rows = ProposalExclusion.objects.filter(proposal_id=proposal_id)
    return rows.select_related("product", "offer_line").order_by("pk")


def supplier_names(supplier_ids: Iterable[int]) -> dict[int, str]:
    return dict(Supplier.objects.filter(pk__in=set(supplier_ids)).values_list("pk", "name"))


def list_orders() -> QuerySet[PurchaseOrder]:
    return PurchaseOrder.objects.select_related("supplier", "proposal").order_by("-pk")


def get_order(order_id: int) -> PurchaseOrder:
    """With its lines. Raises OrderNotFound."""
    lines = PurchaseOrderLine.objects.select_related("product", "unit").order_by("position", "pk")
    found = list_orders().prefetch_related(Prefetch("lines", lines)).filter(pk=order_id).first()
    if found is None:
        raise OrderNotFound
    return found


def list_receipts() -> QuerySet[GoodsReceipt]:
    return GoodsReceipt.objects.select_related("supplier", "order", "location").order_by("-pk")


def get_receipt(receipt_id: int) -> GoodsReceipt:
    """With its lines and batches. Raises ReceiptNotFound."""
    batches = GoodsReceiptBatch.objects.order_by("position", "pk")
    lines = GoodsReceiptLine.objects.select_related("product", "unit").order_by("position", "pk")
    lines = lines.prefetch_related(Prefetch("batches", batches))
    found = list_receipts().prefetch_related(Prefetch("lines", lines)).filter(pk=receipt_id).first()
    if found is None:
        raise ReceiptNotFound
    return found


def list_payments() -> QuerySet[SupplierPayment]:
    return SupplierPayment.objects.select_related("supplier", "account").order_by("-pk")


def get_payment(payment_id: int) -> SupplierPayment:
    """With what is `unused` of it, and what it `settles`. Raises PaymentNotFound."""
    found = list_payments().filter(pk=payment_id).first()
    if found is None:
        raise PaymentNotFound
    found.unused = left_of(ItemKind.PAYMENT, found.pk)  # type: ignore[attr-defined]
    found.settles = allocated_to(ItemKind.PAYMENT, found.pk)  # type: ignore[attr-defined]
    return found


def on_order(product_ids: Iterable[int] | None = None) -> dict[int, int]:
    """Base units still to come from open orders, bonus included, by product."""
    lines = PurchaseOrderLine.objects.filter(order__status__in=OPEN_STATUSES).annotate(goods=_TODAY)
    if product_ids is not None:
        lines = lines.filter(goods__in=one_of(product_ids))
    rows = (
        lines.values("goods")
        .annotate(units=Sum((_OPEN_PAID + _OPEN_FREE) * F("unit_factor")))
        .order_by("goods")
    )
    return {row["goods"]: row["units"] for row in rows if row["units"]}


def ordered_since(moments: dict[int, datetime]) -> dict[int, int]:
    """Base units of each product that orders committed after its moment still bring or brought, bonus included."""
    if not moments:
        return {}
    rows = (
        PurchaseOrderLine.objects.annotate(goods=_TODAY)
        .filter(goods__in=moments, order__committed_at__gt=min(moments.values()))
        .exclude(order__status="cancelled")
        .values_list("goods", "order__committed_at", "unit_factor")
        .annotate(units=F("paid_qty") - F("refused_qty") - F("closed_qty"), free=F("free_qty"))
        .order_by("pk")
    )
    found: dict[int, int] = {}
    for product, committed_at, factor, units, free in rows:
        if committed_at > moments[product] and units > 0:
            found[product] = found.get(product, 0) + (units + free) * factor
    return found
