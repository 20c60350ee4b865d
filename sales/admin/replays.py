"""Sales of an outage that were refused, at the workbench."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.admin import admin_actor
from core.workbench import PageAdmin
from sales.admin.rows import seller_rights
from sales.api.replays import read_sale
from sales.models import SaleReplay
from sales.selectors import list_replays
from sales.services import dismiss_replay, retry_replay


@admin.register(SaleReplay)
class SaleReplayAdmin(PageAdmin):
    list_display = ["key", "till", "status", "occurred_at", "seller_name", "sale", "settled_by_name"]
    list_filter = ["status", "till"]
    search_fields = ["key", "seller_name"]
    page_template = "sales/replay.html"
    verbs: ClassVar[dict[str, str]] = {
        "retry": "sales.settle_replay",
        "dismiss": "sales.settle_replay",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[SaleReplay]:
        return list_replays()

    def page_context(self, request: HttpRequest, instance: SaleReplay) -> dict[str, Any]:
        return {"lines": instance.body.get("lines", []), "waits": instance.settled_at is None}

    def do_retry(self, request: HttpRequest, pk: int) -> str:
        kept = list_replays().get(pk=pk)
        rights = seller_rights(request)
        sale = retry_replay(
            replay_id=pk, data=read_sale(kept.body), actor=admin_actor(request), rights=rights
        )
        return _("Sold as %(number)s.") % {"number": sale.number}

    def do_dismiss(self, request: HttpRequest, pk: int) -> str:
        dismiss_replay(replay_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Left out of the books.")
