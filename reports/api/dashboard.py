"""The state of the shelves on one page, over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.serializers import MoneyField, StrictSerializer
from core.api.views import DomainViewSet
from inventory.models import Product
from reports.api.stock import TierTotalSerializer
from reports.enums import AbcClass, ExpiryTier, Mover, XyzClass
from reports.stock.summary import ShelfSummary, shelf_summary

_MONEY = "inventory.view_valuation"


class MoverTotalSerializer(StrictSerializer):
    mover = serializers.ChoiceField(choices=Mover.choices)
    products = serializers.IntegerField()
    value_amount = MoneyField(allow_null=True)


class MatrixCellSerializer(StrictSerializer):
    abc = serializers.ChoiceField(choices=AbcClass.choices)
    xyz = serializers.ChoiceField(choices=XyzClass.choices)
    products = serializers.IntegerField()


class DashboardTierSerializer(TierTotalSerializer):
    value_amount = MoneyField(allow_null=True)
    at_risk_amount = MoneyField(allow_null=True)


class DashboardSerializer(StrictSerializer):
    """Amounts are null for whoever may not see what the stock is worth."""

    currency = serializers.CharField()
    products_in_stock = serializers.IntegerField()
    stock_amount = MoneyField(allow_null=True)
    expired_amount = MoneyField(allow_null=True)
    at_risk_amount = MoneyField(allow_null=True)
    dead_amount = MoneyField(allow_null=True)
    to_reorder = serializers.IntegerField()
    out_of_stock = serializers.IntegerField()
    reorder_amount = MoneyField(allow_null=True)
    tiers = DashboardTierSerializer(many=True)
    movers = MoverTotalSerializer(many=True)
    matrix = MatrixCellSerializer(many=True)


class DashboardViewSet(DomainViewSet):
    """Stock at a glance."""

    permissions = {"*": "reports.view_dashboard"}
    serializer_class = DashboardSerializer
    queryset = Product.objects.none()

    @extend_schema(responses=DashboardSerializer)
    def retrieve(self, request: Request) -> Response:
        """Stock value, what expires, what is dead, what to order, how products rank."""
        summary = shelf_summary()
        return Response(DashboardSerializer(_told(summary, money=request.user.has_perm(_MONEY))).data)


def _told(summary: ShelfSummary, *, money: bool) -> dict[str, Any]:
    def shown(amount: Any) -> Any:
        return amount if money else None

    expiry = summary.expiry
    return {
        "currency": summary.currency,
        "products_in_stock": summary.products,
        "stock_amount": shown(summary.value),
        "expired_amount": shown(summary.expired_value),
        "at_risk_amount": shown(expiry.at_risk),
        "dead_amount": shown(summary.mover_values[Mover.DEAD]),
        "to_reorder": summary.to_reorder,
        "out_of_stock": summary.out_of_stock,
        "reorder_amount": shown(summary.reorder_amount),
        "tiers": [
            {
                "tier": tier,
                "batches": expiry.batches[tier],
                "value_amount": shown(expiry.values[tier]),
                "at_risk_amount": shown(expiry.risks[tier]),
            }
            for tier in ExpiryTier.values
        ],
        "movers": [
            {"mover": mover, "products": count, "value_amount": shown(summary.mover_values[mover])}
            for mover, count in summary.movers.items()
        ],
        "matrix": [
            {"abc": abc, "xyz": xyz, "products": count} for (abc, xyz), count in summary.matrix.items()
        ],
    }
