"""Stock counts: blind while people count, compared and posted afterwards."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import OptionalReasonSerializer, ReasonSerializer
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet
from inventory.api import filters
from inventory.api.serializers import counts as shapes
from inventory.documents.count_sheet import count_sheet
from inventory.enums import Uncounted
from inventory.models import StockCount, StockCountEntry, StockCountLine
from inventory.selectors import (
    default_location_id,
    get_count,
    list_count_entries,
    list_count_lines,
    list_counts,
)
from inventory.services import (
    CountEntryLine,
    CountTarget,
    cancel_count,
    close_count,
    count_scanned,
    create_count,
    open_count,
    post_count,
    record_counts,
    recount_lines,
    reopen_count,
    reverse_count,
)


class CountViewSet(ReadOnlyDomainViewSet):
    """Counts of a place, a category of it, or chosen goods. Sales go on while people count."""

    permissions = {
        "list": "inventory.view_stockcount",
        "retrieve": "inventory.view_stockcount",
        "sheet": "inventory.view_stockcount",
        "create": "inventory.add_stockcount",
        "open": "inventory.add_stockcount",
        "close": "inventory.add_stockcount",
        "reopen": "inventory.add_stockcount",
        "cancel": "inventory.add_stockcount",
        "entries": "inventory.count_stock",
        "scan": "inventory.count_stock",
        "recount": "inventory.count_stock",
        "post": "inventory.post_count",
        "reverse": "inventory.post_count",
    }
    serializer_class = shapes.CountSerializer
    filterset_class = filters.CountFilter
    orderings = ("id", "number", "business_date", "status")
    queryset = StockCount.objects.none()

    def get_queryset(self) -> QuerySet[StockCount]:
        return list_counts()

    @extend_schema(request=shapes.CountWriteSerializer, responses={201: shapes.CountSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Plan a count. Nothing is read from the books before it opens."""
        given = self._given(shapes.CountWriteSerializer, request)
        targets = [CountTarget(**target) for target in given.pop("targets", [])]
        place = given.pop("location_id", None) or default_location_id()
        count = create_count(location_id=place, targets=targets, actor=actor_of(request), **given)
        return self.answer(get_count(count.pk), status_code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=shapes.CountSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def open(self, request: Request, pk: str) -> Response:
        """Photograph the books and begin. Refused while another open count holds some of the same stock."""
        open_count(count_id=int(pk), actor=actor_of(request))
        return self.answer(get_count(int(pk)))

    @extend_schema(
        request=shapes.CountEntriesWriteSerializer, responses=shapes.CountLineSerializer(many=True)
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def entries(self, request: Request, pk: str) -> Response:
        """Add what was counted; entries of a round add up. Several people may do so at once."""
        given = self._given(shapes.CountEntriesWriteSerializer, request)
        lines = [CountEntryLine(**line) for line in given["lines"]]
        return self._lines(record_counts(count_id=int(pk), lines=lines, actor=actor_of(request)))

    @extend_schema(request=shapes.CountScanSerializer, responses=shapes.CountLineSerializer(many=True))
    @action(detail=True, methods=["post"])
    @idempotent
    def scan(self, request: Request, pk: str) -> Response:
        """Add what a scanner read, batch and expiry included where the code names them."""
        given = self._given(shapes.CountScanSerializer, request)
        return self._lines(count_scanned(count_id=int(pk), actor=actor_of(request), **given))

    @extend_schema(request=shapes.RecountSerializer, responses=shapes.CountLineSerializer(many=True))
    @action(detail=True, methods=["post"])
    @idempotent
    def recount(self, request: Request, pk: str) -> Response:
        """Count some lines again from nothing: a new round. What was counted before stays as history."""
        given = self._given(shapes.RecountSerializer, request)
        lines = recount_lines(
            count_id=int(pk), line_ids=given["lines"], reason=given["reason"], actor=actor_of(request)
        )
        return self._lines([line.pk for line in lines])

    @extend_schema(request=None, responses=shapes.CountSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, pk: str) -> Response:
        """End the counting: the differences can be seen."""
        close_count(count_id=int(pk), actor=actor_of(request))
        return self.answer(get_count(int(pk)))

    @extend_schema(request=None, responses=shapes.CountSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reopen(self, request: Request, pk: str) -> Response:
        """Go on counting."""
        reopen_count(count_id=int(pk), actor=actor_of(request))
        return self.answer(get_count(int(pk)))

    @extend_schema(request=shapes.PostCountSerializer, responses=shapes.CountSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def post(self, request: Request, pk: str) -> Response:
        """Post the differences in stock and books, within one's approval limit."""
        given = self._given(shapes.PostCountSerializer, request)
        post_count(count_id=int(pk), uncounted=Uncounted(given["uncounted"]), actor=actor_of(request))
        return self.answer(get_count(int(pk)))

    @extend_schema(request=OptionalReasonSerializer, responses=shapes.CountSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Give the count up; nothing is posted."""
        given = self._given(OptionalReasonSerializer, request)
        cancel_count(count_id=int(pk), actor=actor_of(request), **given)
        return self.answer(get_count(int(pk)))

    @extend_schema(request=ReasonSerializer, responses=shapes.CountSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Undo exactly what a count posted."""
        given = self._given(ReasonSerializer, request)
        reverse_count(count_id=int(pk), actor=actor_of(request), **given)
        return self.answer(get_count(int(pk)))

    @extend_schema(responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)})
    @action(detail=True, methods=["get"])
    def sheet(self, request: Request, pk: str) -> HttpResponse:
        """The sheet to count with, on paper: goods and batches, and a box to write in."""
        count = get_count(int(pk))
        response = HttpResponse(count_sheet(count), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{count.number}.pdf"'
        return response

    def _given(self, shape: Any, request: Request) -> dict[str, Any]:
        form = shape(data=request.data)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def _lines(self, line_ids: list[int]) -> Response:
        rows = list_count_lines().filter(pk__in=line_ids)
        data = shapes.CountLineSerializer(rows, many=True, context=self.get_serializer_context()).data
        return Response(data)


class CountLineViewSet(ListMixin, DomainViewSet):
    """The lines of counts; `?count=` names one."""

    permissions = {"*": "inventory.view_stockcount"}
    serializer_class = shapes.CountLineSerializer
    filterset_class = filters.CountLineFilter
    orderings = {
        "id": "pk",
        "product": "product__name_en",
        "expiry": "batch__expiry_date",
        "counted_at": "counted_at",
    }
    queryset = StockCountLine.objects.none()

    def get_queryset(self) -> QuerySet[StockCountLine]:
        return list_count_lines()


class CountEntryViewSet(ListMixin, DomainViewSet):
    """Who counted what, and when."""

    permissions = {"*": "inventory.view_stockcount"}
    serializer_class = shapes.CountEntrySerializer
    filterset_class = filters.CountEntryFilter
    orderings = ("id", "counted_at")
    queryset = StockCountEntry.objects.none()

    def get_queryset(self) -> QuerySet[StockCountEntry]:
        return list_count_entries()
