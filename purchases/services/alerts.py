"""What offers tell people: a list that could not be read, prices that jumped."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import structlog
from django.utils.translation import gettext_noop

from purchases.models import Offer

__all__ = ["announce_failed_offer", "raise_price_jump_alert", "resolve_offer_alerts"]

FAILED = "offer_failed"
PRICE_JUMP = "price_jump"
_EXAMPLES = 5


log = structlog.get_logger(__name__)


def raise_alert(**alert: object) -> None:
    """Said in the log until the alerts of `notifications` carry it."""
    log.warning("alert", **alert)


def resolve_alert(**alert: object) -> None:
    log.info("alert_settled", **alert)


def _link(offer: Offer) -> str:
    return f"/admin/purchases/offer/{offer.pk}/change/"


def announce_failed_offer(*, offer_id: int) -> None:
    """Tell people that the offer could not be read, with the reason. Raised once while it stays failed."""
    offer = Offer.objects.select_related("supplier").get(pk=offer_id)
    if not offer.error_code:
        return
    raise_alert(
        kind=FAILED,
        key=str(offer.pk),
        severity="warning",
        title=gettext_noop("An offer could not be read"),
        body_params={
            "offer": offer.number,
            "supplier": offer.supplier.name if offer.supplier else "",
            "reason": offer.error_message or offer.error_code,
        },
        link=_link(offer),
    )


def raise_price_jump_alert(offer: Offer, jumps: Sequence[tuple[str, Decimal]]) -> None:
    """One alert for an offer, with the highest rises as examples."""
    highest = sorted(jumps, key=lambda jump: -jump[1])[:_EXAMPLES]
    raise_alert(
        kind=PRICE_JUMP,
        key=str(offer.pk),
        severity="info",
        title=gettext_noop("Prices jumped in an offer"),
        body_params={
            "offer": offer.number,
            "supplier": offer.supplier.name if offer.supplier else "",
            "lines": len(jumps),
            "examples": [f"{name} +{percent} %" for name, percent in highest],
        },
        link=_link(offer),
    )


def resolve_offer_alerts(offer: Offer) -> None:
    """The offer was confirmed, cancelled or read after all: its alerts are settled."""
    for kind in (FAILED, PRICE_JUMP):
        resolve_alert(kind=kind, key=str(offer.pk))
