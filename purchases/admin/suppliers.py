"""Suppliers and their terms."""

from dataclasses import fields
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from core.admin import ServiceAdmin, admin_actor
from core.days import SpanForm
from core.templatetags.workbench import money
from purchases.admin.performance_page import performance_page
from purchases.admin.statement_page import open_documents, statement_page
from purchases.documents.statement_pdf import statement_pdf
from purchases.errors import SupplierNotFound
from purchases.models import Supplier
from purchases.selectors import search_suppliers
from purchases.selectors.returns import list_terms
from purchases.selectors.statements import Statement, statement_of
from purchases.services import SupplierData, create_supplier, update_supplier

_TERMS = [
    "minimum_order_amount",
    "delivery_fee_amount",
    "free_delivery_from_amount",
    "lead_time_days",
    "payment_terms_days",
    "credit_limit_amount",
    "invoice_tolerance_percent",
]


_STANDING = ("owed_now", "still_open", "takes_back")
#: More open documents than these are on the statement.
_SHOWN = 12


@admin.register(Supplier)
class SupplierAdmin(ServiceAdmin):
    list_display = [
        "name",
        "code",
        "lead_time_days",
        "payment_terms_days",
        "minimum_order_amount",
        "is_active",
    ]
    list_filter = ["is_active"]
    search_fields = ["name"]
    actions_detail = ["open_statement"]
    fields = ["name", "code", "currency", "address", "notes", *_TERMS, "is_active"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Beside the form of a supplier that is there: where we stand with it."""
        form = (None, {"fields": self.fields})
        if obj is None or not request.user.has_perm("purchases.view_statement"):
            return [form]
        return [(_("Where we stand"), {"fields": _STANDING}), form]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return _STANDING

    @admin.display(description=gettext_lazy("We owe"))
    def owed_now(self, supplier: Supplier) -> str:
        statement = statement_of(supplier.pk)
        text = _("%(owed)s on invoices, %(goods)s for goods not yet invoiced") % {
            "owed": money(statement.closing),
            "goods": money(statement.not_invoiced_closing),
        }
        return f"{text} ({statement.currency})"

    @admin.display(description=gettext_lazy("Open documents"))
    def still_open(self, supplier: Supplier) -> str:
        rows = [
            (
                one.link or "#",
                one.number,
                f"{'−' if one.is_credit else ''}{money(one.left)}",
                one.currency,
                f"{one.due_date:%Y-%m-%d}",
            )
            for one in open_documents(supplier)[:_SHOWN]
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}"><bdi>{}</bdi></a> · {} {} · {}', rows) or _(
            "None"
        )

    @admin.display(description=gettext_lazy("Takes goods back"))
    def takes_back(self, supplier: Supplier) -> str:
        rows = [(str(one),) for one in list_terms().filter(supplier=supplier)]
        return format_html_join(mark_safe("<br>"), "<bdi>{}</bdi>", rows) or _("No terms are known")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        mine = [
            path("performance/", wrap(self.performance), name="purchases_supplier_performance"),
            path("<int:pk>/statement/", wrap(self.statement), name="purchases_supplier_statement"),
            path("<int:pk>/statement/pdf/", wrap(self.pdf), name="purchases_supplier_statement_pdf"),
        ]
        return [*mine, *super().get_urls()]

    def performance(self, request: HttpRequest) -> HttpResponse:
        """How suppliers keep their word."""
        return performance_page(self.admin_site, request)

    @action(description=gettext_lazy("Statement of account"), url_path="account")  # type: ignore[untyped-decorator]
    def open_statement(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:purchases_supplier_statement", args=[object_id]))

    def statement(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Open documents and every posting with the running balance."""
        form = SpanForm.asked(request)
        return statement_page(self.admin_site, request, _asked_for(request, pk, form), form)

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The statement to lay beside the supplier's own."""
        form = SpanForm.asked(request)
        statement = _asked_for(request, pk, form)
        if not form.is_valid():
            page = reverse("admin:purchases_supplier_statement", args=[pk])
            return HttpResponseRedirect(f"{page}?{request.GET.urlencode()}")
        response = HttpResponse(statement_pdf(statement), content_type="application/pdf")
        response["Content-Disposition"] = 'inline; filename="statement.pdf"'
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Supplier], search_term: str
    ) -> tuple[QuerySet[Supplier], bool]:
        return (search_suppliers(queryset, search_term) if search_term else queryset), False

    def save_model(self, request: HttpRequest, obj: Supplier, form: Any, change: bool) -> None:
        stated = {field.name for field in fields(SupplierData)}
        values = {name: value for name, value in form.cleaned_data.items() if name in stated}
        actor = admin_actor(request)
        if change:
            changes = {name: values[name] for name in form.changed_data if name in values}
            saved = update_supplier(supplier_id=obj.pk, changes=changes, actor=actor)
        else:
            saved = create_supplier(data=SupplierData(**values), actor=actor)
        obj.pk = saved.pk


def _asked_for(request: HttpRequest, pk: int, form: SpanForm) -> Statement:
    """The statement of the period in the address."""
    if not request.user.has_perm("purchases.view_statement"):
        raise PermissionDenied
    try:
        since, until = form.days()
        return statement_of(pk, since=since, until=until)
    except SupplierNotFound:
        raise Http404 from None
