"""Counts at the workbench: plan, count blind, look at the differences, post."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin import admin_actor, tell_error
from core.errors import DomainError, FieldError, InvalidInput
from core.text import normalise_digits
from core.workbench import PageAdmin, whole_numbers
from inventory.documents.count_sheet import count_sheet
from inventory.enums import CountStatus, Uncounted
from inventory.expiry import parse_expiry
from inventory.models import Category, Location, Product, StockCount, StockCountLine
from inventory.selectors import get_count, list_count_lines, list_counts, search_products, shows_expected
from inventory.services import (
    CountEntryLine,
    CountTarget,
    cancel_count,
    close_count,
    count_scanned,
    create_count,
    open_count,
    post_count,
    record_counts,
    recount_lines,
    reopen_count,
    reverse_count,
)

_PAGE = 100


class CountForm(forms.Form):
    location = forms.ModelChoiceField(Location.objects.filter(is_active=True), label=gettext_lazy("Location"))
    category = forms.ModelChoiceField(
        Category.objects.all(), required=False, label=gettext_lazy("Only this category")
    )
    products = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Only these products (one name or code a line)"),
    )
    note = forms.CharField(max_length=500, required=False, label=gettext_lazy("Note"))

    def clean_products(self) -> list[Product]:
        """Each line must name one product."""
        found = []
        for text in filter(None, map(str.strip, self.cleaned_data["products"].splitlines())):
            named = list(search_products(text)[:2])
            if len(named) != 1:
                raise forms.ValidationError(
                    _("“%s” names no product, or several: write more of its name.") % text
                )
            found += named
        return found


@admin.register(StockCount)
class StockCountAdmin(PageAdmin):
    list_display = ["number", "location", "scope", "status", "progress", "business_date", "actor_name"]
    list_filter = ["status", "location", "scope"]
    search_fields = ["number", "note"]
    page_template = "inventory/count.html"
    verbs: ClassVar[dict[str, str]] = {
        "open": "inventory.add_stockcount",
        "close": "inventory.add_stockcount",
        "reopen": "inventory.add_stockcount",
        "cancel": "inventory.add_stockcount",
        "enter": "inventory.count_stock",
        "add": "inventory.count_stock",
        "scan": "inventory.count_stock",
        "recount": "inventory.count_stock",
        "post": "inventory.post_count",
        "reverse": "inventory.post_count",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockCount]:
        return list_counts()

    @admin.display(description=gettext_lazy("counted"))
    def progress(self, count: Any) -> str:
        return f"{count.lines_counted} / {count.lines_total}"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("inventory.add_stockcount"))

    def page_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/sheet/", self.wrap(self.sheet), name="inventory_stockcount_sheet")]

    def sheet(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The sheet to print."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        count = list_counts().filter(pk=pk).first()
        if count is None:
            raise Http404
        response = HttpResponse(count_sheet(count), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{count.number}.pdf"'
        return response

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = CountForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                with transaction.atomic():
                    count = create_count(
                        location_id=given["location"].pk,
                        category_id=given["category"].pk if given["category"] else None,
                        targets=[CountTarget(product.pk) for product in given["products"]],
                        note=given["note"],
                        actor=admin_actor(request),
                    )
            except DomainError as error:
                tell_error(request, error)
            else:
                return HttpResponseRedirect(self.page_url(count.pk))
        return self.page(request, "inventory/count_new.html", form=form, title=_("Count stock"))

    def page_context(self, request: HttpRequest, instance: StockCount) -> dict[str, Any]:
        permitted = bool(request.user.has_perm("inventory.view_count_variance"))
        seen = shows_expected(instance, permitted=permitted)
        lines = list_count_lines().filter(count=instance)
        if text := request.GET.get("q", "").strip():
            lines = lines.filter(product__in=search_products(text).order_by().values("pk"))
        if seen and request.GET.get("only") == "differences":
            lines = lines.exclude(variance_qty=0).exclude(variance_qty=None)
        if request.GET.get("only") == "uncounted":
            lines = lines.filter(counted_qty=None)
        return {
            "lines": Paginator(lines, _PAGE).get_page(request.GET.get("page")),
            "seen": seen,
            "query": request.GET,
            "is_draft": instance.status == CountStatus.DRAFT,
            "is_counting": instance.status == CountStatus.COUNTING,
            "is_review": instance.status == CountStatus.REVIEW,
            "is_posted": instance.status == CountStatus.POSTED,
            "uncounted": instance.lines.filter(counted_qty=None).count(),
            "uncounted_choices": Uncounted,
        }

    def do_open(self, request: HttpRequest, pk: int) -> str:
        open_count(count_id=pk, actor=admin_actor(request))
        return _("Counting is open. Print the sheet, or count here.")

    def do_enter(self, request: HttpRequest, pk: int) -> str:
        """The numbers written beside the lines; what is empty was not counted."""
        written = {
            int(name.removeprefix("qty-")): value.strip()
            for name, value in request.POST.items()
            if name.startswith("qty-") and name[4:].isdigit() and value.strip()
        }
        rows = StockCountLine.objects.filter(count=pk, pk__in=written).values_list(
            "pk", "product_id", "batch_id"
        )
        lines = [
            CountEntryLine(product, _number(written[line]), batch_id=batch) for line, product, batch in rows
        ]
        record_counts(count_id=pk, lines=lines, actor=admin_actor(request))
        return _("Noted.")

    def do_add(self, request: HttpRequest, pk: int) -> str:
        """Goods that are not on the list."""
        named = list(search_products(request.POST.get("product", "").strip())[:2])
        if len(named) != 1:
            detail = _("This names no product, or several: write more of its name.")
            raise InvalidInput(errors=[FieldError("product", "not_one", detail)])
        expiry = parse_expiry(request.POST.get("expiry", ""))
        line = CountEntryLine(
            named[0].pk,
            _number(request.POST.get("quantity", "")),
            batch_number=request.POST.get("batch_number", "").strip()[:60],
            expiry=expiry.day if expiry else None,
        )
        record_counts(count_id=pk, lines=[line], actor=admin_actor(request))
        return _("Noted.")

    def do_scan(self, request: HttpRequest, pk: int) -> str:
        count_scanned(
            count_id=pk,
            code=request.POST.get("code", "").strip()[:200],
            quantity=_number(request.POST.get("quantity", "") or "1"),
            actor=admin_actor(request),
        )
        return _("Noted.")

    def do_recount(self, request: HttpRequest, pk: int) -> str:
        lines = recount_lines(
            count_id=pk, line_ids=whole_numbers(request.POST.getlist("line")), actor=admin_actor(request)
        )
        return _("%d lines are to be counted again.") % len(lines)

    def do_close(self, request: HttpRequest, pk: int) -> str:
        close_count(count_id=pk, actor=admin_actor(request))
        return _("Counting is closed. Look at the differences before you post them.")

    def do_reopen(self, request: HttpRequest, pk: int) -> str:
        reopen_count(count_id=pk, actor=admin_actor(request))
        return _("Counting is open again.")

    def do_cancel(self, request: HttpRequest, pk: int) -> str:
        reason = request.POST.get("reason", "")[:500]
        cancel_count(count_id=pk, reason=reason, actor=admin_actor(request))
        return _("Given up. Nothing was posted.")

    def do_post(self, request: HttpRequest, pk: int) -> str:
        choice = request.POST.get("uncounted", Uncounted.REFUSE)
        uncounted = Uncounted(choice) if choice in Uncounted.values else Uncounted.REFUSE
        post_count(count_id=pk, uncounted=uncounted, actor=admin_actor(request))
        return _("Posted: stock and books say what was counted.")

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        reason = request.POST.get("reason", "")[:500]
        reverse_count(count_id=pk, reason=reason, actor=admin_actor(request))
        return _("Reversed: %s moved nothing after all.") % get_count(pk).number


def _number(text: str) -> int:
    """A quantity as somebody wrote it. Raises InvalidInput for anything but a whole number."""
    plain = normalise_digits(text).strip()
    if not (plain.isascii() and plain.isdigit()) or len(plain) > 12:  # noqa: PLR2004 - more than any shelf holds
        detail = _("“%s” is no whole number.") % text
        raise InvalidInput(errors=[FieldError("quantity", "not_a_number", detail)])
    return int(plain)
