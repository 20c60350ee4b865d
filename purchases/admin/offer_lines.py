"""Who sells it cheapest today: every wholesaler's current line for a name, net after bonus."""

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.admin import ReadOnlyAdmin
from core.templatetags.workbench import money, tiers
from purchases.models import OfferLine
from purchases.selectors import list_lines, search_lines


@admin.register(OfferLine)
class OfferLineAdmin(ReadOnlyAdmin):
    list_display = ["name", "product", "supplier", "printed_price", "bonus_text", "net", "age"]
    list_filter = ["supplier"]
    search_fields = ["raw_name"]
    search_help_text = _("Name, substance or code, in Arabic or English")
    list_per_page = 50
    show_full_result_count = False
    list_display_links = None
    ordering = [F("net_cost").asc(nulls_last=True), "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OfferLine]:
        return list_lines().filter(is_current=True)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OfferLine], search_term: str
    ) -> tuple[QuerySet[OfferLine], bool]:
        return search_lines(queryset, search_term), False

    @admin.display(description=_("Name in the offer"))
    def name(self, line: OfferLine) -> SafeString:
        return format_html('<bdi class="name">{}</bdi>', line.raw_name)

    @admin.display(description=_("Price"), ordering="price")
    def printed_price(self, line: OfferLine) -> str:
        return f"{money(line.price)} {line.offer.currency}"

    @admin.display(description=_("Bonus"))
    def bonus_text(self, line: OfferLine) -> str:
        return "  ".join(f"{tier['text']}{'?' if tier['unsure'] else ''}" for tier in tiers(line.bonus))

    @admin.display(description=_("Net cost"), ordering="net_cost")
    def net(self, line: OfferLine) -> str:
        return money(line.net_cost)

    @admin.display(description=_("List"))
    def age(self, line: OfferLine) -> str:
        old = _("old")
        stale = f" ({old})" if getattr(line, "is_stale", False) else ""
        return f"{line.offer.number}{stale}"
