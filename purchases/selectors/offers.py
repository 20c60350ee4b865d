"""Reads of offers and of their lines as a client sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Case, DateField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from ai_integration.selectors import progress_of_jobs
from core.text import fold
from inventory.selectors import search_products
from purchases.enums import OfferStatus
from purchases.errors import OfferLineNotFound, OfferNotFound
from purchases.models import Offer, OfferLine
from users.selectors import get_organization

__all__ = [
    "Calendar",
    "Progress",
    "get_line",
    "get_offer",
    "list_lines",
    "list_lines_in_full",
    "list_offers",
    "progress_of_offers",
    "read_calendar",
    "search_lines",
]

#: So many products found by a word are looked for among lines; more is no search.
_MOST_PRODUCTS = 500


@dataclass(frozen=True)
class Progress:
    """Pages while it is read, lines while it is matched; total 0: not known yet."""

    done: int
    total: int


def list_offers() -> QuerySet[Offer]:
    """Newest first, with what a list shows."""
    return _with_staleness(Offer.objects.select_related("supplier")).order_by("-pk")


def get_offer(offer_id: int) -> Offer:
    """Raises OfferNotFound."""
    found = list_offers().filter(pk=offer_id).first()
    if found is None:
        raise OfferNotFound
    return found


def progress_of_offers(offers: Sequence[Offer]) -> dict[int, Progress]:
    """How far each is. While the engine reads, its pages; afterwards our lines. At most one query."""
    reading = {
        offer.pk: offer.job_id
        for offer in offers
        if offer.status == OfferStatus.READING and offer.job_id is not None
    }
    jobs = progress_of_jobs(list(reading.values())) if reading else {}
    found = {}
    for offer in offers:
        job = jobs.get(reading[offer.pk]) if offer.pk in reading else None
        found[offer.pk] = (
            Progress(job.done, job.total) if job else Progress(offer.progress_done, offer.progress_total)
        )
    return found


@dataclass(frozen=True)
class Calendar:
    """The pharmacy's day. Lists that began before `stale_before` are stale: usable, marked, said in an explanation."""

    zone: ZoneInfo
    today: date
    stale_before: date


def read_calendar() -> Calendar:
    """One query."""
    organization = get_organization()
    zone = ZoneInfo(organization.timezone)
    today = timezone.now().astimezone(zone).date()
    return Calendar(zone, today, today - timedelta(days=organization.offer_stale_days))


def _starts(calendar: Calendar, prefix: str = "") -> Coalesce:
    created = TruncDate(f"{prefix}created_at", tzinfo=calendar.zone)
    return Coalesce(F(f"{prefix}valid_from"), created, output_field=DateField())


def _stale(holds: Q, calendar: Calendar) -> Case:
    return Case(
        When(holds & Q(starts_on__lt=calendar.stale_before), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


def _with_staleness(offers: QuerySet[Offer]) -> QuerySet[Offer]:
    calendar = read_calendar()
    return offers.annotate(starts_on=_starts(calendar)).annotate(
        is_stale=_stale(Q(status=OfferStatus.READY), calendar)
    )


def list_lines_in_full() -> QuerySet[OfferLine]:
    """Lines with what a client reads of them, and whether their list is stale."""
    calendar = read_calendar()
    return (
        OfferLine.objects.select_related("offer", "supplier", "product", "unit")
        .annotate(starts_on=_starts(calendar, "offer__"))
        .annotate(is_stale=_stale(Q(is_current=True), calendar))
    )


def list_lines() -> QuerySet[OfferLine]:
    """The same without what only the page of one line shows."""
    return list_lines_in_full().defer("raw_fields", "checks")


def get_line(line_id: int) -> OfferLine:
    """Raises OfferLineNotFound."""
    found = list_lines().filter(pk=line_id).first()
    if found is None:
        raise OfferLineNotFound(lines=[line_id])
    return found


def search_lines(lines: QuerySet[OfferLine], text: str) -> QuerySet[OfferLine]:
    """Lines whose own folded name holds every word, or whose product is found by the words (names, aliases, substances, codes)."""
    words = fold(text).split()
    if not words:
        return lines
    named = Q()
    for word in words:
        named &= Q(name_key__contains=word)
    products = list(search_products(text).order_by().values_list("pk", flat=True)[:_MOST_PRODUCTS])
    return lines.filter(named | Q(product__in=products) if products else named)
