"""Reads of places, batches and the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.db.models import BigIntegerField, F, Func, OuterRef, Q, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Coalesce

from core.fields import AmountField
from core.prepared import run_prepared
from core.sources import Source
from inventory.enums import BatchState, MovementKind
from inventory.errors import BatchMissing
from inventory.keys import BATCH_NUMBER_KEY_SQL, batch_number_key
from inventory.models import (
    Batch,
    LegalPrice,
    Location,
    Reservation,
    SellingPrice,
    Stock,
    StockAdjustment,
    StockMovement,
    StockTransfer,
)
from users.selectors import get_organization, local_today

#: The usual place: marked so, else the oldest active one.
USUAL_LOCATION = "SELECT id FROM inventory_location WHERE is_active ORDER BY is_default DESC, id LIMIT 1"


@dataclass(frozen=True)
class BatchInfo:
    """A batch of a product and how much of it a place holds."""

    id: int
    product_id: int
    number: str
    expiry: date | None
    state: str


def default_location_id() -> int:
    """The usual place: marked so, else the oldest active one. Raises Location.DoesNotExist without any."""
    found = run_prepared(USUAL_LOCATION)
    if not found:
        raise Location.DoesNotExist("there is no active location")
    return int(found[0][0])


def list_locations() -> QuerySet[Location]:
    return Location.objects.order_by("name", "pk")


def get_batch(batch_id: int) -> Batch:
    """Raises BatchMissing."""
    batch = list_batches().filter(pk=batch_id).first()
    if batch is None:
        raise BatchMissing(batch=batch_id)
    return batch


def list_batches() -> QuerySet[Batch]:
    """Batches with what is on hand of them and its value, in one statement; only a page's batches are summed."""
    return _batches().all()


@cache  # each of the three sums takes Django longer to say than PostgreSQL to work out
def _batches() -> QuerySet[Batch]:
    return (
        Batch.objects.select_related("product")
        .annotate(
            on_hand=_sum_of("on_hand", BigIntegerField()),
            reserved=_sum_of("reserved", BigIntegerField()),
            value_amount=_sum_of("value_amount", AmountField()),
        )
        .order_by(F("expiry_date").asc(nulls_last=True), "pk")
    )


def batches_numbered(text: str, batches: QuerySet[Batch] | None = None) -> QuerySet[Batch]:
    """Batches of any product with this number, however it is spelled: a regulator names a number, not a product."""
    key = Func(F("number"), template=BATCH_NUMBER_KEY_SQL, output_field=TextField())
    found = (list_batches() if batches is None else batches).annotate(number_key=key)
    return found.filter(number_key=batch_number_key(text)).exclude(number_key="")


def _sum_of(column: str, kind: Any) -> Coalesce:
    rows = Stock.objects.filter(batch=OuterRef("pk")).order_by().values("batch")
    return Coalesce(Subquery(rows.annotate(total=Sum(column)).values("total")), 0, output_field=kind)


def batch_infos(batch_ids: Iterable[int]) -> dict[int, BatchInfo]:
    """Batches by id, in one statement."""
    rows = Batch.objects.filter(pk__in=set(batch_ids)).values_list(
        "pk", "product_id", "number", "expiry_date", "state"
    )
    return {row[0]: BatchInfo(*row) for row in rows}


def stock_rows() -> QuerySet[Stock]:
    """What each place holds of each batch; empty rows left out."""
    return Stock.objects.filter(on_hand__gt=0).select_related("product", "batch", "location").order_by("pk")


def stock_by_location(rows: QuerySet[Stock], *, on: date) -> QuerySet[Stock, Any]:
    """``rows`` summed by product and place, as dicts; ``available`` is judged on ``on``."""
    return (
        rows.select_related(None)
        .order_by()
        .values("product_id", "location_id", "product__name_en", "product__name_ar", "location__name")
        .annotate(
            there=Sum("on_hand"),
            promised=Sum("reserved"),
            worth=Sum("value_amount"),
            available=Coalesce(Sum(F("on_hand") - F("reserved"), filter=~blocked_condition(on)), 0),
        )
        .order_by("product__name_en", "product__name_ar", "product_id", "location_id")
    )


def list_selling_prices() -> QuerySet[SellingPrice]:
    return SellingPrice.objects.select_related("unit__product", "batch").order_by("-valid_from", "-pk")


def list_legal_prices() -> QuerySet[LegalPrice]:
    return LegalPrice.objects.select_related("unit__product").order_by("-valid_from", "-pk")


def occupied_cells(product_ids: Iterable[int]) -> set[tuple[int, int, str, date | None]]:
    """(product, place, batch number, expiry) of everything on hand of the products, in one statement."""
    rows = Stock.objects.filter(product_id__in=set(product_ids), on_hand__gt=0)
    return set(rows.values_list("product_id", "location_id", "batch__number", "batch__expiry_date"))


def found_movements() -> QuerySet[StockMovement]:
    """What sales above stock found, newest first."""
    return (
        StockMovement.objects.filter(kind=MovementKind.FOUND, source_purpose__endswith="found")
        .select_related("product", "batch", "location")
        .order_by("-pk")
    )


def open_found(product_ids: Iterable[int] | None = None) -> QuerySet[StockMovement]:
    """What sales found and nobody has explained: a receipt of these products offers to settle it."""
    rows = found_movements().filter(settlement__isnull=True)
    return rows if product_ids is None else rows.filter(product_id__in=set(product_ids))


def list_movements() -> QuerySet[StockMovement]:
    return StockMovement.objects.select_related("product", "batch", "location").order_by("-pk")


def movements_for(source: Source) -> QuerySet[StockMovement]:
    """What ``source`` posted, oldest first; the purpose is taken as it is."""
    return StockMovement.objects.filter(
        source_kind=source.kind, source_id=source.id, source_purpose=source.purpose
    ).order_by("pk")


def movement_batches(movement_ids: Iterable[int]) -> dict[int, int]:
    """The batch that each movement moved."""
    return dict(StockMovement.objects.filter(pk__in=set(movement_ids)).values_list("pk", "batch_id"))


def returned_quantities(movement_ids: Iterable[int]) -> dict[int, int]:
    """How much of each issue came back already, in base units; issues of which nothing did are absent."""
    rows = StockMovement.objects.filter(returned_from__in=set(movement_ids)).values_list("returned_from")
    return dict(rows.order_by().annotate(Sum("quantity")))


def list_reservations() -> QuerySet[Reservation]:
    return Reservation.objects.select_related("product", "stock__batch", "stock__location").order_by("-pk")


def list_adjustments() -> QuerySet[StockAdjustment]:
    return StockAdjustment.objects.prefetch_related(
        "lines__product", "lines__batch", "lines__location"
    ).order_by("-pk")


def list_transfers() -> QuerySet[StockTransfer]:
    return (
        StockTransfer.objects.select_related("from_location", "to_location")
        .prefetch_related("lines__product", "lines__batch")
        .order_by("-pk")
    )


def first_movement_date() -> date | None:
    """The day the ledger begins; sales history ends before it."""
    return StockMovement.objects.order_by("pk").values_list("business_date", flat=True).first()


def last_movement_date() -> date | None:
    """The day of the newest movement: the ledger is not written before it."""
    return StockMovement.objects.order_by("-pk").values_list("business_date", flat=True).first()


def expiring_stock(*, days: int | None = None, today: date | None = None) -> QuerySet[Stock]:
    """Stock that has expired or expires within ``days`` (default: the information window), soonest first."""
    start = today or local_today()
    window = get_organization().expiry_info_days if days is None else days
    return (
        stock_rows()
        .filter(batch__expiry_date__lte=start + timedelta(days=window))
        .order_by("batch__expiry_date", "pk")
    )


def blocked_condition(on: date) -> Q:
    """Stock rows that may not be sold on ``on``."""
    return ~Q(batch__state=BatchState.ACTIVE) | Q(batch__expiry_date__lt=on)
