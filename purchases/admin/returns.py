"""Goods that go back to suppliers, at the workbench: what may go, what went, what became of it."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin import ServiceAdmin, admin_actor, tell_error
from core.errors import DomainError, FieldError, InvalidInput
from core.templatetags.workbench import money
from core.workbench import PageAdmin, whole_numbers
from inventory.enums import BatchState
from inventory.selectors import stock_rows
from purchases.admin.typed import typed_expiry
from purchases.documents.return_pdf import return_pdf
from purchases.enums import ReturnStatus, Settlement
from purchases.models import ReturnTerms, Supplier, SupplierReturn, SupplierReturnLine
from purchases.selectors.returns import get_return, list_returns, list_terms
from purchases.services import (
    ExchangeRow,
    ReturnData,
    ReturnRow,
    cancel_return,
    create_return,
    draft_recall_returns,
    exchange_return,
    refuse_return,
    remove_return_terms,
    reverse_return,
    save_return_terms,
    send_return,
    suggest_returns,
)


@admin.register(ReturnTerms)
class ReturnTermsAdmin(ServiceAdmin):
    list_display = [
        "supplier",
        "manufacturer",
        "months_before",
        "months_after",
        "credit_percent",
        "exchange_only",
    ]
    list_filter = ["supplier"]
    search_fields = ["supplier__name"]
    fields = [
        "supplier", "manufacturer", "months_before", "months_after", "credit_percent", "exchange_only",
        "excludes_bonus", "minimum_amount", "note",
    ]  # fmt: skip
    permissions_of: ClassVar[dict[str, str]] = {"delete": "purchases.delete_returnterms"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnTerms]:
        return list_terms()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["supplier", "manufacturer"] if obj is not None else []

    def save_model(self, request: HttpRequest, obj: ReturnTerms, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
        if change:
            saved = save_return_terms(terms_id=obj.pk, values=values, actor=admin_actor(request))
        else:
            maker = values.pop("manufacturer", None)
            values |= {"supplier_id": values.pop("supplier").pk, "manufacturer_id": maker and maker.pk}
            saved = save_return_terms(values=values, actor=admin_actor(request))
        self.adopt(obj, saved)

    def delete_model(self, request: HttpRequest, obj: ReturnTerms) -> None:
        remove_return_terms(terms_id=obj.pk, actor=admin_actor(request))


class SupplierForm(forms.Form):
    supplier = forms.ModelChoiceField(
        Supplier.objects.filter(merged_into=None),
        label=gettext_lazy("Supplier"),
        widget=forms.Select(attrs={"class": "wb-input"}),
    )


@admin.register(SupplierReturn)
class SupplierReturnAdmin(PageAdmin):
    list_display = ["number", "supplier", "status", "expected", "business_date", "created_by_name"]
    list_filter = ["status", "supplier"]
    search_fields = ["number", "supplier__name"]
    page_template = "purchases/return.html"
    verbs: ClassVar[dict[str, str]] = {
        "send": "purchases.send_return",
        "cancel": "purchases.change_supplierreturn",
        "refuse": "purchases.settle_return",
        "exchange": "purchases.settle_return",
        "reverse": "purchases.reverse_return",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        return list_returns()

    @admin.display(description=gettext_lazy("Expected credit"), ordering="expected_amount")
    def expected(self, row: SupplierReturn) -> str:
        return f"{money(row.expected_amount)} {row.currency}"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("purchases.add_supplierreturn")

    def page_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/pdf/", self.wrap(self.pdf), name="purchases_supplierreturn_pdf"),
            path("recall/<int:batch>/", self.wrap(self.recall), name="purchases_supplierreturn_recall"),
        ]

    def recall(self, request: HttpRequest, batch: int) -> HttpResponse:
        """A draft for each supplier that delivered a recalled batch."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            try:
                drafts = draft_recall_returns(batch_id=batch, actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, error)
            else:
                self.message_user(request, _("%(count)s drafts made.") % {"count": len(drafts)})
        return HttpResponseRedirect(reverse("admin:purchases_supplierreturn_changelist"))

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The note that goes along with the goods."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found = get_return(pk)
        except DomainError:
            raise Http404 from None
        response = HttpResponse(return_pdf(found), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
        return response

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose a supplier; see what may go back and why the rest may not; take some of it into a draft."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        chosen = request.POST.get("supplier") or request.GET.get("supplier")
        form = SupplierForm({"supplier": chosen} if chosen else None)
        supplier = form.cleaned_data["supplier"] if chosen and form.is_valid() else None
        if request.method == "POST" and supplier is not None:
            answer = self._draft(request, supplier)
            if answer is not None:
                return answer
        rows = suggest_returns(supplier_id=supplier.pk) if supplier is not None else []
        recalled = stock_rows().filter(batch__state=BatchState.RECALLED) if supplier is None else []
        return self.page(
            request, "purchases/return_suggest.html", form=form, supplier=supplier, rows=rows,
            recalled={row.batch_id: row for row in recalled}.values(), title=_("Return goods to a supplier"),
        )  # fmt: skip

    def _draft(self, request: HttpRequest, supplier: Supplier) -> HttpResponse | None:
        try:
            rows = list(_typed_rows(request, supplier))
            draft = create_return(data=ReturnData(supplier.pk, rows), actor=admin_actor(request))
        except DomainError as error:
            tell_error(request, error)
            return None
        return HttpResponseRedirect(self.page_url(draft.pk))

    def page_context(self, request: HttpRequest, instance: SupplierReturn) -> dict[str, Any]:
        found = get_return(instance.pk)
        lines = [_shown(line) for line in found.lines.all()]
        return {
            "lines": lines,
            "is_draft": found.status == ReturnStatus.DRAFT,
            "is_sent": found.status == ReturnStatus.SENT,
            "untouched": not any(line["settled"] for line in lines),
            "exchanges": found.exchanges.order_by("pk"),
            "credit_url": reverse("admin:purchases_suppliercreditnote_add") + f"?return={found.pk}",
            "may_credit": request.user.has_perm("purchases.post_credit_note"),
        }

    def do_send(self, request: HttpRequest, pk: int) -> str:
        send_return(return_id=pk, actor=admin_actor(request))
        return _("Sent: the goods are out of stock and their credit is due from the supplier.")

    def do_cancel(self, request: HttpRequest, pk: int) -> str:
        cancel_return(return_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Dropped: nothing has moved.")

    def do_refuse(self, request: HttpRequest, pk: int) -> str:
        refuse_return(return_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("The goods are back where they were.")

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        reverse_return(return_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Reversed: stock and books are as they were before.")

    def do_exchange(self, request: HttpRequest, pk: int) -> str:
        """``quantity-``, ``batch-``, ``expiry-<line>``: what came in exchange."""
        rows = []
        for line in get_return(pk).lines.all():
            for quantity in whole_numbers([request.POST.get(f"quantity-{line.pk}", "").strip()]):
                expiry, is_month = typed_expiry(request.POST.get(f"expiry-{line.pk}", ""), str(line.product))
                batch = request.POST.get(f"batch-{line.pk}", "")[:60]
                rows.append(ExchangeRow(line.pk, quantity, batch, expiry, is_month))
        exchange_return(return_id=pk, rows=rows, actor=admin_actor(request))
        return _("Exchanged: the new goods are in stock.")


def _typed_rows(request: HttpRequest, supplier: Supplier) -> list[ReturnRow]:
    """``quantity-<stock row>``, where something was typed. Raises InvalidInput."""
    rows = []
    for one in suggest_returns(supplier_id=supplier.pk):
        text = request.POST.get(f"quantity-{one.stock.pk}", "").strip()
        if text in ("", "0"):
            continue
        if not whole_numbers([text]):
            detail = _("%(text)s is not a quantity.") % {"text": text}
            raise InvalidInput(errors=[FieldError(str(one.stock.product), "invalid", detail)])
        rows.append(ReturnRow(one.stock.batch_id, one.stock.location_id, int(text), one.reason))
    return rows


def _shown(line: SupplierReturnLine) -> dict[str, Any]:
    by_kind = dict.fromkeys(Settlement, 0)
    for one in line.settlements.all():
        by_kind[Settlement(one.kind)] += one.quantity
    settled = sum(by_kind.values())
    return {
        "line": line,
        "settled": settled,
        "open": line.quantity - settled,
        "credited": by_kind[Settlement.CREDITED],
        "exchanged": by_kind[Settlement.EXCHANGED],
        "refused": by_kind[Settlement.REFUSED],
        "netted": by_kind[Settlement.NETTED],
    }
