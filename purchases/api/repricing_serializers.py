"""Repricing over HTTP: what is asked for, what it would come to, what was decided."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from inventory.enums import PriceTier, PriceWarning, Refusal, RepriceMethod
from inventory.models import Repricing, RepricingLine
from inventory.types import PriceSelection, RepricingData, TypedPrice
from purchases.enums import PriceBasis
from users.enums import PriceRounding

_MAX_ID = 2**63 - 1
_MAX_LIST = 5_000
_SHOWN = 200


def _id(**fields: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=_MAX_ID, required=False, **fields)


class TypedPriceSerializer(StrictSerializer):
    unit = serializers.IntegerField(min_value=1, max_value=_MAX_ID)
    price = MoneyField(min_value=0)
    batch = _id(allow_null=True)


class RepricingWriteSerializer(StrictSerializer):
    """Which prices, and how they change.

    Products: those named, or every active one that fits `category`, `manufacturer`, `search` and `supplier` (what it
    offers today). `percent` is the change (percent), or the margin over replacement cost (margin; offer with basis
    `net_cost`). `fixed` takes `price`, `typed` takes `prices`, `offer` the price list `offer`.
    """

    method = serializers.ChoiceField(choices=RepriceMethod.choices)
    products = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_MAX_ID),
        required=False,
        allow_empty=False,
        max_length=_MAX_LIST,
    )
    category = _id()
    manufacturer = _id()
    supplier = _id()
    search = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    percent = serializers.DecimalField(
        max_digits=7, decimal_places=2, min_value=-99, max_value=10_000, required=False
    )
    price = MoneyField(min_value=0, required=False)
    prices = TypedPriceSerializer(many=True, required=False, max_length=_MAX_LIST)  # type: ignore[call-arg]  # many=True
    offer = _id()
    basis = serializers.ChoiceField(choices=PriceBasis.choices, default=PriceBasis.PUBLIC_PRICE)
    rounding = serializers.ChoiceField(choices=PriceRounding.choices, required=False)
    rounding_step = MoneyField(max_digits=20, decimal_places=4, min_value=Decimal("0.0001"), required=False)
    tier = serializers.ChoiceField(choices=PriceTier.choices, default=PriceTier.RETAIL)
    valid_from = serializers.DateField(required=False)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["method"] == RepriceMethod.OFFER and "offer" not in attrs:
            raise serializers.ValidationError({"offer": "Which price list?"}, code="required")
        chosen = {"products", "category", "manufacturer", "supplier"} & attrs.keys() or attrs["search"]
        listed = attrs["method"] in (RepriceMethod.OFFER, RepriceMethod.TYPED)
        if attrs["method"] == RepriceMethod.FIXED and not chosen:
            raise serializers.ValidationError({"products": "Which products?"}, code="required")
        if attrs["method"] == RepriceMethod.TYPED and chosen:
            raise serializers.ValidationError({"products": "The prices name their units"}, code="not_used")
        if not listed and "prices" in attrs:
            raise serializers.ValidationError({"prices": "Only with the method typed"}, code="not_used")
        return attrs

    def data_for_service(self) -> RepricingData:
        given = self.validated_data
        selection = PriceSelection(
            product_ids=tuple(given["products"]) if "products" in given else None,
            category_id=given.get("category"),
            manufacturer_id=given.get("manufacturer"),
            search=given["search"],
        )
        rounding = given.get("rounding")
        return RepricingData(
            method=RepriceMethod(given["method"]),
            selection=selection,
            percent=given.get("percent"),
            price=given.get("price"),
            prices=tuple(
                TypedPrice(row["unit"], row["price"], row.get("batch")) for row in given.get("prices", ())
            ),
            rounding=PriceRounding(rounding) if rounding else None,
            rounding_step=given.get("rounding_step"),
            tier=PriceTier(given["tier"]),
            valid_from=given.get("valid_from"),
            note=given["note"],
        )


class RepricingApplySerializer(RepricingWriteSerializer):
    """The same as previewed, with the preview's `fingerprint`."""

    fingerprint = serializers.CharField(min_length=64, max_length=64)
    override = serializers.BooleanField(default=False)
    skip_refused = serializers.BooleanField(default=False)


class CodedTextSerializer(StrictSerializer):
    code = serializers.CharField()
    text = serializers.CharField()


class RefShape(StrictSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


def _coded(code: str) -> dict[str, str]:
    known = {**dict(PriceWarning.choices), **dict(Refusal.choices)}
    return {"code": code, "text": str(known.get(code, code))}


class RepricingLineSerializer(StrictModelSerializer):
    """`new_price` null: left out. `margin_percent` is over the replacement cost of one unit."""

    line = serializers.IntegerField(source="position", read_only=True)
    product = RefField(read_only=True)
    unit = RefField(read_only=True, name="label")
    batch = RefField(read_only=True, name="number", allow_null=True)
    old_price = MoneyField(read_only=True, allow_null=True)
    new_price = MoneyField(read_only=True, allow_null=True)
    legal_maximum = MoneyField(read_only=True, allow_null=True)
    replacement_cost = MoneyField(source="cost", read_only=True, allow_null=True)
    change_percent = serializers.SerializerMethodField()
    margin_percent = serializers.SerializerMethodField()
    refusal = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = RepricingLine
        fields = [
            "line", "product", "unit", "batch", "old_price", "new_price", "change_percent", "legal_maximum",
            "replacement_cost", "margin_percent", "refusal", "warnings",
        ]  # fmt: skip

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_change_percent(self, line: RepricingLine) -> str | None:
        change = line.change_percent
        return None if change is None else f"{change:f}"

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_margin_percent(self, line: RepricingLine) -> str | None:
        margin = line.margin_percent
        return None if margin is None else f"{margin:f}"

    @extend_schema_field(CodedTextSerializer(allow_null=True))
    def get_refusal(self, line: RepricingLine) -> dict[str, str] | None:
        return _coded(line.refusal) if line.refusal else None

    @extend_schema_field(CodedTextSerializer(many=True))
    def get_warnings(self, line: RepricingLine) -> list[dict[str, str]]:
        return [_coded(code) for code in line.warnings]


class RepricingPreviewSerializer(StrictSerializer):
    """What would be; nothing was stored. `lines` are the first 200, the worst first; the counts are of all."""

    fingerprint = serializers.CharField()
    valid_from = serializers.DateField()
    changes = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    with_warnings = serializers.IntegerField()
    lines = RepricingLineSerializer(many=True)


class RepricingSerializer(StrictModelSerializer):
    price = MoneyField(read_only=True, allow_null=True)

    class Meta:
        model = Repricing
        fields = [
            "id", "number", "status", "method", "percent", "price", "rounding", "rounding_step", "tier",
            "valid_from", "source", "source_note", "note", "line_count", "created_by_name", "created_at",
            "applied_by_name", "applied_at", "undone_by_name", "undone_at", "updated_at",
        ]  # fmt: skip


class RepricingUndoneSerializer(RepricingSerializer):
    """`left`: the lines whose old price could not come back."""

    left = serializers.SerializerMethodField()

    class Meta(RepricingSerializer.Meta):
        fields = [*RepricingSerializer.Meta.fields, "left"]

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_left(self, repricing: Repricing) -> list[int]:
        return [line.position for line in self.context["left"]]


class LinePriceSerializer(StrictSerializer):
    line = serializers.IntegerField(min_value=1, max_value=_MAX_ID)
    price = MoneyField(min_value=0, allow_null=True)


class RepricingEditSerializer(StrictSerializer):
    """Prices by line; null leaves a line out."""

    lines = LinePriceSerializer(many=True, allow_empty=False, max_length=_MAX_LIST)  # type: ignore[call-arg]  # many=True

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({row["line"] for row in lines}) < len(lines):
            raise serializers.ValidationError("A line is named twice", code="duplicate")
        return lines


class RepricingDecisionSerializer(StrictSerializer):
    """`override`: above the legal maximum on purpose (needs `inventory.override_legal_maximum`).

    `skip_refused` leaves out the lines that cannot be priced so; without it nothing is applied.
    """

    override = serializers.BooleanField(default=False)
    skip_refused = serializers.BooleanField(default=False)


class NoticeSerializer(StrictSerializer):
    valid_from = serializers.DateField(required=False)


class NoticeResultSerializer(StrictSerializer):
    legal_maximums = serializers.IntegerField()


SHOWN_LINES = _SHOWN
