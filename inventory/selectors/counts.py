"""Reads of stock counts. Who may see what the books expect is the asker's business (``shows_expected``)."""

from django.db.models import Count, F, Q, QuerySet

from inventory.enums import OPEN_COUNTS, CountStatus
from inventory.errors import DocumentMissing
from inventory.models import StockCount, StockCountEntry, StockCountLine

#: While one of these, nobody is shown what the books expect: the count is blind.
BLIND = (CountStatus.DRAFT, CountStatus.COUNTING)


def list_counts() -> QuerySet[StockCount]:
    """Counts with how many lines they have and how many of them were counted."""
    return (
        StockCount.objects.select_related("location", "category")
        .annotate(
            lines_total=Count("lines"),
            lines_counted=Count("lines", filter=Q(lines__counted_qty__isnull=False)),
        )
        .order_by("-pk")
    )


def get_count(count_id: int) -> StockCount:
    """Raises DocumentMissing."""
    count = list_counts().filter(pk=count_id).first()
    if count is None:
        raise DocumentMissing(count=count_id)
    return count


def list_count_lines() -> QuerySet[StockCountLine]:
    """Lines in the order of a walk along the shelves: by name, then the first to expire."""
    return StockCountLine.objects.select_related("count", "product", "batch", "location").order_by(
        "product__name_en",
        "product__name_ar",
        "product_id",
        F("batch__expiry_date").asc(nulls_last=True),
        "pk",
    )


def list_count_entries() -> QuerySet[StockCountEntry]:
    return StockCountEntry.objects.select_related("line__count", "line__product", "line__batch").order_by(
        "-pk"
    )


def open_counts() -> QuerySet[StockCount]:
    return StockCount.objects.filter(status__in=OPEN_COUNTS)


def shows_expected(count: StockCount, *, permitted: bool) -> bool:
    """Whether somebody may see what the books said: with the permission, once the counting is over."""
    return permitted and count.status not in BLIND
