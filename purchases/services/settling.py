"""Which lists hold today: supersession, expiry, and the `is_current` mark on lines. All set-based, a supplier at a time."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from core.transactions import lock_rows, require_transaction
from purchases.enums import OfferKind, OfferScope, OfferStatus
from purchases.errors import OfferNotFound
from purchases.models import Offer
from purchases.services.alerts import sync_stale_alerts
from purchases.services.offer_states import move_offer
from users.selectors import get_organization, local_today, organization_timezone

__all__ = [
    "age_offers",
    "lock_supplier_offers",
    "lock_with_family",
    "recount_offers",
    "restore_superseded",
    "settle_supplier",
]

_HOLDING = (OfferStatus.READING, OfferStatus.MATCHING, OfferStatus.REVIEW, OfferStatus.READY)

# A line holds unless a newer partial list of its supplier names the same goods.
_MARK_CURRENT = """
WITH holding AS (
    SELECT offer.id, offer.scope, row_number() OVER (ORDER BY ranked.place) AS place
    FROM unnest(%(offers)s::bigint[]) WITH ORDINALITY AS ranked(id, place)
    JOIN purchases_offer offer ON offer.id = ranked.id
), lines AS (
    SELECT line.id, line.name_key, line.product_id, line.unit_id, holding.place, holding.scope
    FROM purchases_offerline line JOIN holding ON holding.id = line.offer_id
), names AS (
    SELECT name_key, max(place) AS place FROM lines WHERE scope = 'partial' AND name_key <> '' GROUP BY name_key
), goods AS (
    SELECT product_id, unit_id, max(place) AS place FROM lines
    WHERE scope = 'partial' AND product_id IS NOT NULL GROUP BY product_id, unit_id
), wanted AS (
    SELECT lines.id FROM lines
    LEFT JOIN names ON names.name_key = lines.name_key
    LEFT JOIN goods ON goods.product_id = lines.product_id AND goods.unit_id IS NOT DISTINCT FROM lines.unit_id
    WHERE lines.place >= coalesce(names.place, 0) AND lines.place >= coalesce(goods.place, 0)
)
UPDATE purchases_offerline line SET is_current = NOT line.is_current
WHERE ((line.supplier_id = %(supplier)s AND line.is_current) OR line.offer_id = ANY(%(offers)s))
  AND line.is_current <> (line.id IN (SELECT id FROM wanted))
"""

_RECOUNT = """
UPDATE purchases_offer offer SET
    line_count = counted.line_count, matched_count = counted.matched, unsure_count = counted.unsure,
    unmatched_count = counted.unmatched, ignored_count = counted.ignored, flagged_count = counted.flagged,
    updated_at = clock_timestamp()
FROM (
    SELECT offer_id, count(*) AS line_count,
        count(*) FILTER (WHERE match_status = 'matched') AS matched,
        count(*) FILTER (WHERE match_status = 'unsure') AS unsure,
        count(*) FILTER (WHERE match_status = 'unmatched') AS unmatched,
        count(*) FILTER (WHERE match_status = 'ignored') AS ignored,
        count(*) FILTER (WHERE cardinality(flags) > 0) AS flagged
    FROM purchases_offerline WHERE offer_id = ANY(%s) GROUP BY offer_id
) AS counted
WHERE offer.id = counted.offer_id
"""


def lock_supplier_offers(supplier_id: int) -> list[Offer]:
    """The supplier's live offers, locked in pk order, freshly read."""
    return list(lock_rows(Offer.objects.filter(supplier_id=supplier_id, status__in=_HOLDING)))


def lock_with_family(offer_id: int) -> Offer:
    """The offer, locked with its supplier's live offers in pk order: whoever may settle a supplier begins here.

    Locking the offer first and its family later deadlocks with a sibling that does the same. Raises OfferNotFound.
    """
    supplier = Offer.objects.filter(pk=offer_id).values_list("supplier_id", flat=True).first()
    family = Q(pk=offer_id)
    if supplier is not None:
        family |= Q(supplier_id=supplier, status__in=_HOLDING)
    offer = next((row for row in lock_rows(Offer.objects.filter(family)) if row.pk == offer_id), None)
    if offer is None:
        raise OfferNotFound
    return offer


def recount_offers(offer_ids: list[int]) -> None:
    """Counts of lines by match status and flags; also moves the ETag."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT, [offer_ids])


def settle_supplier(*, supplier_id: int, today: date | None = None) -> None:
    """Bring every offer of the supplier to what holds on `today`. Idempotent; call it inside the caller's transaction.

    Expired where `valid_until` has passed; superseded where a newer full list holds; lines marked current where their
    offer is ready and has begun, and no newer partial list names the same goods.
    """
    require_transaction()
    day = today or local_today()
    offers = lock_supplier_offers(supplier_id)
    _expire(offers, day)
    zone = organization_timezone()
    ready = sorted(
        (offer for offer in offers if offer.status == OfferStatus.READY and _starts(offer, zone) <= day),
        key=lambda offer: (_starts(offer, zone), offer.pk),
    )
    full = next((offer for offer in reversed(ready) if offer.scope == OfferScope.FULL), None)
    if full is not None:
        for offer in ready[: ready.index(full)]:
            move_offer(offer, OfferStatus.SUPERSEDED, superseded_by=full)
        ready = ready[ready.index(full) :]
    with connection.cursor() as cursor:
        cursor.execute(_MARK_CURRENT, {"offers": [offer.pk for offer in ready], "supplier": supplier_id})


def _starts(offer: Offer, zone: ZoneInfo) -> date:
    """The first day of the list: as printed or stated, else the day it was uploaded."""
    return offer.valid_from or offer.created_at.astimezone(zone).date()


def _expire(offers: list[Offer], day: date) -> None:
    for offer in offers:
        over = offer.valid_until is not None and offer.valid_until < day
        if over and offer.status in (OfferStatus.READY, OfferStatus.REVIEW):
            move_offer(offer, OfferStatus.EXPIRED)


def restore_superseded(offer: Offer) -> None:
    """The cancelled `offer` no longer replaces anything: what it replaced holds again (until `settle_supplier` says)."""
    for older in lock_rows(Offer.objects.filter(superseded_by=offer, status=OfferStatus.SUPERSEDED)):
        with transaction.atomic():
            move_offer(older, OfferStatus.READY, superseded_by=None)


def age_offers() -> int:
    """Daily, and harmless more often: settle each supplier with an offer that begins or ends. Answers how many."""
    day = local_today()
    started = Coalesce("valid_from", TruncDate("created_at", tzinfo=organization_timezone()))
    waiting = (
        Offer.objects.filter(kind=OfferKind.OFFER, status__in=(OfferStatus.READY, OfferStatus.REVIEW))
        .annotate(started=started)
        .filter(
            Q(valid_until__lt=day) | Q(status=OfferStatus.READY, started__lte=day, lines__is_current=False)
        )
        .values_list("supplier_id", flat=True)
        .distinct()
    )
    suppliers = sorted(supplier for supplier in waiting if supplier is not None)
    for supplier in suppliers:
        with transaction.atomic():
            settle_supplier(supplier_id=supplier, today=day)
    _expire_notices(day)
    _tell_of_stale(day)
    return len(suppliers)


def _tell_of_stale(day: date) -> None:
    """Suppliers whose newest list that holds has grown old."""
    organization = get_organization()
    zone = ZoneInfo(organization.timezone)
    newest: dict[int, tuple[date, Offer]] = {}
    ready = Offer.objects.filter(kind=OfferKind.OFFER, status=OfferStatus.READY, supplier__is_active=True)
    for offer in ready.select_related("supplier").only("valid_from", "created_at", "supplier__name"):
        started = _starts(offer, zone)
        held = newest.get(offer.supplier_id or 0)
        if held is None or started > held[0]:
            newest[offer.supplier_id or 0] = (started, offer)
    oldest_fresh = day - timedelta(days=organization.offer_stale_days)
    sync_stale_alerts(
        {
            offer.pk: (offer.supplier.name if offer.supplier else "", (day - started).days)
            for started, offer in newest.values()
            if started < oldest_fresh
        }
    )


def _expire_notices(day: date) -> None:
    with transaction.atomic():
        notices = Offer.objects.filter(
            kind=OfferKind.PRICE_NOTICE, status=OfferStatus.READY, valid_until__lt=day
        )
        for notice in lock_rows(notices):
            move_offer(notice, OfferStatus.EXPIRED, updated_at=timezone.now())
