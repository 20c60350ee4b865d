"""What expires, what moves, what matters: reports on the shelves over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.serializers import MoneyField, StrictSerializer
from inventory.models import Product
from reports.api.rows import ProductShape, RowsQuery, RowsViewSet
from reports.enums import AbcClass, Advice, ExpiryTier, Mover, XyzClass
from reports.explain import explanation
from reports.stock.expiring import ExpiryRow, expiry_rows, summarise
from reports.stock.ranking import MoverRow, RankRow, mover_rows, rank_rows
from reports.stock.returnable import returnable_batches

_MAX_ID = 2**63 - 1


class AdviceExplanationSerializer(StrictSerializer):
    code = serializers.CharField()
    params = serializers.JSONField()
    text = serializers.CharField()


class ExpiryRiskSerializer(StrictSerializer):
    """A batch at a place. ``unsold`` of it will still be there when it expires, at today's demand, earlier batches first."""

    id = serializers.IntegerField()
    product = ProductShape()
    batch = serializers.IntegerField(source="shelf.held.batch")
    batch_number = serializers.CharField(source="shelf.batch_number")
    state = serializers.CharField(source="shelf.state")
    location = serializers.SerializerMethodField()
    expiry = serializers.DateField(source="shelf.held.expiry", allow_null=True)
    days_left = serializers.IntegerField(source="risk.days_left", allow_null=True)
    tier = serializers.ChoiceField(source="risk.tier", choices=ExpiryTier.choices)
    on_hand = serializers.IntegerField(source="shelf.held.quantity")
    daily_demand = serializers.FloatField(source="risk.daily_demand")
    unsold = serializers.IntegerField(source="risk.unsold")
    value_amount = MoneyField(source="value")
    at_risk_amount = MoneyField(source="at_risk")
    advice = serializers.ChoiceField(source="advised.advice", choices=Advice.choices)
    explanation = serializers.SerializerMethodField()

    @extend_schema_field(ProductShape)
    def get_location(self, row: ExpiryRow) -> dict[str, Any]:
        return {"id": row.location_id, "name": row.location_name}

    @extend_schema_field(AdviceExplanationSerializer)
    def get_explanation(self, row: ExpiryRow) -> dict[str, Any]:
        return explanation(row.advised.code, row.advised.params)


class ExpiryRiskQuery(RowsQuery):
    tier = serializers.ChoiceField(choices=ExpiryTier.choices, required=False)
    advice = serializers.ChoiceField(choices=Advice.choices, required=False)
    location = serializers.IntegerField(required=False, min_value=1, max_value=_MAX_ID)
    days = serializers.IntegerField(required=False, min_value=0, max_value=36_500)
    at_risk = serializers.BooleanField(required=False, allow_null=True, default=None)


class TierTotalSerializer(StrictSerializer):
    tier = serializers.ChoiceField(choices=ExpiryTier.choices)
    batches = serializers.IntegerField()
    value_amount = MoneyField()
    at_risk_amount = MoneyField()


class AdviceTotalSerializer(StrictSerializer):
    advice = serializers.ChoiceField(choices=Advice.choices)
    batches = serializers.IntegerField()


class ExpirySummarySerializer(StrictSerializer):
    """Of the rows that the query keeps."""

    currency = serializers.CharField()
    at_risk_amount = MoneyField(source="at_risk")
    tiers = serializers.SerializerMethodField()
    advices = serializers.SerializerMethodField()

    @extend_schema_field(TierTotalSerializer(many=True))
    def get_tiers(self, summary: Any) -> list[dict[str, Any]]:
        rows = [
            {
                "tier": tier,
                "batches": summary.batches[tier],
                "value_amount": summary.values[tier],
                "at_risk_amount": summary.risks[tier],
            }
            for tier in ExpiryTier.values
        ]
        return list(TierTotalSerializer(rows, many=True).data)

    @extend_schema_field(AdviceTotalSerializer(many=True))
    def get_advices(self, summary: Any) -> list[dict[str, Any]]:
        return [{"advice": advice, "batches": count} for advice, count in summary.advices.items()]


@extend_schema_view(list=extend_schema(parameters=[ExpiryRiskQuery], filters=False))
class ExpiryRiskViewSet(RowsViewSet):
    """Every dated batch with its tier, what of it will not sell in time, what that cost, and what to do about it."""

    permissions = {"*": "reports.view_expiring"}
    serializer_class = ExpiryRiskSerializer
    query_class = ExpiryRiskQuery
    queryset = Product.objects.none()
    orderings = {
        "expiry": lambda row: row.shelf.held.expiry,
        "at_risk_amount": lambda row: row.at_risk,
        "value_amount": lambda row: row.value,
        "unsold": lambda row: row.risk.unsold,
        "product": lambda row: row.product.name,
        "id": lambda row: row.id,
    }

    def rows(self) -> list[ExpiryRow]:
        return expiry_rows(returnable=returnable_batches())

    def keep(self, row: ExpiryRow, given: dict[str, Any]) -> bool:
        days = row.risk.days_left
        return (
            ("tier" not in given or row.risk.tier == given["tier"])
            and ("advice" not in given or row.advised.advice == given["advice"])
            and ("location" not in given or row.location_id == given["location"])
            and ("days" not in given or (days is not None and days <= given["days"]))
            and (given["at_risk"] is None or (row.at_risk > 0) == given["at_risk"])
        )

    @extend_schema(parameters=[ExpiryRiskQuery], filters=False, responses=ExpirySummarySerializer)
    @action(detail=False, pagination_class=None)
    def summary(self, request: Request) -> Response:
        """Totals by tier and by advice, and the value at risk."""
        return Response(ExpirySummarySerializer(summarise(self.get_queryset())).data)


class MoverSerializer(StrictSerializer):
    """A product with stock: how long it lasts, how long it lies."""

    product = ProductShape()
    on_hand = serializers.IntegerField()
    value_amount = MoneyField(source="value")
    daily_demand = serializers.FloatField()
    last_sold = serializers.DateField(allow_null=True)
    days_without_sale = serializers.IntegerField(allow_null=True)
    sold_in_a_year = serializers.IntegerField(source="sold_qty")
    weeks_of_cover = serializers.FloatField(allow_null=True)
    turnover = serializers.FloatField(allow_null=True, help_text="What a year sold over what is on hand")
    mover = serializers.ChoiceField(choices=Mover.choices)


class MoverQuery(RowsQuery):
    mover = serializers.ChoiceField(choices=Mover.choices, required=False)


@extend_schema_view(list=extend_schema(parameters=[MoverQuery], filters=False))
class MoverViewSet(RowsViewSet):
    """Fast, normal, slow, dead and new products, by the money they tie up."""

    permissions = {"*": "reports.view_stock"}
    serializer_class = MoverSerializer
    query_class = MoverQuery
    queryset = Product.objects.none()
    orderings = {
        "value_amount": lambda row: row.value,
        "days_without_sale": lambda row: row.days_without_sale,
        "weeks_of_cover": lambda row: row.weeks_of_cover,
        "turnover": lambda row: row.turnover,
        "on_hand": lambda row: row.on_hand,
        "product": lambda row: row.product.name,
    }

    def rows(self) -> list[MoverRow]:
        return mover_rows()

    def keep(self, row: MoverRow, given: dict[str, Any]) -> bool:
        return "mover" not in given or row.mover == given["mover"]


class RankSerializer(StrictSerializer):
    """``share`` of all sales of a year, in per cent; ``variation``: deviation over mean of weekly demand."""

    product = ProductShape()
    sold_qty = serializers.IntegerField()
    sold_amount = MoneyField()
    share = serializers.SerializerMethodField()
    variation = serializers.FloatField(allow_null=True)
    weeks_known = serializers.IntegerField()
    abc = serializers.ChoiceField(choices=AbcClass.choices)
    xyz = serializers.ChoiceField(choices=XyzClass.choices)

    def get_share(self, row: RankRow) -> float:
        return round(row.share * 100, 2)


class RankQuery(RowsQuery):
    abc = serializers.ChoiceField(choices=AbcClass.choices, required=False)
    xyz = serializers.ChoiceField(choices=XyzClass.choices, required=False)


@extend_schema_view(list=extend_schema(parameters=[RankQuery], filters=False))
class RankViewSet(RowsViewSet):
    """ABC by value of sales (80 / 15 / 5 %), XYZ by how evenly a product sells."""

    permissions = {"*": "reports.view_stock"}
    serializer_class = RankSerializer
    query_class = RankQuery
    queryset = Product.objects.none()
    orderings = {
        "sold_amount": lambda row: row.sold_amount,
        "sold_qty": lambda row: row.sold_qty,
        "variation": lambda row: row.variation,
        "product": lambda row: row.product.name,
    }

    def rows(self) -> list[RankRow]:
        return rank_rows()

    def keep(self, row: RankRow, given: dict[str, Any]) -> bool:
        return ("abc" not in given or row.abc == given["abc"]) and (
            "xyz" not in given or row.xyz == given["xyz"]
        )
