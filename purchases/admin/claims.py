"""Credit notes and claims at the workbench."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin import admin_actor, tell_error
from core.errors import DomainError, FieldError, InvalidInput
from core.templatetags.workbench import money
from core.workbench import PageAdmin, whole_numbers
from purchases.admin.typed import typed_amount
from purchases.documents.claim_letter import claim_pdf, claim_text
from purchases.enums import ClaimKind, CreditNoteKind, ItemKind, PaymentMethod, ReceiptStatus, ReturnStatus
from purchases.models import OPEN_CLAIMS, GoodsReceipt, SupplierClaim, SupplierCreditNote
from purchases.selectors.buying import get_receipt
from purchases.selectors.claims import get_claim, get_credit_note, list_claims, list_credit_notes
from purchases.selectors.returns import get_return
from purchases.selectors.statements import list_open_items
from purchases.services import (
    Chosen,
    ClaimData,
    CreditLine,
    CreditNoteData,
    RefundData,
    allocate_credit,
    open_claim,
    post_credit_note,
    refund_credit,
    reverse_credit_note,
    reverse_refund,
    send_claims,
    waive_claim,
)
from users.selectors import local_today


class CreditNoteForm(forms.Form):
    reference = forms.CharField(max_length=60, label=gettext_lazy("Supplier's number"))
    tax = forms.DecimalField(
        min_value=0, max_digits=20, decimal_places=4, initial=0, label=gettext_lazy("Tax")
    )
    note = forms.CharField(max_length=500, required=False, label=gettext_lazy("Note"))


@admin.register(SupplierCreditNote)
class SupplierCreditNoteAdmin(PageAdmin):
    list_display = ["number", "supplier", "kind", "reference", "total", "status", "business_date"]
    list_filter = ["kind", "status", "supplier"]
    search_fields = ["number", "reference", "supplier__name"]
    page_template = "purchases/credit_note.html"
    verbs: ClassVar[dict[str, str]] = {
        "reverse": "purchases.reverse_credit_note",
        "allocate": "purchases.pay_supplier",
        "refund": "purchases.post_credit_note",
        "reverse_refund": "purchases.reverse_credit_note",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        return list_credit_notes()

    @admin.display(description=gettext_lazy("Total"), ordering="total_amount")
    def total(self, note: SupplierCreditNote) -> str:
        return f"{money(note.total_amount)} {note.currency}"

    def page_context(self, request: HttpRequest, instance: SupplierCreditNote) -> dict[str, Any]:
        note: Any = get_credit_note(instance.pk)
        open_invoices = list_open_items().filter(
            supplier=instance.supplier_id, kind=ItemKind.INVOICE, currency=instance.currency
        )
        return {
            "lines": list(note.lines.all()),
            "settles": note.settles,
            "unused": note.unused,
            "refunds": list(note.refunds.all()),
            "open_invoices": open_invoices if note.unused > 0 else (),
            "methods": PaymentMethod.choices,
        }

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Book the supplier's note for a return (``?return=``), a claim (``?claim=``) or lower prices (``?receipt=``)."""
        if not request.user.has_perm("purchases.post_credit_note"):
            raise PermissionDenied
        about = _about(request)
        form = CreditNoteForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                data = _data(request, about, form.cleaned_data)
                note = post_credit_note(data=data, actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, error)
            else:
                return HttpResponseRedirect(self.page_url(note.pk))
        context = {"form": form, "about": about, "title": _("Book a supplier's credit note")}
        return self.page(request, "purchases/credit.html", **context)

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        reason = request.POST.get("reason", "")
        reverse_credit_note(credit_note_id=pk, reason=reason, actor=admin_actor(request))
        return _("Reversed: what it settled waits again.")

    def do_allocate(self, request: HttpRequest, pk: int) -> str:
        """To the invoices that were ticked, or to the oldest due."""
        chosen = [Chosen(invoice) for invoice in whole_numbers(request.POST.getlist("invoice"))]
        allocate_credit(kind=ItemKind.CREDIT, document_id=pk, chosen=chosen, actor=admin_actor(request))
        return _("Settled.")

    def do_refund(self, request: HttpRequest, pk: int) -> str:
        amount, method = request.POST.get("amount", "").strip(), request.POST.get("method", "")
        if method not in PaymentMethod.values:
            raise InvalidInput(errors=[FieldError("method", "required", _("Say how it is paid."))])
        data = RefundData(pk, typed_amount(amount, "amount") if amount else None, method)
        refund_credit(data=data, actor=admin_actor(request))
        return _("The money is in the books.")

    def do_reverse_refund(self, request: HttpRequest, pk: int) -> str:
        for refund in whole_numbers([request.POST.get("refund", "")]):
            reverse_refund(
                refund_id=refund, reason=request.POST.get("reason", ""), actor=admin_actor(request)
            )
        return _("Reversed.")


class ClaimForm(forms.Form):
    receipt_line = forms.TypedChoiceField(coerce=int, label=gettext_lazy("Product"))
    kind = forms.ChoiceField(label=gettext_lazy("What was wrong"))
    quantity = forms.IntegerField(min_value=1, max_value=1_000_000_000, label=gettext_lazy("Quantity"))
    amount = forms.DecimalField(
        min_value=0, max_digits=20, decimal_places=4, required=False,
        label=gettext_lazy("Worth (what it cost, if left empty)"),
    )  # fmt: skip
    note = forms.CharField(max_length=500, required=False, label=gettext_lazy("Note"))

    def __init__(self, *args: Any, lines: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["receipt_line"].choices = [(line.pk, f"{line.product} · {line.unit}") for line in lines]
        self.fields["kind"].choices = [one for one in ClaimKind.choices if one[0] != ClaimKind.LATE_BONUS]

    def data_for_service(self) -> ClaimData:
        given = self.cleaned_data
        return ClaimData(
            kind=given["kind"],
            receipt_line_id=given["receipt_line"],
            quantity=given["quantity"],
            amount=given["amount"],
            note=given["note"],
        )


def _receipt(pk: int) -> GoodsReceipt:
    try:
        return get_receipt(pk)
    except DomainError:
        raise Http404 from None


def _about(request: HttpRequest) -> dict[str, Any]:
    """What is credited: each row with its key, its name, what is open of it and what was expected. Raises Http404."""
    try:
        for pk in whole_numbers([request.GET.get("return", "")]):
            return _about_return(pk)
        for pk in whole_numbers([request.GET.get("claim", "")]):
            claim = get_claim(pk)
            row = {
                "pk": pk,
                "name": str(claim.product),
                "open": claim.open_qty,
                "expected": claim.value_amount,
            }
            return {
                "kind": CreditNoteKind.CLAIM,
                "supplier": claim.supplier,
                "document": claim,
                "rows": [row],
            }
        for pk in whole_numbers([request.GET.get("receipt", "")]):
            return _about_receipt(pk)
    except DomainError:
        raise Http404 from None
    raise Http404


def _about_receipt(pk: int) -> dict[str, Any]:
    """Goods that came, each to be credited a part of its price."""
    found = get_receipt(pk)
    if found.status != ReceiptStatus.POSTED:
        raise Http404
    rows = [
        {"pk": line.pk, "name": str(line.product), "open": line.paid_qty, "expected": ""}
        for line in found.lines.all()
        if line.paid_qty
    ]
    return {"kind": CreditNoteKind.PRICE, "supplier": found.supplier, "document": found, "rows": rows}


def _about_return(pk: int) -> dict[str, Any]:
    found = get_return(pk)
    if found.status != ReturnStatus.SENT:
        raise Http404
    rows = []
    for line in found.lines.all():
        cleared = sum((one.cleared_amount for one in line.settlements.all()), Decimal(0))
        left = line.quantity - sum(one.quantity for one in line.settlements.all())
        if left:
            expected = line.expected_amount - cleared
            rows.append({"pk": line.pk, "name": str(line.product), "open": left, "expected": expected})
    return {"kind": CreditNoteKind.RETURN, "supplier": found.supplier, "document": found, "rows": rows}


def _data(request: HttpRequest, about: dict[str, Any], given: dict[str, Any]) -> CreditNoteData:
    """``amount-`` and ``quantity-<row>`` as the service takes them. Raises InvalidInput."""
    lines = []
    for row in about["rows"]:
        text = request.POST.get(f"amount-{row['pk']}", "").strip()
        if not text:
            continue
        amount = typed_amount(text, row["name"])
        if about["kind"] == CreditNoteKind.CLAIM:
            lines.append(CreditLine(amount, claim_id=row["pk"]))
            continue
        if about["kind"] == CreditNoteKind.PRICE:
            lines.append(CreditLine(amount, receipt_line_id=row["pk"]))
            continue
        quantity = request.POST.get(f"quantity-{row['pk']}", "").strip()
        if not whole_numbers([quantity]):
            detail = _("%(text)s is not a quantity.") % {"text": quantity}
            raise InvalidInput(errors=[FieldError(row["name"], "invalid", detail)])
        lines.append(CreditLine(amount, return_line_id=row["pk"], quantity=int(quantity)))
    return CreditNoteData(
        supplier_id=about["supplier"].pk,
        kind=about["kind"],
        reference=given["reference"],
        lines=lines,
        tax_amount=given["tax"],
        note=given["note"],
    )


@admin.register(SupplierClaim)
class SupplierClaimAdmin(PageAdmin):
    """Claims; one by hand is opened from the receipt that brought too little or broken goods."""

    list_display = ["number", "supplier", "kind", "product", "missing", "value", "age", "status"]
    list_filter = ["status", "kind", "supplier"]
    search_fields = ["number", "supplier__name", "product__search_key"]
    actions: ClassVar[list[str]] = ["tell_suppliers"]
    page_template = "purchases/claim.html"
    verbs: ClassVar[dict[str, str]] = {
        "claim": "purchases.send_claim",
        "waive": "purchases.waive_claim",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupplierClaim]:
        return list_claims()

    @admin.display(description=gettext_lazy("Still owed"))
    def missing(self, claim: SupplierClaim) -> str:
        return f"{claim.open_qty} {claim.unit}"

    @admin.display(description=gettext_lazy("Value"), ordering="value_amount")
    def value(self, claim: SupplierClaim) -> str:
        return f"{money(claim.value_amount)} {claim.currency}"

    @admin.display(description=gettext_lazy("Age (days)"), ordering="-opened_date")
    def age(self, claim: SupplierClaim) -> int:
        return (local_today() - claim.opened_date).days

    def page_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/pdf/", self.wrap(self.pdf), name="purchases_supplierclaim_pdf")]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Claim by hand for a line of a receipt (``?receipt=``)."""
        if not request.user.has_perm("purchases.add_supplierclaim"):
            raise PermissionDenied
        receipt = next((_receipt(pk) for pk in whole_numbers([request.GET.get("receipt", "")])), None)
        if receipt is None:
            raise Http404
        form = ClaimForm(request.POST or None, lines=receipt.lines.all())
        if request.method == "POST" and form.is_valid():
            try:
                claim = open_claim(data=form.data_for_service(), actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, error)
            else:
                return HttpResponseRedirect(self.page_url(claim.pk))
        context = {"form": form, "receipt": receipt, "title": _("Claim what was missing or damaged")}
        return self.page(request, "purchases/claim_new.html", **context)

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The claim as a letter."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            claim = get_claim(pk)
        except DomainError:
            raise Http404 from None
        response = HttpResponse(claim_pdf([claim]), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{claim.number}.pdf"'
        return response

    def page_context(self, request: HttpRequest, instance: SupplierClaim) -> dict[str, Any]:
        return {
            "message": claim_text([instance]),
            "is_open": instance.status in OPEN_CLAIMS,
            "may_credit": request.user.has_perm("purchases.post_credit_note"),
            "age": self.age(instance),
        }

    def do_claim(self, request: HttpRequest, pk: int) -> str:
        send_claims(claim_ids=[pk], actor=admin_actor(request))
        return _("Noted: the supplier was told.")

    def do_waive(self, request: HttpRequest, pk: int) -> str:
        waive_claim(claim_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Given up.")

    @admin.action(description=gettext_lazy("Note that the suppliers were told"), permissions=["claim"])
    def tell_suppliers(self, request: HttpRequest, queryset: QuerySet[SupplierClaim]) -> None:
        try:
            told = send_claims(
                claim_ids=list(queryset.values_list("pk", flat=True)), actor=admin_actor(request)
            )
        except DomainError as error:
            tell_error(request, error)
        else:
            self.message_user(request, _("%(count)s claims noted as sent.") % {"count": len(told)})

    def has_claim_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("purchases.send_claim")
