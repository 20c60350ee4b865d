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
from purchases.enums import CreditNoteKind, ReturnStatus
from purchases.models import OPEN_CLAIMS, SupplierClaim, SupplierCreditNote
from purchases.selectors.claims import get_claim, get_credit_note, list_claims, list_credit_notes
from purchases.selectors.returns import get_return
from purchases.services import (
    CreditLine,
    CreditNoteData,
    post_credit_note,
    reverse_credit_note,
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
    verbs: ClassVar[dict[str, str]] = {"reverse": "purchases.reverse_credit_note"}

    def get_queryset(self, request: HttpRequest) -> Any:
        return list_credit_notes()

    @admin.display(description=gettext_lazy("Total"), ordering="total_amount")
    def total(self, note: SupplierCreditNote) -> str:
        return f"{money(note.total_amount)} {note.currency}"

    def page_context(self, request: HttpRequest, instance: SupplierCreditNote) -> dict[str, Any]:
        return {"lines": list(get_credit_note(instance.pk).lines.all())}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Book the supplier's note for a return (``?return=``) or a claim (``?claim=``)."""
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
    except DomainError:
        raise Http404 from None
    raise Http404


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
