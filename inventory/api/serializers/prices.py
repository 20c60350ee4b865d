"""Selling prices and legal maximums."""

from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from inventory.enums import PriceTier
from inventory.models import LegalPrice, SellingPrice

_MAX_ID = 2**63 - 1


class _UnitPrice(StrictModelSerializer):
    product = RefField(source="unit.product", read_only=True)
    unit = RefField(read_only=True)
    price = MoneyField(read_only=True)


class SellingPriceSerializer(_UnitPrice):
    batch = RefField(read_only=True, name="number", allow_null=True)

    class Meta:
        model = SellingPrice
        fields = [
            "id", "product", "unit", "batch", "tier", "price", "valid_from", "source", "created_at",
            "actor_name",
        ]  # fmt: skip


class LegalPriceSerializer(_UnitPrice):
    class Meta:
        model = LegalPrice
        fields = ["id", "product", "unit", "price", "valid_from", "note", "created_at"]


class PriceWriteSerializer(StrictSerializer):
    """The price of one unit from ``valid_from`` (default: today) on."""

    unit = serializers.IntegerField(source="unit_id", min_value=1, max_value=_MAX_ID)
    price = MoneyField(min_value=0)
    valid_from = serializers.DateField(required=False)
    tier = serializers.ChoiceField(choices=PriceTier.choices, default=PriceTier.RETAIL)
    batch = serializers.IntegerField(
        source="batch_id", min_value=1, max_value=_MAX_ID, required=False, allow_null=True
    )


class SellingPriceWriteSerializer(PriceWriteSerializer):
    """``override``: above the legal maximum on purpose (needs ``inventory.override_legal_maximum``)."""

    override = serializers.BooleanField(default=False)


class RepriceSerializer(StrictSerializer):
    """Several prices at once: all of them or none."""

    prices = PriceWriteSerializer(many=True, allow_empty=False, max_length=5_000)  # type: ignore[call-arg]  # many=True
    override = serializers.BooleanField(default=False)


class LegalPriceWriteSerializer(StrictSerializer):
    unit = serializers.IntegerField(source="unit_id", min_value=1, max_value=_MAX_ID)
    price = MoneyField(min_value=0)
    valid_from = serializers.DateField(required=False)
    note = serializers.CharField(max_length=255, allow_blank=True, default="")
