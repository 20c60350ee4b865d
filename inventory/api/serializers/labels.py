"""Labels to print, and codes for goods that carry none."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import StrictSerializer
from inventory.enums import LabelKind, LabelLayout, PriceTier

_MAX_ID = 2**63 - 1
_MAX_ITEMS = 2_000
#: So many labels are one print; more is a slip of the hand.
MAX_LABELS = 5_000
_MAX_COPIES = 500


def _id(**fields: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=_MAX_ID, **fields)


class LabelItemSerializer(StrictSerializer):
    """Labels of a product's usual selling unit, or of ``unit``; of one batch with its own price where it has one."""

    product = _id(required=False)
    unit = _id(required=False)
    batch = _id(required=False, allow_null=True)
    copies = serializers.IntegerField(min_value=1, max_value=_MAX_COPIES, default=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("product" in attrs) == ("unit" in attrs):
            raise serializers.ValidationError({"product": "A product or a unit"}, code="required")
        return attrs


class LabelPaperSerializer(StrictSerializer):
    """On which paper, and what stands on a label. ``skip``: places of the first sheet that are used already."""

    layout = serializers.ChoiceField(choices=LabelLayout.choices, default=LabelLayout.A4_3X8)
    kind = serializers.ChoiceField(choices=LabelKind.choices, default=LabelKind.SHELF)
    with_batch = serializers.BooleanField(default=False)
    skip = serializers.IntegerField(min_value=0, max_value=64, default=0)


class LabelRequestSerializer(LabelPaperSerializer):
    """For ``items``, or for every unit whose retail price changed since ``changed_since``."""

    items = LabelItemSerializer(many=True, required=False, allow_empty=False, max_length=_MAX_ITEMS)  # type: ignore[call-arg]  # many=True
    changed_since = serializers.DateField(required=False)
    tier = serializers.ChoiceField(choices=PriceTier.choices, default=PriceTier.RETAIL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("items" in attrs) == ("changed_since" in attrs):
            raise serializers.ValidationError(
                {"items": "Either items or the day since when prices changed"}, code="required"
            )
        if sum(item["copies"] for item in attrs.get("items", ())) > MAX_LABELS:
            raise serializers.ValidationError({"items": "At most 5,000 labels at once"}, code="too_many")
        return attrs


class OwnCodeRequestSerializer(StrictSerializer):
    """Units, or products (their usual selling units), that need a code."""

    units = serializers.ListField(child=_id(), required=False, allow_empty=False, max_length=_MAX_ITEMS)
    products = serializers.ListField(child=_id(), required=False, allow_empty=False, max_length=_MAX_ITEMS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("units" in attrs) == ("products" in attrs):
            raise serializers.ValidationError({"units": "Either units or products"}, code="required")
        return attrs


class OwnCodeSerializer(StrictSerializer):
    unit = serializers.IntegerField()
    code = serializers.CharField()
