"""The workbench's first page: money, what waits for somebody, what is about to go wrong."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from capital.selectors import capital_summary
from inventory.enums import DocumentStatus
from inventory.selectors import expiring_stock, list_adjustments
from notifications.catalogue import alert_text
from notifications.enums import AlertStatus
from notifications.selectors import list_alerts
from purchases.enums import OfferStatus, OrderStatus, ProposalStatus
from purchases.models import Offer, Proposal, PurchaseOrder
from users.selectors import get_organization, local_today

_SHOWN_ALERTS = 12


@dataclass(frozen=True)
class Tile:
    """One thing to look at: how many, and where."""

    label: Promise
    count: int
    link: str
    warn: bool = False


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: adds what whoever asks may see."""
    user = request.user
    may_see_money = user.has_perm("capital.view_summary")
    context |= {
        "pharmacy": get_organization(),
        "capital": capital_summary() if may_see_money else None,
        "tiles": _tiles(request),
        "alerts": _alerts(),
        "may_upload": user.has_perm("purchases.upload_offer"),
        "may_propose": user.has_perm("purchases.generate_proposal"),
    }
    return context


def _list(model: str, query: str = "") -> str:
    return reverse(f"admin:{model}_changelist") + query


def _tiles(request: HttpRequest) -> list[Tile]:
    may, tiles = request.user.has_perm, []
    if may("purchases.view_offer"):
        tiles += _offer_tiles()
    if may("purchases.view_proposal"):
        tiles += _order_tiles()
    if may("inventory.view_batch"):
        soon = expiring_stock().aggregate(batches=Count("batch", distinct=True))["batches"] or 0
        tiles.append(Tile(_("Batches that expire soon"), soon, _list("inventory_batch"), warn=soon > 0))
    if may("inventory.approve_adjustment"):
        waiting = list_adjustments().filter(status=DocumentStatus.AWAITING).count()
        where = _list("inventory_stockadjustment", f"?status__exact={DocumentStatus.AWAITING}")
        tiles.append(Tile(_("Adjustments waiting for approval"), waiting, where, warn=waiting > 0))
    return tiles


def _offer_tiles() -> list[Tile]:
    ready = Q(status=OfferStatus.READY)
    counts = Offer.objects.aggregate(
        review=Count("pk", filter=Q(status=OfferStatus.REVIEW)),
        ready=Count("pk", filter=ready),
        unsure=Sum("unsure_count", filter=ready, default=0),
    )
    return [
        Tile(_("Price lists in use"), counts["ready"], _list("purchases_offer", "?status__exact=ready")),
        Tile(
            _("Price lists to review"),
            counts["review"],
            _list("purchases_offer", "?status__exact=review"),
            warn=counts["review"] > 0,
        ),
        Tile(_("Lines to settle"), counts["unsure"], _list("purchases_offer"), warn=counts["unsure"] > 0),
    ]


def _order_tiles() -> list[Tile]:
    waiting = Proposal.objects.filter(status=ProposalStatus.SUBMITTED).count()
    coming = (OrderStatus.SENT, OrderStatus.ANSWERED, OrderStatus.PARTLY_RECEIVED)
    counts = PurchaseOrder.objects.filter(status__in=coming).aggregate(
        all=Count("pk"), late=Count("pk", filter=Q(expected_date__lt=local_today()))
    )
    proposals = _list("purchases_proposal", "?status__exact=submitted")
    return [
        Tile(_("Proposals waiting for approval"), waiting, proposals, warn=waiting > 0),
        Tile(_("Orders to receive"), counts["all"], _list("purchases_purchaseorder")),
        Tile(_("Late orders"), counts["late"], _list("purchases_purchaseorder"), warn=counts["late"] > 0),
    ]


def _alerts() -> list[dict[str, Any]]:
    rows = list_alerts().filter(status=AlertStatus.OPEN)[:_SHOWN_ALERTS]
    return [
        {
            "severity": row.severity,
            "text": alert_text(row.kind, row.params, row.title),
            "link": row.link if row.link.startswith("/") else "",
            "since": row.created_at,
        }
        for row in rows
    ]
