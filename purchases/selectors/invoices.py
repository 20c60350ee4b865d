"""Reads of supplier invoices and of what waits for one."""

from __future__ import annotations

from django.db.models import (
    BooleanField,
    Case,
    F,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from core.fields import AmountField
from purchases.enums import ItemKind, ReceiptStatus
from purchases.errors import InvoiceNotFound
from purchases.models import GoodsReceiptLine, SupplierInvoice, SupplierInvoiceLine, SupplierOpenItem
from purchases.selectors.allocations import allocated_to
from users.selectors import local_today

__all__ = ["get_invoice", "list_invoices", "uninvoiced_lines"]


def list_invoices() -> QuerySet[SupplierInvoice]:
    """With `open_amount` (in the invoice's currency) and `is_overdue`, in one statement."""
    items = SupplierOpenItem.objects.filter(kind=ItemKind.INVOICE, document_id=OuterRef("pk"))
    open_amount = items.annotate(left=F("amount") - F("settled_amount") - F("cleared_amount")).values("left")
    rows = SupplierInvoice.objects.select_related("supplier").annotate(
        open_amount=Coalesce(Subquery(open_amount), 0, output_field=AmountField())
    )
    late = When(open_amount__gt=0, due_date__lt=local_today(), then=Value(True))
    return rows.annotate(is_overdue=Case(late, default=Value(False), output_field=BooleanField())).order_by(
        "-pk"
    )


def get_invoice(invoice_id: int) -> SupplierInvoice:
    """With its lines and, as `settled_by`, what settled it. Raises InvoiceNotFound."""
    lines = SupplierInvoiceLine.objects.select_related(
        "receipt_line__receipt", "receipt_line__product", "receipt_line__unit", "account"
    ).order_by("position", "pk")
    found = list_invoices().prefetch_related(Prefetch("lines", lines)).filter(pk=invoice_id).first()
    if found is None:
        raise InvoiceNotFound
    found.settled_by = allocated_to(ItemKind.INVOICE, found.pk)  # type: ignore[attr-defined]
    return found


def uninvoiced_lines() -> QuerySet[GoodsReceiptLine]:
    """Paid goods that came and no invoice asked for yet, oldest first."""
    waiting = GoodsReceiptLine.objects.filter(
        receipt__status=ReceiptStatus.POSTED, receipt__written_off_amount=0, paid_qty__gt=F("invoiced_qty")
    )
    related = waiting.select_related("receipt__supplier", "product", "unit")
    return related.order_by("receipt__business_date", "receipt_id", "position", "pk")
