"""Stock counts. What the books expect is null until the counting is over, and for whoever may not see it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from inventory.enums import Uncounted
from inventory.models import StockCount, StockCountEntry, StockCountLine
from inventory.selectors import shows_expected
from inventory.services.lines import MAX_QUANTITY

_MAX_LINES = 5_000
_MAX_ID = 2**63 - 1


def _id(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=_MAX_ID, **kwargs)


class ProgressShape(StrictSerializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class _Blind(StrictModelSerializer):
    """Answers null for ``hidden`` fields of a count that is still blind to whoever asks."""

    hidden: tuple[str, ...] = ()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        permitted = self.context["request"].user.has_perm("inventory.view_count_variance")
        if not shows_expected(self.count_of(instance), permitted=permitted):
            shown.update(dict.fromkeys(self.hidden))
        return shown

    def count_of(self, instance: Any) -> StockCount:
        return instance.count  # type: ignore[no-any-return]


class CountSerializer(_Blind):
    location = RefField(read_only=True)
    category = RefField(read_only=True, allow_null=True)
    gain_amount = MoneyField(read_only=True, allow_null=True)
    loss_amount = MoneyField(read_only=True, allow_null=True)
    progress = serializers.SerializerMethodField()
    hidden = ("gain_amount", "loss_amount")

    class Meta:
        model = StockCount
        fields = [
            "id", "number", "status", "location", "scope", "category", "note", "business_date", "opened_at",
            "closed_at", "posted_at", "uncounted", "gain_amount", "loss_amount", "progress", "actor_name",
            "posted_by_name", "created_at", "updated_at",
        ]  # fmt: skip

    @extend_schema_field(ProgressShape)
    def get_progress(self, count: Any) -> dict[str, int]:
        return {"done": count.lines_counted, "total": count.lines_total}

    def count_of(self, instance: Any) -> StockCount:
        return instance  # type: ignore[no-any-return]


class CountLineSerializer(_Blind):
    count = serializers.IntegerField(source="count_id", read_only=True)
    product = RefField(read_only=True)
    location = RefField(read_only=True)
    batch = serializers.IntegerField(source="batch_id", read_only=True)
    batch_number = serializers.CharField(source="batch.number", read_only=True)
    expiry = serializers.DateField(source="batch.expiry_date", read_only=True, allow_null=True)
    expected_qty = serializers.IntegerField(read_only=True, allow_null=True)
    expected_value_amount = MoneyField(read_only=True, allow_null=True)
    moved_qty = serializers.SerializerMethodField()
    moved_meanwhile = serializers.BooleanField(read_only=True, allow_null=True)
    variance_value_amount = MoneyField(read_only=True, allow_null=True)
    hidden = (
        "expected_qty", "expected_value_amount", "moved_qty", "moved_meanwhile", "variance_qty",
        "variance_value_amount",
    )  # fmt: skip

    class Meta:
        model = StockCountLine
        fields = [
            "id", "count", "product", "location", "batch", "batch_number", "expiry", "round", "counted_qty",
            "counted_at", "counted_by_name", "expected_qty", "expected_value_amount", "moved_qty",
            "moved_meanwhile", "variance_qty", "variance_value_amount",
        ]  # fmt: skip

    def get_moved_qty(self, line: StockCountLine) -> int | None:
        """Movements between the opening and the time when the line was counted."""
        return None if line.book_qty is None else line.book_qty - line.expected_qty


class CountEntrySerializer(_Blind):
    line = serializers.IntegerField(source="line_id", read_only=True)
    product = RefField(source="line.product", read_only=True)
    batch_number = serializers.CharField(source="line.batch.number", read_only=True)
    book_qty = serializers.IntegerField(read_only=True, allow_null=True)
    hidden = ("book_qty",)

    class Meta:
        model = StockCountEntry
        fields = [
            "id", "line", "product", "batch_number", "round", "quantity", "book_qty", "counted_at",
            "actor_name",
        ]  # fmt: skip

    def count_of(self, instance: Any) -> StockCount:
        return instance.line.count  # type: ignore[no-any-return]


class CountTargetWrite(StrictSerializer):
    product = _id(source="product_id")
    batch = _id(source="batch_id", required=False, allow_null=True)


class CountWriteSerializer(StrictSerializer):
    """``lines`` (products or batches), else ``category``, else the whole place (default: the usual one)."""

    location = _id(source="location_id", required=False)
    category = _id(source="category_id", required=False, allow_null=True)
    lines = CountTargetWrite(source="targets", many=True, required=False, max_length=_MAX_LINES)  # type: ignore[call-arg]  # many=True
    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class CountEntryWrite(StrictSerializer):
    """What lies there: zero is an answer. A batch by id, or by number and expiry; neither where there is only one."""

    product = _id(source="product_id")
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_QUANTITY)
    unit = _id(source="unit_id", required=False, allow_null=True)
    batch = _id(source="batch_id", required=False, allow_null=True)
    batch_number = serializers.CharField(max_length=60, allow_blank=True, required=False)
    expiry = serializers.DateField(allow_null=True, required=False)


class CountEntriesWriteSerializer(StrictSerializer):
    lines = CountEntryWrite(many=True, allow_empty=False, max_length=_MAX_LINES)  # type: ignore[call-arg]  # many=True


class CountScanSerializer(StrictSerializer):
    """``quantity`` of the unit that the code is for, or of ``unit``."""

    code = serializers.CharField(max_length=200, trim_whitespace=True)
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_QUANTITY, default=1)
    unit = _id(source="unit_id", required=False, allow_null=True)


class RecountSerializer(StrictSerializer):
    lines = serializers.ListField(child=_id(), allow_empty=False, max_length=_MAX_LINES)
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class PostCountSerializer(StrictSerializer):
    """What becomes of goods that nobody counted."""

    uncounted = serializers.ChoiceField(choices=Uncounted.choices, default=Uncounted.REFUSE)
