"""Fields that buying shares: quantities of tiers, references that are only read."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from core.api.serializers import StrictSerializer
from purchases.enums import ReviewReason


class BonusTierSerializer(StrictSerializer):
    """Buy `buy`, get `free` more. Suspect and exceptional tiers count only once a person confirmed them."""

    buy = serializers.IntegerField(read_only=True)
    free = serializers.IntegerField(read_only=True)
    suspect = serializers.BooleanField(read_only=True)
    exceptional = serializers.BooleanField(read_only=True)
    confirmed = serializers.BooleanField(read_only=True)


class MatchCandidateSerializer(StrictSerializer):
    """A product that a line may mean; `differs` names what speaks against it (strength, form, pack)."""

    product = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    score = serializers.CharField(read_only=True)
    differs = serializers.ListField(child=serializers.CharField(), read_only=True)


@extend_schema_serializer(component_name="WorkProgress")
class ProgressSerializer(StrictSerializer):
    done = serializers.IntegerField(read_only=True)
    total = serializers.IntegerField(read_only=True)


@extend_schema_serializer(component_name="WorkError")
class ErrorSerializer(StrictSerializer):
    code = serializers.CharField(read_only=True)
    message = serializers.CharField(read_only=True)


class ReviewReasonSerializer(StrictSerializer):
    """Why a person should look first; `text` in the reader's language."""

    code = serializers.CharField(read_only=True)
    params = serializers.JSONField(read_only=True)
    text = serializers.SerializerMethodField()

    def get_text(self, reason: dict[str, Any]) -> str:
        return (
            str(ReviewReason(reason["code"]).label)
            if reason["code"] in ReviewReason.values
            else reason["code"]
        )


class PercentField(serializers.DecimalField):
    """Per cent as a string without needless zeros."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=10, decimal_places=4, **kwargs)

    def to_representation(self, value: Any) -> Any:
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
