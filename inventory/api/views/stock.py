"""Places, batches, stock and the ledger, to look at; batches to withhold."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match
from core.api.idempotency import idempotent
from core.api.ordering import Ordering
from core.api.requests import actor_of
from core.api.serializers import OptionalReasonSerializer, ReasonSerializer
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet
from core.queries import only_of
from inventory.api import filters
from inventory.api.serializers import catalogue
from inventory.api.serializers import stock as shapes
from inventory.api.views.catalogue import DirectoryViewSet
from inventory.models import Batch, Location, Stock, StockMovement
from inventory.selectors import (
    expiring_stock,
    found_movements,
    get_batch,
    list_batches,
    list_locations,
    list_movements,
    open_found,
    stock_by_location,
    stock_rows,
)
from inventory.services import (
    correct_batch,
    explain_found,
    quarantine_batch,
    recall_batch,
    release_batch,
    save_location,
    settle_found,
)
from users.selectors import local_today


class LocationViewSet(DirectoryViewSet):
    """Places of ours that hold stock."""

    permissions = {
        "list": "inventory.view_location",
        "retrieve": "inventory.view_location",
        "create": "inventory.add_location",
        "partial_update": "inventory.change_location",
    }
    serializer_class = catalogue.LocationSerializer
    filterset_fields = ["kind", "is_active", "is_default"]
    queryset = Location.objects.none()
    save_verb = staticmethod(save_location)
    key = "location_id"

    def get_queryset(self) -> QuerySet[Location]:
        return list_locations()


class BatchViewSet(ReadOnlyDomainViewSet):
    """Batches with what is on hand of them."""

    permissions = {
        "list": "inventory.view_batch",
        "retrieve": "inventory.view_batch",
        "partial_update": "inventory.change_batch",
        "quarantine": "inventory.quarantine_batch",
        "release": "inventory.quarantine_batch",
        "recall": "inventory.recall_batch",
    }
    serializer_class = shapes.BatchSerializer
    filterset_class = filters.BatchFilter
    queryset = Batch.objects.none()

    def get_queryset(self) -> QuerySet[Batch]:
        return only_of(list_batches(), product=("name_en", "name_ar"))

    @extend_schema(request=shapes.BatchChangeSerializer, responses=shapes.BatchSerializer)
    @transaction.atomic
    def partial_update(self, request: Request, pk: str) -> Response:
        """Mend a misread batch number or expiry (If-Match)."""
        form = shapes.BatchChangeSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        batch = correct_batch(
            batch_id=int(pk),
            changes=form.validated_data,
            actor=actor_of(request),
            check=lambda row: check_if_match(request, row),
        )
        return self.answer(get_batch(batch.pk))

    @extend_schema(request=ReasonSerializer, responses=shapes.BatchSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def quarantine(self, request: Request, pk: str) -> Response:
        """Hold a batch back from sale until it is released."""
        return self._decided(quarantine_batch, ReasonSerializer, request, pk)

    @extend_schema(request=OptionalReasonSerializer, responses=shapes.BatchSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self, request: Request, pk: str) -> Response:
        """Let a quarantined batch be sold again."""
        return self._decided(release_batch, OptionalReasonSerializer, request, pk)

    @extend_schema(request=ReasonSerializer, responses=shapes.BatchSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def recall(self, request: Request, pk: str) -> Response:
        """Withdraw a batch for good."""
        return self._decided(recall_batch, ReasonSerializer, request, pk)

    def _decided(self, verb: Any, shape: Any, request: Request, pk: str) -> Response:
        form = shape(data=request.data)
        form.is_valid(raise_exception=True)
        verb(batch_id=int(pk), reason=form.validated_data["reason"], actor=actor_of(request))
        return self.answer(get_batch(int(pk)))


_BY_BATCH = {
    "id": "pk", "product": "product__name_en", "expiry": "batch__expiry_date", "on_hand": "on_hand",
    "reserved": "reserved", "value_amount": "value_amount",
}  # fmt: skip


class StockViewSet(ListMixin, DomainViewSet):
    """What is there, by product and place."""

    permissions = {"*": "inventory.view_stock"}
    serializer_class = shapes.StockSerializer
    filterset_class = filters.StockFilter
    queryset = Stock.objects.none()
    orderings = {
        "product": "product__name_en", "location": "location__name", "on_hand": "there", "reserved": "promised",
        "available": "available", "value_amount": "worth",
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[Stock]:
        return stock_rows()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter rows, then sum them by product and place."""
        rows = DjangoFilterBackend().filter_queryset(self.request, queryset, self)
        wanted = rows if self.action == "batches" else stock_by_location(rows, on=local_today())
        return Ordering().filter_queryset(self.request, wanted, self)

    @extend_schema(responses=shapes.StockBatchSerializer(many=True))
    @action(detail=False, serializer_class=shapes.StockBatchSerializer, orderings=_BY_BATCH)
    def batches(self, request: Request) -> Response:
        """The same by batch."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class MovementViewSet(ReadOnlyDomainViewSet):
    """The stock ledger. Nothing in it ever changes."""

    permissions = {"*": "inventory.view_stockmovement"}
    serializer_class = shapes.MovementSerializer
    filterset_class = filters.MovementFilter
    orderings = ("id", "business_date")
    queryset = StockMovement.objects.none()

    def get_queryset(self) -> QuerySet[StockMovement]:
        return list_movements()


class FoundViewSet(ListMixin, DomainViewSet):
    """What sales above stock found and nobody has explained yet."""

    permissions = {
        "list": "inventory.view_stockmovement",
        "settle": "inventory.adjust_stock",
        "explain": "inventory.adjust_stock",
    }
    serializer_class = shapes.FoundSerializer
    filterset_fields = ["product", "location"]
    queryset = StockMovement.objects.none()

    def get_queryset(self) -> QuerySet[StockMovement]:
        return open_found().select_related("settlement")

    @extend_schema(request=shapes.OptionalNoteSerializer, responses=shapes.FoundSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def settle(self, request: Request, pk: str) -> Response:
        """The goods came with a receipt since: as many leave the stock again."""
        return self._answered(settle_found, shapes.OptionalNoteSerializer, request, pk)

    @extend_schema(request=shapes.NoteSerializer, responses=shapes.FoundSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def explain(self, request: Request, pk: str) -> Response:
        """The goods were really there: say why."""
        return self._answered(explain_found, shapes.NoteSerializer, request, pk)

    def _answered(self, verb: Any, shape: Any, request: Request, pk: str) -> Response:
        form = shape(data=request.data)
        form.is_valid(raise_exception=True)
        verb(movement_id=int(pk), note=form.validated_data["note"], actor=actor_of(request))
        return self.answer(found_movements().select_related("settlement").get(pk=pk))


class ExpiringViewSet(ListMixin, DomainViewSet):
    """Stock that has expired or will within the pharmacy's information window (``days`` narrows it)."""

    permissions = {"*": "inventory.view_batch"}
    serializer_class = shapes.ExpiringSerializer
    filterset_class = filters.ExpiringFilter
    queryset = Stock.objects.none()
    orderings = _BY_BATCH

    def get_queryset(self) -> QuerySet[Stock]:
        wider = self.request.query_params.get("days", "")
        return expiring_stock(days=int(wider) if wider.isdecimal() and len(wider) <= 5 else None)  # noqa: PLR2004 - the filter says more

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "today": local_today()}
