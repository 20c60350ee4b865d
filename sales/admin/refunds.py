"""Goods that come back, at the workbench: which, how many, and how the money goes back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core.admin import ReadOnlyAdmin, tell_error
from core.errors import DomainError, FieldError, InvalidInput, NotFound
from core.language import listed
from core.money import show_money
from sales.admin.amounts import read_amount, whole_number
from sales.admin.rows import OnceInline, open_tills
from sales.admin.sellers import people_to_ask, person_at
from sales.enums import PaymentMethod
from sales.models import Refund, RefundLine, RefundPayment, Sale
from sales.selectors import get_sale
from sales.services import RefundLineData, RefundPaymentData, refund_sale
from sales.services.paying_back import refundable

__all__ = ["refund_page"]

MAY = "sales.refund_sale"


class PartInline(OnceInline):
    """A part of a refund is seen by whoever sees the refund."""

    extra = 0
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("sales.view_refund"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RefundPaymentInline(PartInline):
    model = RefundPayment
    fields = ["method", "amount"]


class RefundLineInline(PartInline):
    model = RefundLine
    fields = ["product", "quantity", "amount", "tax_amount", "cost_amount"]
    readonly_fields = ["product"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefundLine]:
        return super().get_queryset(request).select_related("sale_line__product", "sale_line__unit")

    @admin.display(description=_lazy("product"))
    def product(self, line: RefundLine) -> str:
        return f"{line.sale_line.product} · {line.sale_line.unit.label}"


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ["number", "business_date", "sale", "total_amount", "reason", "actor_name"]
    list_select_related = ["sale"]
    search_fields = ["number", "sale__number", "reason"]
    inlines = [RefundPaymentInline, RefundLineInline]
    exclude = ["actor_id"]


def refund_page(request: HttpRequest, pk: int, page: Any) -> HttpResponse:
    """Nothing comes back but what was typed or filled in. ``page`` draws a template inside the workbench's frame."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    try:
        sale = get_sale(sale_id=pk)
    except NotFound:
        raise Http404 from None
    if request.method == "POST" and "fill" not in request.POST:
        try:
            refund = _take_back(request, pk)
        except DomainError as error:
            tell_error(request, error)
        else:
            messages.success(request, _told(refund))
            return HttpResponseRedirect(reverse("admin:sales_sale_change", args=[pk]))
    return page(request, "sales/refund.html", **_context(request, sale))


def _take_back(request: HttpRequest, pk: int) -> Refund:
    posted = request.POST
    till_id, method = whole_number(posted.get("till", "")), posted.get("method", "")
    errors: list[FieldError] = []
    lines, payments = _lines(posted, errors), _payments(posted, errors)
    if not lines and not errors:
        errors.append(FieldError("", "empty", _("Say how many of which line come back.")))
    if errors:
        raise InvalidInput(errors=errors)
    person = person_at(request, till_id, MAY)
    return refund_sale(
        sale_id=pk,
        lines=lines,
        method=PaymentMethod(method) if method in PaymentMethod.values and not payments else None,
        payments=payments,
        reason=posted.get("reason", "").strip() or _("Refunded at the workbench"),
        till_id=till_id,
        actor=person.actor,
        identified=person.identified,
    )


def _lines(posted: QueryDict, errors: list[FieldError]) -> list[RefundLineData]:
    """The lines that a quantity was typed for."""
    lines = []
    typed = zip(posted.getlist("line"), posted.getlist("quantity"), strict=False)
    for index, (line, quantity) in enumerate(typed):
        number, count = whole_number(line), whole_number(quantity.strip() or "0")
        if number is None or count is None:
            errors.append(FieldError(f"lines[{index}].quantity", "invalid", _("A whole number.")))
        elif count:
            lines.append(RefundLineData(number, count))
    return lines


def _payments(posted: QueryDict, errors: list[FieldError]) -> list[RefundPaymentData]:
    typed = {
        method: read_amount(posted.get(f"amount-{method}", ""), f"amount-{method}", errors)
        for method in PaymentMethod
    }
    return [RefundPaymentData(method, amount) for method, amount in typed.items() if amount is not None]


def _told(refund: Refund) -> str:
    parts = [
        f"{PaymentMethod(part.method).label} {show_money(part.amount)}" for part in refund.payments.all()
    ]
    return _("%(number)s: given back %(parts)s") % {
        "number": refund.number,
        "parts": listed(parts) or "0",
    }


def _rows(posted: QueryDict, sale: Sale) -> list[dict[str, Any]]:
    """Each line with what can come back of it: none of it until it is typed; ``fill`` names a line, or all of them."""
    typed = dict(zip(posted.getlist("line"), posted.getlist("quantity"), strict=False))
    filled = posted.get("fill", "")
    rows = []
    for line in sale.lines.all():
        left = line.quantity - (line.refunded_qty or 0)  # type: ignore[attr-defined]
        key = str(line.line)
        rows.append(
            {"line": line, "left": left, "typed": left if filled in ("all", key) else typed.get(key, 0)}
        )
    return rows


def _context(request: HttpRequest, sale: Sale) -> dict[str, Any]:
    posted = request.POST
    ways = refundable(sale)
    return {
        "title": _("Take goods back: %(number)s") % {"number": sale.number},
        "sale": sale,
        "rows": _rows(posted, sale),
        "ways": [
            (method.value, method.label, amount, posted.get(f"amount-{method}", ""))
            for method, amount in ways.items()
        ],
        "methods": [
            choice for choice in PaymentMethod.choices if sale.customer or choice[0] != PaymentMethod.ACCOUNT
        ],
        "tills": open_tills(),
        "people": people_to_ask(),
        "typed": posted,
        "till": posted.get("till", str(sale.till_id or "")),
    }
