"""What offers tell people: a list that could not be read or waits for them, prices that jumped, lists grown old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from notifications.enums import AlertKind, Severity
from notifications.services import AlertState, raise_alert, resolve_alert, sync_alerts
from purchases.enums import ItemKind, OfferStatus
from purchases.models import Offer
from purchases.selectors.statements import list_open_items
from users.selectors import local_today

__all__ = [
    "announce_failed_offer",
    "raise_price_jump_alert",
    "raise_review_alert",
    "resolve_offer_alerts",
    "sync_due_alerts",
    "sync_stale_alerts",
]

_EXAMPLES = 5
_DUE_SOON = timedelta(days=3)
_OF_ONE_OFFER = (AlertKind.OFFER_FAILED, AlertKind.OFFER_REVIEW, AlertKind.PRICE_JUMP)


def _link(offer: Offer) -> str:
    return f"/admin/purchases/offer/{offer.pk}/change/"


def _supplier(offer: Offer) -> str:
    return offer.supplier.name if offer.supplier else "–"


def announce_failed_offer(*, offer_id: int) -> None:
    """Tell people that the offer could not be read, with the reason. Nothing to say once it was read after all."""
    offer = Offer.objects.select_related("supplier").get(pk=offer_id)
    if offer.status != OfferStatus.FAILED:
        return
    raise_alert(
        kind=AlertKind.OFFER_FAILED,
        key=offer.pk,
        severity=Severity.WARNING,
        body_params={
            "offer": offer.number,
            "supplier": _supplier(offer),
            "reason": offer.error_message or offer.error_code,
        },
        link=_link(offer),
    )


def raise_review_alert(offer: Offer) -> None:
    """The offer waits for a person before anything is bought from it."""
    raise_alert(
        kind=AlertKind.OFFER_REVIEW,
        key=offer.pk,
        severity=Severity.WARNING,
        body_params={
            "offer": offer.number,
            "supplier": _supplier(offer),
            "count": offer.flagged_count + offer.unsure_count,
        },
        link=_link(offer),
    )


def raise_price_jump_alert(offer: Offer, jumps: Sequence[tuple[str, Decimal]]) -> None:
    """One alert for an offer, with the highest rises as examples."""
    highest = sorted(jumps, key=lambda jump: -jump[1])[:_EXAMPLES]
    raise_alert(
        kind=AlertKind.PRICE_JUMP,
        key=offer.pk,
        severity=Severity.INFO,
        body_params={
            "offer": offer.number,
            "supplier": _supplier(offer),
            "lines": len(jumps),
            "examples": [f"{name} +{percent} %" for name, percent in highest],
        },
        link=_link(offer),
    )


def resolve_offer_alerts(offer: Offer, *kinds: AlertKind) -> None:
    """What the offer was about is over: those kinds, or all."""
    for kind in kinds or _OF_ONE_OFFER:
        resolve_alert(kind=kind, key=offer.pk)


def sync_stale_alerts(stale: Mapping[int, tuple[str, int]]) -> None:
    """Exactly one open alert for each offer in `stale` (offer -> supplier's name, days old)."""
    sync_alerts(
        AlertKind.STALE_OFFER,
        {
            str(offer): AlertState(
                severity=Severity.INFO,
                params={"supplier": supplier, "days": days},
                link=f"/admin/purchases/offer/{offer}/change/",
            )
            for offer, (supplier, days) in stale.items()
        },
    )


def sync_due_alerts() -> None:
    """Exactly one open alert for each invoice that is due within three days, a warning once its day has passed."""
    today = local_today()
    due = list_open_items().filter(kind=ItemKind.INVOICE, due_date__lte=today + _DUE_SOON)
    sync_alerts(
        AlertKind.INVOICE_DUE,
        {
            str(item.document_id): AlertState(
                severity=Severity.WARNING if item.due_date < today else Severity.INFO,
                params={
                    "invoice": item.number,
                    "supplier": item.supplier.name,
                    "amount": str(item.open_amount),
                    "currency": item.currency,
                    "due": item.due_date.isoformat(),
                },
                link=f"/admin/purchases/supplierinvoice/{item.document_id}/change/",
            )
            for item in due
        },
    )
