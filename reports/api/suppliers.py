"""How suppliers keep their word, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.ordering import sort_rows
from core.api.serializers import MoneyField, RefField, StrictSerializer
from core.api.views import DomainViewSet, ListMixin
from core.errors import FieldError, InvalidInput
from core.text import fold
from purchases.errors import SupplierNotFound
from purchases.models import Supplier
from purchases.selectors.performance import Performance, supplier_performance
from users.selectors import local_today

__all__ = ["SupplierPerformanceViewSet"]

_MAX_ID = 2**63 - 1
_USUAL_DAYS = 180
_LONGEST_DAYS = 3660
_PAGING = ("skip", "limit", "format")


def _rate() -> serializers.DecimalField:
    """Per cent, null where there is nothing to compare with."""
    return serializers.DecimalField(max_digits=14, decimal_places=1, read_only=True, allow_null=True)


class FiguresSerializer(StrictSerializer):
    """Amounts in the organisation's currency, rates in per cent.

    `price_to_median` and `price_to_best`: 100 is what the others asked that day after bonus, less is cheaper.
    `lead_days_*` from sending an order to its first delivery; `days_to_pay` from a debt to its payment.
    """

    bought = MoneyField(read_only=True)
    deliveries = serializers.IntegerField(read_only=True)
    price_to_median = _rate()
    price_to_best = _rate()
    promised_bonus = MoneyField(source="promised", read_only=True)
    received_bonus = MoneyField(source="bonus", read_only=True)
    bonus_rate = _rate()
    order_lines = serializers.IntegerField(source="lines", read_only=True)
    refused_lines = serializers.IntegerField(read_only=True)
    ordered = MoneyField(read_only=True)
    confirmed_rate = _rate()
    fill_rate = _rate()
    lead_days_median = serializers.FloatField(source="lead_median", read_only=True, allow_null=True)
    lead_days_p90 = serializers.FloatField(source="lead_p90", read_only=True, allow_null=True)
    returned = MoneyField(read_only=True)
    return_rate = _rate()
    credited = MoneyField(source="granted", read_only=True)
    credit_share = _rate()
    days_to_pay = _rate()


class PerformanceSerializer(StrictSerializer):
    """A supplier over the whole period, with what it owes today."""

    supplier = RefField(read_only=True)
    payment_terms_days = serializers.IntegerField(source="supplier.payment_terms_days", read_only=True)
    open_claims = serializers.IntegerField(read_only=True)
    open_claims_value = MoneyField(read_only=True)
    figures = FiguresSerializer(source="total", read_only=True)


class MonthSerializer(StrictSerializer):
    month = serializers.DateField(read_only=True)
    figures = FiguresSerializer(read_only=True)


class PerformanceDetailSerializer(PerformanceSerializer):
    months = MonthSerializer(source="by_month", many=True, read_only=True)


class PeriodSerializer(StrictSerializer):
    """Without `since` half a year back, without `until` until today."""

    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)

    def period(self) -> dict[str, Any]:
        until = self.validated_data.get("until") or local_today()
        since = self.validated_data.get("since") or until - timedelta(days=_USUAL_DAYS)
        if not 0 <= (until - since).days <= _LONGEST_DAYS:
            error = FieldError("since", "invalid", _("The period ends before it begins, or is too long"))
            raise InvalidInput(errors=[error])
        return {"since": since, "until": until}


class PerformanceQuerySerializer(PeriodSerializer):
    """`ordering`: a column, with `-` the other way round."""

    supplier = serializers.IntegerField(required=False, min_value=1, max_value=_MAX_ID)
    search = serializers.CharField(required=False, allow_blank=True, max_length=200)
    ordering = serializers.CharField(required=False, max_length=200)


#: What rows may be ordered by.
_ORDERINGS: dict[str, Callable[[Performance], Any]] = {
    "bought": lambda row: row.total.bought,
    "price_to_median": lambda row: row.total.price_to_median,
    "price_to_best": lambda row: row.total.price_to_best,
    "bonus_rate": lambda row: row.total.bonus_rate,
    "fill_rate": lambda row: row.total.fill_rate,
    "lead_days_median": lambda row: row.total.lead_median,
    "return_rate": lambda row: row.total.return_rate,
    "credit_share": lambda row: row.total.credit_share,
    "days_to_pay": lambda row: row.total.days_to_pay,
}


class SupplierPerformanceViewSet(ListMixin, DomainViewSet):
    """Price against the market, bonus, fill rate, lead time, returns and payment of each supplier in a period."""

    permissions = {"*": "reports.view_purchases"}
    serializer_class = PerformanceSerializer
    filterset_class = None
    queryset = Supplier.objects.none()

    def filter_queryset(self, queryset: Any) -> Any:
        """Narrowed already: the rows are no table."""
        return queryset

    def get_queryset(self) -> Any:
        params = {key: value for key, value in self.request.query_params.items() if key not in _PAGING}
        form = PerformanceQuerySerializer(data=params)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        ids = [given["supplier"]] if "supplier" in given else None
        words = fold(given.get("search", "")).split()
        rows = [
            row
            for row in supplier_performance(**form.period(), supplier_ids=ids)
            if all(word in row.supplier.search_key for word in words)
        ]
        return sort_rows(rows, self.request, _ORDERINGS)

    @extend_schema(parameters=[PerformanceQuerySerializer], filters=False)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One row a supplier that did something in the period."""
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[PeriodSerializer], responses=PerformanceDetailSerializer, filters=False)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One supplier, with its trend by month."""
        form = PeriodSerializer(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        supplier = Supplier.objects.filter(pk=int(pk)).first()
        if supplier is None:
            raise SupplierNotFound
        ids = [supplier.merged_into_id or supplier.pk]
        found = supplier_performance(**form.period(), supplier_ids=ids)
        row = found[0] if found else Performance(supplier)
        return Response(PerformanceDetailSerializer(row).data)
