"""Goods received."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from core.admin import admin_actor
from core.errors import DomainError
from core.workbench import PageAdmin, as_seen
from inventory.enums import LabelKind, LabelLayout
from inventory.selectors import print_labels
from purchases.admin.receipt_drafts import draft_rows, typed_delivery
from purchases.enums import ItemKind, ReceiptStatus
from purchases.models import GoodsReceipt
from purchases.selectors.allocations import left_of
from purchases.selectors.buying import get_receipt, list_receipts
from purchases.selectors.invoices import list_invoices
from purchases.selectors.labels import labels_of_receipt
from purchases.services import (
    discard_receipt,
    edit_receipt,
    post_receipt,
    reopen_receipt,
    reverse_receipt,
    write_off_receipt,
)


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(PageAdmin):
    list_display = ["number", "supplier", "order", "status", "business_date", "posted_by_name"]
    list_filter = ["status", "supplier"]
    search_fields = ["number", "supplier__name", "delivery_note"]
    page_template = "purchases/receipt.html"
    verbs: ClassVar[dict[str, str]] = {
        "post": "purchases.receive_goods",
        "discard": "purchases.receive_goods",
        "reverse": "purchases.reverse_receipt",
        "write_off": "purchases.write_off_grni",
        "reopen": "purchases.write_off_grni",
        "save": "purchases.receive_goods",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        return list_receipts()

    def page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """A draft has a page of its own: what was typed so far."""
        original = context.get("original")
        if original is not None and original.status == ReceiptStatus.DRAFT:
            return super().page(request, "purchases/receipt_draft.html", rows=draft_rows(original), **context)
        return super().page(request, template, **context)

    def page_context(self, request: HttpRequest, instance: GoodsReceipt) -> dict[str, Any]:
        return {
            "may_credit": request.user.has_perm("purchases.post_credit_note"),
            "may_claim": request.user.has_perm("purchases.add_supplierclaim"),
            "lines": list(instance.lines.all()),
            "layouts": LabelLayout.choices,
            "owed": left_of(ItemKind.RECEIPT, instance.pk),
            "invoices": list_invoices().filter(lines__receipt_line__receipt=instance).distinct(),
            "may_invoice": request.user.has_perm("purchases.add_supplierinvoice"),
        }

    def page_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/labels/", self.wrap(self.labels), name="purchases_goodsreceipt_labels")]

    def labels(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pack labels of what came, batch and expiry on them."""
        if not request.user.has_perm("inventory.print_labels"):
            raise PermissionDenied
        try:
            wishes = labels_of_receipt(pk, per_pack="per_pack" in request.GET)
        except DomainError:
            raise Http404 from None
        chosen = request.GET.get("layout", "")
        layout = LabelLayout(chosen) if chosen in LabelLayout.values else LabelLayout.A4_3X8
        pdf, _count = print_labels(wishes, layout=layout, kind=LabelKind.PACK, with_batch=True)
        return HttpResponse(
            pdf,
            content_type="application/pdf",
            headers={"Content-Disposition": 'inline; filename="labels.pdf"'},
        )

    def do_save(self, request: HttpRequest, pk: int) -> str:
        self._keep(request, pk)
        return _("Saved. Nothing has moved yet.")

    def do_post(self, request: HttpRequest, pk: int) -> str:
        if "version" in request.POST:
            self._keep(request, pk)
        receipt = post_receipt(receipt_id=pk, actor=admin_actor(request))
        return _("Received: %s is in stock and in the books.") % receipt.number

    def do_discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        discard_receipt(receipt_id=pk, actor=admin_actor(request))
        messages.success(request, _("Thrown away. Nothing was posted."))
        return HttpResponseRedirect(reverse("admin:purchases_goodsreceipt_changelist"))

    def _keep(self, request: HttpRequest, pk: int) -> None:
        """What the form says takes the place of the draft's rows, if nobody changed it meanwhile."""
        receipt = get_receipt(pk)
        data = typed_delivery(request, receipt)
        given = ("lines", "delivery_fee", "delivery_note")
        edit_receipt(
            receipt_id=pk, data=data, given=given, actor=admin_actor(request), check=as_seen(request)
        )

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        reverse_receipt(receipt_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Reversed: stock and books are as they were before.")

    def do_write_off(self, request: HttpRequest, pk: int) -> str:
        write_off_receipt(receipt_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Given up: nothing is owed for it any more.")

    def do_reopen(self, request: HttpRequest, pk: int) -> str:
        reopen_receipt(receipt_id=pk, actor=admin_actor(request))
        return _("It is owed again.")
