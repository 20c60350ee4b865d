"""Bodies of offer lines and of the decisions on them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from purchases.api.fields import BonusTierSerializer, MatchCandidateSerializer, PercentField
from purchases.enums import MatchStatus, PriceUnit
from purchases.models import OfferLine
from purchases.services.decisions import MAX_LINES_AT_ONCE, Decision

MOST_ID = 2**63 - 1


class LineMatchStateSerializer(StrictSerializer):
    status = serializers.ChoiceField(choices=MatchStatus.choices, read_only=True)
    method = serializers.CharField(read_only=True)
    score = serializers.CharField(read_only=True, allow_null=True)
    candidates = MatchCandidateSerializer(many=True, read_only=True)


class OfferLineSerializer(StrictModelSerializer):
    """One row of a list. `price` is as printed; `net_cost` is in the organisation's currency, after discount and bonus,
    per unit that the price is for; null where money is unsure.
    """

    offer = RefField(name="number", read_only=True)
    supplier = RefField(read_only=True)
    price = MoneyField(read_only=True, allow_null=True)
    public_price = MoneyField(read_only=True, allow_null=True)
    net_cost = MoneyField(read_only=True, allow_null=True)
    price_unit = serializers.ChoiceField(choices=PriceUnit.choices, read_only=True)
    discount = serializers.ListField(source="discounts", child=PercentField(), read_only=True)
    bonus = BonusTierSerializer(many=True, read_only=True)
    expiry = serializers.DateField(source="expiry_date", read_only=True, allow_null=True)
    batch = serializers.CharField(source="batch_number", read_only=True)
    currency = serializers.CharField(source="offer.currency", read_only=True)
    valid_until = serializers.DateField(source="offer.valid_until", read_only=True, allow_null=True)
    product = RefField(read_only=True)
    unit = RefField(read_only=True)
    match = serializers.SerializerMethodField()
    is_stale = serializers.BooleanField(read_only=True, default=False)

    class Meta:
        model = OfferLine
        fields = [
            "id", "offer", "supplier", "page", "row", "section", "raw_name", "raw_text", "supplier_code", "barcode", "pack", "maker",
            "price", "price_unit", "currency", "public_price", "discount", "raw_bonus", "bonus", "conditions",
            "condition_text", "min_quantity", "max_quantity", "net_cost", "expiry", "batch", "product", "unit", "match",
            "confidence", "flags", "bbox", "is_current", "is_stale", "valid_until", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LineMatchStateSerializer)
    def get_match(self, line: OfferLine) -> dict[str, Any]:
        return {
            "status": line.match_status,
            "method": line.match_method,
            "score": None if line.match_score is None else str(line.match_score),
            "candidates": line.candidates,
        }


class OfferLineDetailSerializer(OfferLineSerializer):
    """With what was on the paper, cell by cell, and the arithmetic checks."""

    class Meta(OfferLineSerializer.Meta):
        fields = [*OfferLineSerializer.Meta.fields, "raw_fields", "checks"]
        read_only_fields = fields


class LineMatchSerializer(StrictSerializer):
    """`product` null takes the match back; `unit` defaults to what the price is for."""

    product = serializers.IntegerField(min_value=1, max_value=MOST_ID, allow_null=True)
    unit = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False, allow_null=True)


class BulkMatchRowSerializer(LineMatchSerializer):
    line = serializers.IntegerField(min_value=1, max_value=MOST_ID)


class LineMatchManySerializer(StrictSerializer):
    lines = BulkMatchRowSerializer(many=True, allow_empty=False, max_length=MAX_LINES_AT_ONCE)

    def decisions(self) -> list[Decision]:
        return [
            Decision(line_id=row["line"], product_id=row["product"], unit_id=row.get("unit"))
            for row in self.validated_data["lines"]
        ]


class LineIdsSerializer(StrictSerializer):
    lines = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID),
        allow_empty=False,
        max_length=MAX_LINES_AT_ONCE,
    )


class BonusDecisionSerializer(StrictSerializer):
    """`tiers` by place from 0 (all when absent); `confirmed` false takes a confirmation back."""

    tiers = serializers.ListField(
        child=serializers.IntegerField(min_value=0), required=False, allow_empty=False, max_length=20
    )
    confirmed = serializers.BooleanField(default=True)


class ChangedLinesSerializer(StrictSerializer):
    """Ids of every line that changed, equal names in the supplier's other live lists included."""

    changed = serializers.ListField(child=serializers.IntegerField(), read_only=True)


class AcceptedLinesSerializer(ChangedLinesSerializer):
    """`left_out`: the first suggestion differs in strength, form or pack, so each of these is chosen by itself."""

    left_out = serializers.ListField(child=serializers.IntegerField(), read_only=True)


class CreatedProductsSerializer(ChangedLinesSerializer):
    products = serializers.ListField(child=serializers.IntegerField(), read_only=True)
