"""The end of matching: counts, price jumps, and whether the offer is ready or waits for a person."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from notifications.enums import AlertKind
from purchases.enums import LineFlag, OfferKind, OfferStatus
from purchases.models import Offer, OfferLine
from purchases.services.alerts import raise_price_jump_alert, raise_review_alert, resolve_offer_alerts
from purchases.services.assessing import find_price_jumps, review_reasons
from purchases.services.line_writes import PriceWrite, write_prices
from purchases.services.offer_states import move_offer
from purchases.services.settling import lock_with_family, recount_offers, settle_supplier

__all__ = ["finish_offer", "make_ready", "reassess_offer"]


def finish_offer(*, offer_id: int) -> None:
    """Every line was decided on: `matching` becomes `ready`, or `review` with its reasons. A no-op when it already did."""
    with transaction.atomic():
        offer = lock_with_family(offer_id)
        if offer.status != OfferStatus.MATCHING or offer.lines.filter(matched_at__isnull=True).exists():
            return
        recount_offers([offer.pk])
        offer.refresh_from_db()
        offer.matched_at = timezone.now()
        offer.progress_done = offer.progress_total = offer.line_count
        offer.save(update_fields=["matched_at", "progress_done", "progress_total", "updated_at"])
        _mark_price_jumps(offer)
        reasons = review_reasons(offer)
        if reasons:
            move_offer(offer, OfferStatus.REVIEW, review_reasons=reasons)
            raise_review_alert(offer)
        else:
            make_ready(offer)


def make_ready(offer: Offer) -> None:
    """The locked offer may be bought from: it takes its place among its supplier's lists."""
    ready_at = offer.ready_at or timezone.now()
    move_offer(offer, OfferStatus.READY, review_reasons=[], ready_at=ready_at)
    if offer.kind == OfferKind.OFFER and offer.supplier_id is not None:
        settle_supplier(supplier_id=offer.supplier_id)
    resolve_offer_alerts(offer, AlertKind.OFFER_REVIEW, AlertKind.OFFER_FAILED)
    offer.refresh_from_db()


def reassess_offer(offer: Offer) -> None:
    """After an edit of the locked offer: what was unsure may be sure now, and the other way round."""
    offer.refresh_from_db()
    reasons = review_reasons(offer)
    if offer.status == OfferStatus.REVIEW:
        if reasons:
            offer.review_reasons = reasons
            offer.save(update_fields=["review_reasons", "updated_at"])
        else:
            make_ready(offer)
    elif offer.status == OfferStatus.READY and offer.supplier_id is not None:
        settle_supplier(supplier_id=offer.supplier_id)
        offer.refresh_from_db()


def _mark_price_jumps(offer: Offer) -> None:
    jumps = find_price_jumps(offer)
    if not jumps:
        return
    lines = OfferLine.objects.in_bulk([line for line, _name, _percent in jumps])
    write_prices(
        [
            PriceWrite(
                line.pk,
                line.net_cost,
                line.bonus,
                [*(flag for flag in line.flags if flag != LineFlag.PRICE_JUMP), LineFlag.PRICE_JUMP.value],
            )
            for line in lines.values()
        ]
    )
    recount_offers([offer.pk])
    raise_price_jump_alert(offer, [(name, percent) for _line, name, percent in jumps])
    offer.refresh_from_db()
