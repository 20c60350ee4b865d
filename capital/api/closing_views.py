"""The end of a period over HTTP: checks, closing, opening again, the year, foreign balances."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from capital.api import closing_serializers as shapes
from capital.api import filters
from capital.api.serializers import PeriodSerializer
from capital.models import Period, Revaluation, YearClosing
from capital.selectors import closing_checks, list_periods, list_revaluations, list_year_closings
from capital.services import (
    close_period,
    close_year,
    reopen_period,
    revalue_foreign_balances,
    reverse_year_closing,
)
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import ReasonSerializer
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet


class PeriodViewSet(ListMixin, DomainViewSet):
    """Months of the books."""

    permissions = {
        "list": "capital.view_period",
        "checks": "capital.view_period",
        "close": "capital.close_period",
        "reopen": "capital.reopen_period",
    }
    serializer_class = PeriodSerializer
    filterset_class = filters.PeriodFilter
    queryset = Period.objects.none()

    def get_queryset(self) -> QuerySet[Period]:
        return list_periods()

    @extend_schema(responses=shapes.ClosingCheckSerializer(many=True))
    @action(detail=True, pagination_class=None, filter_backends=[])
    def checks(self, request: Request, pk: str) -> Response:
        """What to look at before closing: some forbid it, the rest deserve a look."""
        checks = closing_checks(period_id=int(pk))
        return Response(shapes.ClosingCheckSerializer(checks, many=True).data)

    @extend_schema(request=None, responses=PeriodSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, pk: str) -> Response:
        """Close a month; earlier months first."""
        return self.answer(close_period(period_id=int(pk), actor=actor_of(request)))

    @extend_schema(request=ReasonSerializer, responses=PeriodSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reopen(self, request: Request, pk: str) -> Response:
        """Open the month that was closed last, saying why."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        period = reopen_period(period_id=int(pk), **form.validated_data, actor=actor_of(request))
        return self.answer(period)


class YearClosingViewSet(ReadOnlyDomainViewSet):
    """Years whose profit went to retained earnings."""

    permissions = {
        "list": "capital.view_yearclosing",
        "retrieve": "capital.view_yearclosing",
        "create": "capital.close_year",
        "reverse": "capital.close_year",
    }
    serializer_class = shapes.YearClosingSerializer
    filterset_class = filters.YearClosingFilter
    queryset = YearClosing.objects.none()

    def get_queryset(self) -> QuerySet[YearClosing]:
        return list_year_closings()

    @extend_schema(request=shapes.YearSerializer, responses={201: shapes.YearClosingSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Carry a year's profit to retained earnings and close its last month."""
        form = shapes.YearSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        closing = close_year(**form.validated_data, actor=actor_of(request))
        return self.answer(closing, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=ReasonSerializer, responses=shapes.YearClosingSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Take a closing entry back, exactly, on its own day; the owner opens that month again first."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        closing = reverse_year_closing(closing_id=int(pk), **form.validated_data, actor=actor_of(request))
        return self.answer(closing)


class RevaluationViewSet(ReadOnlyDomainViewSet):
    """Open foreign balances at the rate of a day, taken back by themselves the day after."""

    permissions = {
        "list": "capital.view_revaluation",
        "retrieve": "capital.view_revaluation",
        "create": "capital.revalue_foreign_balances",
    }
    serializer_class = shapes.RevaluationSerializer
    filterset_class = filters.RevaluationFilter
    queryset = Revaluation.objects.none()

    def get_queryset(self) -> QuerySet[Revaluation]:
        return list_revaluations()

    @idempotent
    def create(self, request: Request) -> Response:
        """Revalue at the rate of a day that is over; again for the same day posts only what changed."""
        form = shapes.RevaluationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = revalue_foreign_balances(**form.validated_data, actor=actor_of(request))
        return self.answer(list_revaluations().get(pk=made.pk), status_code=status.HTTP_201_CREATED)
