"""Orders at the workbench: write one by hand, approve, send, note the answer, receive the goods, close."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin import admin_actor, tell_error
from core.api.etags import etag_for
from core.errors import DomainError, FieldError, InvalidInput
from core.templatetags.workbench import money
from core.text import normalise_digits
from core.workbench import PageAdmin, as_seen, whole_numbers
from purchases.admin.order_writing import (
    OrderForm,
    OrderHeadForm,
    by_row,
    rows_of,
    typed_lines,
    typed_rows,
)
from purchases.admin.typed import typed_amount, typed_expiry
from purchases.documents.order_pdf import order_pdf
from purchases.documents.order_text import order_text
from purchases.enums import OrderStatus
from purchases.models import GoodsReceipt, PurchaseOrder, PurchaseOrderLine
from purchases.selectors.buying import get_order, list_orders
from purchases.services import (
    DeliveryData,
    OrderData,
    ReceiptRow,
    answer_order,
    approve_order,
    cancel_order,
    close_order,
    create_order,
    edit_order,
    receive_order,
    send_order,
)
from users.selectors import get_organization

MAY_EDIT = "purchases.change_purchaseorder"
COMING = (OrderStatus.SENT, OrderStatus.ANSWERED, OrderStatus.PARTLY_RECEIVED)
#: A delivered line may come in this many batches on one form; the rest is received in a second go.
_BATCHES = 2


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(PageAdmin):
    list_display = ["number", "supplier", "state", "total", "expected_date", "created_at"]
    list_filter = ["status", "supplier"]
    search_fields = ["number", "supplier__name"]
    page_template = "purchases/order.html"
    verbs: ClassVar[dict[str, str]] = {
        "approve": "purchases.approve_order",
        "send": "purchases.send_order",
        "answer": "purchases.answer_order",
        "close": "purchases.close_order",
        "cancel": "purchases.cancel_order",
        "receive": "purchases.receive_goods",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        return list_orders()

    @admin.display(description=gettext_lazy("State"), ordering="status")
    def state(self, order: PurchaseOrder) -> str:
        return order.get_status_display()

    @admin.display(description=gettext_lazy("Total"), ordering="total_amount")
    def total(self, order: PurchaseOrder) -> str:
        return f"{money(order.total_amount)} {order.currency}"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("purchases.add_purchaseorder"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A draft by hand: it commits no money until somebody approves or sends it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = OrderForm(request.POST or None, initial={"supplier": request.GET.get("supplier")})
        rows = typed_rows(request.POST)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                data = OrderData(
                    supplier_id=given["supplier"].pk,
                    lines=typed_lines(rows),
                    expected_date=given["expected_date"],
                    note=given["note"],
                )
                order = create_order(data=data, actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, by_row(error, rows))
            else:
                self.message_user(request, _("A draft: no money is set aside before it is approved or sent."))
                return HttpResponseRedirect(self.page_url(order.pk))
        return self.page(
            request, "purchases/order_form.html", form=form, rows=rows,
            title=_("Write an order"), currency=get_organization().currency,
        )  # fmt: skip

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change a draft that nobody approved yet, in the form that writes one."""
        order = self._viewable(request, pk)
        if not request.user.has_perm(MAY_EDIT):
            raise PermissionDenied
        head = {"expected_date": order.expected_date, "note": order.note}
        form = OrderHeadForm(request.POST or None, initial=head)
        form.fields["expected_date"].required = order.expected_date is not None
        rows = rows_of(order)
        if request.method == "POST":
            rows = typed_rows(request.POST, rows)
            if form.is_valid() and self._changed(request, order, form.cleaned_data, rows):
                return HttpResponseRedirect(self.page_url(pk))
        return self.page(
            request, "purchases/order_form.html", form=form, rows=rows, original=order,
            version=request.POST.get("version") or etag_for(order),
            title=_("Change the draft %(order)s") % {"order": order.number}, currency=order.currency,
        )  # fmt: skip

    def _changed(
        self, request: HttpRequest, order: PurchaseOrder, given: dict[str, Any], rows: list[dict[str, Any]]
    ) -> bool:
        try:
            edit_order(
                order_id=order.pk,
                lines=typed_lines(rows),
                actor=admin_actor(request),
                check=as_seen(request),
                **given,
            )
        except DomainError as error:
            tell_error(request, by_row(error, rows))
            return False
        self.message_user(request, _("The draft is changed."))
        return True

    def page_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/pdf/", self.wrap(self.pdf), name="purchases_purchaseorder_pdf"),
            path("<int:pk>/edit/", self.wrap(self.edit), name="purchases_purchaseorder_edit"),
            path("<int:pk>/receive/", self.wrap(self.receive), name="purchases_purchaseorder_receive"),
        ]

    def page_context(self, request: HttpRequest, instance: PurchaseOrder) -> dict[str, Any]:
        return {
            "lines": list(instance.lines.all()),
            "message": order_text(instance),
            "is_coming": instance.status in COMING,
            "is_draft": instance.status == OrderStatus.DRAFT,
            "is_approved": instance.committed_at is not None,
            "may_edit": request.user.has_perm(MAY_EDIT),
            "receipts": GoodsReceipt.objects.filter(order=instance).order_by("pk"),
        }

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The order in the supplier's own names."""
        order = self._viewable(request, pk)
        response = HttpResponse(order_pdf(order), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{order.number}.pdf"'
        return response

    def receive(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The form for what came: paid, free, batch and expiry of each line."""
        order = self._viewable(request, pk)
        if not request.user.has_perm("purchases.receive_goods"):
            raise PermissionDenied
        if request.method == "POST":
            answer = self._receive(request, order)
            if answer is not None:
                return answer
        typed = request.POST if request.method == "POST" else None
        rows = [_form_row(line, typed) for line in order.lines.all()]
        return self.page(
            request, "purchases/receive.html", original=order, rows=rows,
            title=_("Receive goods of %(order)s") % {"order": order.number},
        )  # fmt: skip

    def _receive(self, request: HttpRequest, order: PurchaseOrder) -> HttpResponse | None:
        try:
            data = _delivery(request, order)
            receipt = receive_order(order_id=order.pk, data=data, actor=admin_actor(request))
        except DomainError as error:
            tell_error(request, error)
            return None
        self.message_user(request, _("Received: stock and books are up to date."))
        return HttpResponseRedirect(reverse("admin:purchases_goodsreceipt_change", args=[receipt.pk]))

    def _viewable(self, request: HttpRequest, pk: int) -> PurchaseOrder:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return get_order(pk)
        except DomainError:
            raise Http404 from None

    def do_approve(self, request: HttpRequest, pk: int) -> str:
        approve_order(order_id=pk, actor=admin_actor(request), check=as_seen(request))
        return _("Approved: the money for it is set aside.")

    def do_send(self, request: HttpRequest, pk: int) -> str:
        send_order(order_id=pk, actor=admin_actor(request), check=as_seen(request))
        return _("Marked as sent.")

    def do_answer(self, request: HttpRequest, pk: int) -> str:
        """``confirmed-<line>``: how many the supplier will deliver."""
        confirmed = {}
        for line in get_order(pk).lines.all():
            if typed := request.POST.get(f"confirmed-{line.pk}", "").strip():
                confirmed[line.pk] = _quantity(typed, line)
        answer_order(order_id=pk, confirmed=confirmed, actor=admin_actor(request), check=as_seen(request))
        return _("The answer is noted; what was refused is free to buy elsewhere.")

    def do_close(self, request: HttpRequest, pk: int) -> str:
        reason = request.POST.get("reason", "")
        close_order(order_id=pk, reason=reason, actor=admin_actor(request), check=as_seen(request))
        return _("Closed: nothing more is expected.")

    def do_cancel(self, request: HttpRequest, pk: int) -> str:
        reason = request.POST.get("reason", "")
        cancel_order(order_id=pk, reason=reason, actor=admin_actor(request), check=as_seen(request))
        return _("Cancelled.")


def _form_row(line: PurchaseOrderLine, typed: Any) -> dict[str, Any]:
    """One line of the form, filled with what is still to come, or with what was typed before an error."""
    paid = max(line.paid_qty - line.refused_qty - line.closed_qty - line.received_qty, 0)
    free = max(line.free_qty - line.received_free_qty, 0) if paid else 0
    batches = []
    for place in range(_BATCHES):
        usual = {"paid": paid, "free": free} if place == 0 else {}
        batches.append({
            name: typed.get(f"{name}-{line.pk}-{place}", "") if typed else usual.get(name, "")
            for name in ("paid", "free", "batch", "expiry")
        })  # fmt: skip
    return {"line": line, "batches": batches}


def _delivery(request: HttpRequest, order: PurchaseOrder) -> DeliveryData:
    """The form as the service takes it. Raises InvalidInput naming the field that makes no sense."""
    rows = [
        row
        for line in order.lines.all()
        for place in range(_BATCHES)
        if (row := _row(request, line, place)) is not None
    ]
    fee = request.POST.get("delivery_fee", "").strip()
    return DeliveryData(
        rows=rows,
        delivery_fee=typed_amount(fee, "delivery_fee") if fee else None,
        delivery_note=request.POST.get("delivery_note", "")[:60],
    )


def _row(request: HttpRequest, line: PurchaseOrderLine, place: int) -> ReceiptRow | None:
    def given(name: str) -> str:
        return request.POST.get(f"{name}-{line.pk}-{place}", "").strip()

    paid, free = _quantity(given("paid"), line), _quantity(given("free"), line)
    if not paid and not free:
        return None
    expiry, is_month = typed_expiry(given("expiry"), str(line.product))
    return ReceiptRow(
        paid_quantity=paid,
        free_quantity=free,
        line_id=line.pk,
        batch_number=given("batch"),
        expiry=expiry,
        expiry_is_month=is_month,
    )


def _wrong(line: PurchaseOrderLine, field: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(f"{line.product}: {field}", "invalid", detail)])


def _quantity(text: str, line: PurchaseOrderLine) -> int:
    if not text:
        return 0
    for quantity in whole_numbers([normalise_digits(text)]):
        return quantity
    raise _wrong(line, _("quantity"), _("%(text)s is not a quantity.") % {"text": text})
