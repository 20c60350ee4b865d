"""Batches, stock, the ledger and its documents."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import (
    MoneyField,
    RefField,
    StrictModelSerializer,
    StrictSerializer,
)
from inventory.enums import AdjustmentReason, ScanPurpose, ScanWarning
from inventory.models import (
    Batch,
    Product,
    Reservation,
    StockAdjustment,
    StockAdjustmentLine,
    StockMovement,
    StockTransfer,
    StockTransferLine,
)
from inventory.services.lines import MAX_QUANTITY

_MAX_LINES = 5_000
_MAX_ID = 2**63 - 1


class RefShape(StrictSerializer):
    """{id, name}."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class BatchSerializer(StrictModelSerializer):
    product = RefField(read_only=True)
    batch_number = serializers.CharField(source="number", read_only=True)
    expiry = serializers.DateField(source="expiry_date", read_only=True, allow_null=True)
    on_hand = serializers.IntegerField(read_only=True)
    reserved = serializers.IntegerField(read_only=True)
    value_amount = MoneyField(read_only=True)

    class Meta:
        model = Batch
        fields = [
            "id", "product", "batch_number", "expiry", "expiry_is_month", "state", "state_reason", "on_hand",
            "reserved", "value_amount", "created_at", "updated_at",
        ]  # fmt: skip


class BatchChangeSerializer(StrictSerializer):
    batch_number = serializers.CharField(source="number", max_length=60, allow_blank=True, required=False)
    expiry = serializers.DateField(source="expiry_date", allow_null=True, required=False)


class StockSerializer(StrictSerializer):
    """What a place holds of a product. ``available`` leaves out reserved, expired and withheld goods."""

    product = serializers.SerializerMethodField()
    location = serializers.SerializerMethodField()
    on_hand = serializers.IntegerField(source="there")
    reserved = serializers.IntegerField(source="promised")
    available = serializers.IntegerField()
    value_amount = MoneyField(source="worth")

    @extend_schema_field(RefShape)
    def get_product(self, row: dict[str, Any]) -> dict[str, Any]:
        names = Product(name_en=row["product__name_en"], name_ar=row["product__name_ar"])
        return {"id": row["product_id"], "name": names.name}

    @extend_schema_field(RefShape)
    def get_location(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"id": row["location_id"], "name": row["location__name"]}


class StockBatchSerializer(StrictSerializer):
    """What a place holds of a batch."""

    id = serializers.IntegerField()
    product = RefField(read_only=True)
    location = RefField(read_only=True)
    batch = serializers.IntegerField(source="batch_id")
    batch_number = serializers.CharField(source="batch.number")
    expiry = serializers.DateField(source="batch.expiry_date", allow_null=True)
    state = serializers.CharField(source="batch.state")
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    value_amount = MoneyField()


class ExpiringSerializer(StockBatchSerializer):
    days_left = serializers.SerializerMethodField()

    def get_days_left(self, row: Any) -> int:
        """Days until the last good day; below zero once expired."""
        return int((row.batch.expiry_date - self.context["today"]).days)


class MovementSerializer(StrictModelSerializer):
    product = RefField(read_only=True)
    location = RefField(read_only=True)
    batch = serializers.IntegerField(source="batch_id", read_only=True)
    batch_number = serializers.CharField(source="batch.number", read_only=True)
    expiry = serializers.DateField(source="batch.expiry_date", read_only=True, allow_null=True)
    value_amount = MoneyField(read_only=True)
    reversal_of = serializers.IntegerField(source="reversal_of_id", read_only=True, allow_null=True)
    returned_from = serializers.IntegerField(source="returned_from_id", read_only=True, allow_null=True)

    class Meta:
        model = StockMovement
        fields = [
            "id", "product", "location", "batch", "batch_number", "expiry", "quantity", "value_amount", "kind",
            "source_kind", "source_id", "source_purpose", "line", "business_date", "posted_at", "actor_name",
            "reversal_of", "returned_from",
        ]  # fmt: skip


class FoundSerializer(StrictModelSerializer):
    """Goods that a sale above stock found, waiting for an explanation."""

    product = RefField(read_only=True)
    location = RefField(read_only=True)
    value_amount = MoneyField(read_only=True)
    outcome = serializers.CharField(
        source="settlement.outcome", default=None, read_only=True, allow_null=True
    )

    class Meta:
        model = StockMovement
        fields = [
            "id", "product", "location", "quantity", "value_amount", "source_kind", "source_id",
            "business_date", "posted_at", "actor_name", "outcome",
        ]  # fmt: skip


class NoteSerializer(StrictSerializer):
    note = serializers.CharField(max_length=500)


class OptionalNoteSerializer(StrictSerializer):
    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class _LineWrite(StrictSerializer):
    """``quantity`` in ``unit``, a unit of that product; in base units where none is named."""

    product = serializers.IntegerField(source="product_id", min_value=1, max_value=_MAX_ID)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    unit = serializers.IntegerField(
        source="unit_id", min_value=1, max_value=_MAX_ID, required=False, allow_null=True
    )
    batch = serializers.IntegerField(
        source="batch_id", min_value=1, max_value=_MAX_ID, required=False, allow_null=True
    )


class AdjustmentLineWrite(_LineWrite):
    """Found goods may name ``batch_number`` and ``expiry`` and their whole ``value_amount`` (default: last cost)."""

    location = serializers.IntegerField(
        source="location_id", min_value=1, max_value=_MAX_ID, required=False, allow_null=True
    )
    batch_number = serializers.CharField(max_length=60, allow_blank=True, required=False)
    expiry = serializers.DateField(allow_null=True, required=False)
    value_amount = MoneyField(min_value=0, allow_null=True, required=False, decimal_places=4)


class AdjustmentWriteSerializer(StrictSerializer):
    reason = serializers.ChoiceField(choices=AdjustmentReason.choices)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")
    lines = AdjustmentLineWrite(many=True, allow_empty=False, max_length=_MAX_LINES)  # type: ignore[call-arg]  # many=True


class TransferLineWrite(_LineWrite):
    """Without ``batch`` the first to expire goes first; a batch that does not needs ``batch_reason`` (or a note)."""

    batch_reason = serializers.CharField(max_length=200, allow_blank=True, required=False)


class TransferWriteSerializer(StrictSerializer):
    from_location = serializers.IntegerField(min_value=1, max_value=_MAX_ID)
    to_location = serializers.IntegerField(min_value=1, max_value=_MAX_ID)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")
    lines = TransferLineWrite(many=True, allow_empty=False, max_length=_MAX_LINES)  # type: ignore[call-arg]  # many=True


class ReservationLineWrite(_LineWrite):
    location = serializers.IntegerField(
        source="location_id", min_value=1, max_value=_MAX_ID, required=False, allow_null=True
    )


class ReservationWriteSerializer(StrictSerializer):
    lines = ReservationLineWrite(many=True, allow_empty=False, max_length=_MAX_LINES)  # type: ignore[call-arg]  # many=True
    expires_at = serializers.DateTimeField(allow_null=True, required=False)


class _LineRead(StrictModelSerializer):
    product = RefField(read_only=True)
    batch = RefField(read_only=True, name="number", allow_null=True)

    class Meta:
        fields = ["line", "product", "batch", "quantity"]


class AdjustmentLineSerializer(_LineRead):
    location = RefField(read_only=True)

    class Meta(_LineRead.Meta):
        model = StockAdjustmentLine
        fields = [*_LineRead.Meta.fields, "location"]


class AdjustmentSerializer(StrictModelSerializer):
    lines = AdjustmentLineSerializer(many=True, read_only=True)
    value_amount = MoneyField(read_only=True)

    class Meta:
        model = StockAdjustment
        fields = [
            "id", "number", "reason", "status", "note", "value_amount", "business_date", "posted_at",
            "actor_name", "decided_at", "decided_by_name", "decision_note", "lines",
        ]  # fmt: skip


class TransferLineSerializer(_LineRead):
    class Meta(_LineRead.Meta):
        model = StockTransferLine
        fields = [*_LineRead.Meta.fields, "batch_reason"]


class TransferSerializer(StrictModelSerializer):
    from_location = RefField(read_only=True)
    to_location = RefField(read_only=True)
    lines = TransferLineSerializer(many=True, read_only=True)

    class Meta:
        model = StockTransfer
        fields = [
            "id", "number", "status", "from_location", "to_location", "note", "business_date", "posted_at",
            "actor_name", "lines",
        ]  # fmt: skip


class ReservationSerializer(StrictModelSerializer):
    product = RefField(read_only=True)
    location = RefField(source="stock.location", read_only=True)
    batch = RefField(source="stock.batch", read_only=True, name="number")

    class Meta:
        model = Reservation
        fields = [
            "id", "product", "location", "batch", "quantity", "state", "source_kind", "source_id", "line",
            "expires_at", "created_at", "closed_at", "actor_name",
        ]  # fmt: skip


class ScanRequestSerializer(StrictSerializer):
    """What the scanner sent, the group separator (U+001D) included."""

    code = serializers.CharField(max_length=200, trim_whitespace=True)
    purpose = serializers.ChoiceField(choices=ScanPurpose.choices, default=ScanPurpose.SALE)


class ScanWarningSerializer(StrictSerializer):
    code = serializers.CharField()
    text = serializers.CharField()


def _told(codes: Any) -> list[dict[str, str]]:
    return [{"code": code, "text": str(ScanWarning(code).label)} for code in codes]


class ScanMatchSerializer(StrictSerializer):
    product = serializers.SerializerMethodField()
    unit = serializers.SerializerMethodField()
    factor = serializers.IntegerField()
    batch = serializers.IntegerField(source="batch_id", allow_null=True)
    batch_state = serializers.CharField()
    is_new_batch = serializers.BooleanField()
    price = MoneyField(allow_null=True)
    available = serializers.IntegerField(allow_null=True)
    warnings = serializers.SerializerMethodField()

    @extend_schema_field(ScanWarningSerializer(many=True))
    def get_warnings(self, match: Any) -> list[dict[str, str]]:
        return _told(match.warnings)

    @extend_schema_field(RefShape)
    def get_product(self, match: Any) -> dict[str, Any]:
        return {"id": match.product_id, "name": match.name}

    @extend_schema_field(RefShape)
    def get_unit(self, match: Any) -> dict[str, Any]:
        return {"id": match.unit_id, "name": match.unit_name}


class ScanSerializer(StrictSerializer):
    """What the code says, and each product that carries it: none and several are ordinary answers.

    `is_new_batch`: receiving may take batch and expiry of the code as they are. `price` (of one unit) and `available`
    (base units) come for a sale.
    """

    code = serializers.CharField(source="text")
    gtin = serializers.CharField()
    batch_number = serializers.CharField()
    expiry = serializers.DateField(allow_null=True)
    expiry_is_month = serializers.BooleanField()
    serial = serializers.CharField()
    misread = serializers.BooleanField()
    matches = ScanMatchSerializer(many=True)
