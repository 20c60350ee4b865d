"""Bodies of offers. Shape only; services judge truth."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from purchases.api.fields import (
    BonusTierSerializer,
    ErrorSerializer,
    PercentField,
    ProgressSerializer,
    ReviewReasonSerializer,
)
from purchases.enums import BonusOrder, LineChange, OfferKind, OfferScope
from purchases.models import Offer, Supplier
from purchases.selectors import Progress
from purchases.services.offers import OfferData

FACTOR = {"max_digits": 14, "decimal_places": 6, "min_value": 0}


class OfferSerializer(StrictModelSerializer):
    """A price list: how far it is, what its prices mean, and how many of its lines found their product."""

    supplier = RefField(read_only=True)
    file = serializers.UUIDField(source="file_id", read_only=True)
    job = serializers.UUIDField(source="job_id", read_only=True, allow_null=True)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    review_reasons = ReviewReasonSerializer(many=True, read_only=True)
    price_factor = PercentField(read_only=True)
    counts = serializers.SerializerMethodField()
    is_stale = serializers.BooleanField(read_only=True, default=False)
    previous = serializers.PrimaryKeyRelatedField(read_only=True)
    superseded_by = serializers.PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = Offer
        fields = [
            "id", "number", "kind", "supplier", "file", "job", "scope", "status", "progress", "error",
            "review_reasons", "valid_from", "valid_until", "is_stale", "currency", "currency_settled", "price_factor",
            "price_factor_settled", "exchange_rate", "bonus_order", "header", "warnings", "page_count", "missing_pages",
            "counts", "previous", "superseded_by", "uploaded_by_name", "confirmed_by_name", "confirmed_at",
            "ready_at", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, offer: Offer) -> dict[str, int]:
        known: dict[int, Progress] = self.context.get("progress", {})
        progress = known.get(offer.pk) or Progress(offer.progress_done, offer.progress_total)
        return {"done": progress.done, "total": progress.total}

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, offer: Offer) -> dict[str, str] | None:
        return {"code": offer.error_code, "message": offer.error_message} if offer.error_code else None

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_counts(self, offer: Offer) -> dict[str, int]:
        return {
            "lines": offer.line_count,
            "matched": offer.matched_count,
            "unsure": offer.unsure_count,
            "unmatched": offer.unmatched_count,
            "ignored": offer.ignored_count,
            "flagged": offer.flagged_count,
        }


class OfferUploadSerializer(StrictSerializer):
    """`file` (multipart; several photos may be one offer) or `file_id` of a stored one; a price notice has no supplier."""

    file = serializers.ListField(child=serializers.FileField(), required=False, max_length=50)
    file_id = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=50)
    supplier = RefField(queryset=Supplier.objects.all(), required=False, allow_null=True)
    kind = serializers.ChoiceField(choices=OfferKind.choices, default=OfferKind.OFFER)
    scope = serializers.ChoiceField(choices=OfferScope.choices, default=OfferScope.FULL)
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_until = serializers.DateField(required=False, allow_null=True)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    price_factor = serializers.DecimalField(required=False, **FACTOR)

    def to_internal_value(self, data: Any) -> Any:
        """One id may come bare; in a form both `file` and `file_id` may repeat."""
        if isinstance(data, dict) and not hasattr(data, "getlist") and isinstance(data.get("file_id"), str):
            data = {**data, "file_id": [data["file_id"]]}
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("file")) == bool(attrs.get("file_id")):
            raise serializers.ValidationError({"file": ["Send a file, or the id of a stored one"]})
        return attrs

    def data_for_service(self) -> OfferData:
        given = self.validated_data
        supplier = given.get("supplier")
        return OfferData(
            uploads=given.get("file", ()),
            file_ids=given.get("file_id", ()),
            supplier_id=supplier.pk if supplier else None,
            kind=given["kind"],
            scope=given["scope"],
            valid_from=given.get("valid_from"),
            valid_until=given.get("valid_until"),
            currency=given.get("currency", ""),
            price_factor=given.get("price_factor"),
        )


class OfferUploadFormSerializer(OfferUploadSerializer):
    """The same, as OpenAPI's multipart form."""

    file_id = None  # type: ignore[assignment]


class OfferEditSerializer(StrictSerializer):
    """What a list's prices mean and when it holds; the lines are recalculated."""

    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_until = serializers.DateField(required=False, allow_null=True)
    scope = serializers.ChoiceField(choices=OfferScope.choices, required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    price_factor = serializers.DecimalField(required=False, **FACTOR)
    bonus_order = serializers.ChoiceField(choices=BonusOrder.choices, required=False)


class OfferCancelSerializer(StrictSerializer):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class OfferDifferenceSerializer(StrictSerializer):
    """One line against that supplier's previous offer. Prices in the offer's currency."""

    change = serializers.ChoiceField(choices=LineChange.choices, read_only=True)
    line = serializers.IntegerField(source="line_id", read_only=True, allow_null=True)
    previous_line = serializers.IntegerField(source="previous_line_id", read_only=True, allow_null=True)
    product = serializers.IntegerField(source="product_id", read_only=True, allow_null=True)
    raw_name = serializers.CharField(read_only=True)
    price = MoneyField(read_only=True, allow_null=True)
    previous_price = MoneyField(read_only=True, allow_null=True)
    percent = PercentField(read_only=True, allow_null=True)
    bonus = serializers.SerializerMethodField()
    previous_bonus = serializers.SerializerMethodField()
    bonus_changed = serializers.BooleanField(read_only=True)

    @extend_schema_field(BonusTierSerializer(many=True))
    def get_bonus(self, row: Any) -> list[dict[str, int]]:
        return [{"buy": buy, "free": free} for buy, free in row.bonus]

    @extend_schema_field(BonusTierSerializer(many=True))
    def get_previous_bonus(self, row: Any) -> list[dict[str, int]]:
        return [{"buy": buy, "free": free} for buy, free in row.previous_bonus]
