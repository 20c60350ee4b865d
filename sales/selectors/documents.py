from collections import defaultdict

from django.db.models import Prefetch, QuerySet, Sum

from core.errors import NotFound
from core.sources import Source
from inventory.selectors import movements_for
from sales.models import Customer, Refund, RefundLine, Sale, SaleLine, Shortage

__all__ = [
    "get_sale",
    "list_customers",
    "list_refunds",
    "list_sales",
    "list_shortages",
]


def list_sales() -> QuerySet[Sale]:
    """Newest first, with lines and payments: three statements, however many sales."""
    lines = SaleLine.objects.select_related("product", "unit").annotate(refunded_qty=Sum("refunds__quantity"))
    return (
        Sale.objects.select_related("customer", "location", "till", "shift")
        .prefetch_related(Prefetch("lines", lines.order_by("line")), "payments")
        .order_by("-pk")
    )


def get_sale(*, sale_id: int) -> Sale:
    """A sale with the batches that each line took (``line.batches``). Raises NotFound."""
    sale = list_sales().filter(pk=sale_id).first()
    if sale is None:
        raise NotFound
    batches = defaultdict(list)
    for movement in movements_for(Source("sale", str(sale.pk))).select_related("batch"):
        batches[movement.line].append(
            {
                "id": movement.batch_id,
                "number": movement.batch.number,
                "expiry": movement.batch.expiry_date,
                "quantity": -movement.quantity,
            }
        )
    for line in sale.lines.all():
        line.batches = batches[line.line]  # type: ignore[attr-defined]
    return sale


def list_refunds() -> QuerySet[Refund]:
    """Newest first."""
    lines = RefundLine.objects.select_related("sale_line__product")
    return (
        Refund.objects.select_related("sale", "shift")
        .prefetch_related(Prefetch("lines", lines), "payments")
        .order_by("-pk")
    )


def list_customers() -> QuerySet[Customer]:
    return Customer.objects.select_related("merged_into", "party").order_by("name", "pk")


def list_shortages() -> QuerySet[Shortage]:
    """Newest first."""
    return Shortage.objects.select_related("product", "customer").order_by("-pk")
