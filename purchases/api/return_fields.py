"""Bodies of return terms and of returns to suppliers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.serializers import (
    MoneyField,
    OccurredAtField,
    RefField,
    StrictModelSerializer,
    StrictSerializer,
)
from purchases.api.buying_fields import AmountField, ExpiryField
from purchases.enums import ReturnReason, Settlement
from purchases.models import ReturnSettlement, ReturnTerms, SupplierReturn, SupplierReturnLine
from purchases.services import ExchangeRow, ReturnData, ReturnRow, Suggestion, suggest_returns

ID = {"min_value": 1, "max_value": 2**62}
UNITS = {"min_value": 1, "max_value": 1_000_000_000}


class ReturnTermsSerializer(StrictModelSerializer):
    """From `months_before` before expiry (null: at any time) until `months_after` it; `credit_percent` of what was paid."""

    supplier = RefField(read_only=True)
    manufacturer = RefField(read_only=True)
    credit_percent = MoneyField(read_only=True, max_digits=5, decimal_places=2)
    minimum_amount = MoneyField(read_only=True)

    class Meta:
        model = ReturnTerms
        fields = [
            "id", "supplier", "manufacturer", "months_before", "months_after", "credit_percent", "exchange_only",
            "excludes_bonus", "minimum_amount", "note", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class ReturnTermsEditSerializer(StrictSerializer):
    months_before = serializers.IntegerField(min_value=0, max_value=120, required=False, allow_null=True)
    months_after = serializers.IntegerField(min_value=0, max_value=120, required=False)
    credit_percent = MoneyField(min_value=0, max_value=100, max_digits=5, decimal_places=2, required=False)
    exchange_only = serializers.BooleanField(required=False)
    excludes_bonus = serializers.BooleanField(required=False)
    minimum_amount = AmountField(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def values_for_service(self) -> dict[str, Any]:
        return dict(self.validated_data)


class ReturnTermsCreateSerializer(ReturnTermsEditSerializer):
    """`manufacturer` makes it an exception for that maker's products."""

    supplier = serializers.IntegerField(**ID)
    manufacturer = serializers.IntegerField(required=False, allow_null=True, **ID)

    def values_for_service(self) -> dict[str, Any]:
        values = dict(self.validated_data)
        values["supplier_id"] = values.pop("supplier")
        values["manufacturer_id"] = values.pop("manufacturer", None)
        return values


class SuggestionSerializer(StrictSerializer):
    """Stock that the supplier delivered. `quantity` of it (base units) may go back now; `block` says why not."""

    product = RefField(source="stock.product", read_only=True)
    batch = RefField(source="stock.batch", name="number", read_only=True)
    expiry = serializers.DateField(source="stock.batch.expiry_date", read_only=True, allow_null=True)
    location = RefField(source="stock.location", read_only=True)
    on_hand = serializers.IntegerField(source="stock.on_hand", read_only=True)
    reason = serializers.ChoiceField(ReturnReason.choices, read_only=True)
    quantity = serializers.IntegerField(read_only=True)
    block = serializers.CharField(source="verdict.block", read_only=True, allow_null=True)
    block_text = serializers.CharField(source="verdict.block.label", read_only=True, default="")
    credit_percent = MoneyField(
        source="verdict.credit_percent", read_only=True, max_digits=5, decimal_places=2
    )
    exchange_only = serializers.BooleanField(source="verdict.exchange_only", read_only=True)
    cost = MoneyField(read_only=True)
    expected = MoneyField(read_only=True)


class SuggestionQuerySerializer(serializers.Serializer[Any]):
    """Which supplier's goods; `batch` narrows it to one batch, `allowed` to what may (or may not) go back."""

    supplier = serializers.IntegerField(**ID)
    batch = serializers.IntegerField(required=False, **ID)
    allowed = serializers.BooleanField(required=False, allow_null=True, default=None)

    def suggestions(self) -> list[Suggestion]:
        given = self.validated_data
        found = suggest_returns(
            supplier_id=given["supplier"], batch_ids=[given["batch"]] if "batch" in given else None
        )
        wanted = given["allowed"]
        return [one for one in found if wanted is None or wanted == (one.quantity > 0)]


class ReturnRowSerializer(StrictSerializer):
    """`quantity` of a batch at a place, in base units, or in `unit`. Without `location`: the usual place."""

    batch = serializers.IntegerField(**ID)
    location = serializers.IntegerField(required=False, allow_null=True, **ID)
    quantity = serializers.IntegerField(**UNITS)
    unit = serializers.IntegerField(required=False, allow_null=True, **ID)
    reason = serializers.ChoiceField(ReturnReason.choices)


class ReturnEditSerializer(StrictSerializer):
    lines = ReturnRowSerializer(many=True, required=False, allow_empty=False, max_length=2000)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def rows(self, usual_place: int) -> list[ReturnRow] | None:
        """The lines as the service takes them; None where the body names none."""
        given = self.validated_data.get("lines")
        if given is None:
            return None
        return [
            ReturnRow(
                batch_id=row["batch"],
                location_id=row.get("location") or usual_place,
                quantity=row["quantity"],
                reason=row["reason"],
                unit_id=row.get("unit"),
            )
            for row in given
        ]


class ReturnCreateSerializer(ReturnEditSerializer):
    """Without `lines`: everything that may go back to this supplier today."""

    supplier = serializers.IntegerField(**ID)

    def data_for_service(self, usual_place: int) -> ReturnData:
        given = self.validated_data
        return ReturnData(
            supplier_id=given["supplier"], rows=self.rows(usual_place), note=given.get("note", "")
        )


class RecallReturnSerializer(StrictSerializer):
    batch = serializers.IntegerField(**ID)


class ReturnSendSerializer(StrictSerializer):
    business_date = serializers.DateField(required=False)
    occurred_at = OccurredAtField(required=False, allow_null=True)


class ExchangeRowSerializer(StrictSerializer):
    """`quantity` base units that came for a line, as this batch."""

    line = serializers.IntegerField(**ID)
    quantity = serializers.IntegerField(**UNITS)
    batch_number = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    expiry = ExpiryField(required=False, allow_null=True)


class ExchangeSerializer(StrictSerializer):
    lines = ExchangeRowSerializer(many=True, allow_empty=False, max_length=2000)

    def rows_for_service(self) -> list[ExchangeRow]:
        rows = []
        for row in self.validated_data["lines"]:
            expiry, is_month = row.get("expiry") or (None, False)
            rows.append(ExchangeRow(row["line"], row["quantity"], row["batch_number"], expiry, is_month))
        return rows


class RefusedRowSerializer(StrictSerializer):
    line = serializers.IntegerField(**ID)
    quantity = serializers.IntegerField(**UNITS)


class RefusalSerializer(StrictSerializer):
    """Without `lines`: all that is still open."""

    reason = serializers.CharField(max_length=500)
    lines = RefusedRowSerializer(many=True, required=False, allow_empty=False, max_length=2000)

    def validate_lines(self, rows: list[dict[str, int]]) -> list[dict[str, int]]:
        if len({row["line"] for row in rows}) != len(rows):
            raise serializers.ValidationError("duplicate", code="duplicate")
        return rows

    def quantities(self) -> dict[int, int] | None:
        rows = self.validated_data.get("lines")
        return None if rows is None else {row["line"]: row["quantity"] for row in rows}


class SettlementSerializer(StrictModelSerializer):
    """What the supplier did with a part of a line; taken back, it stands a second time with opposite signs."""

    granted = MoneyField(source="granted_amount", read_only=True)

    class Meta:
        model = ReturnSettlement
        fields = [
            "id", "kind", "quantity", "granted", "source_kind", "source_id", "note", "created_at", "actor_name",
        ]  # fmt: skip
        read_only_fields = fields


class ReturnLineSerializer(StrictModelSerializer):
    """Quantities in base units; `open_quantity` still waits for a credit note, an exchange or a refusal;
    `netted_quantity` the supplier did not bill.
    """

    product = RefField(read_only=True)
    batch = RefField(name="number", read_only=True)
    expiry = serializers.DateField(source="batch.expiry_date", read_only=True, allow_null=True)
    location = RefField(read_only=True)
    credit_percent = MoneyField(read_only=True, max_digits=5, decimal_places=2)
    cost = MoneyField(source="cost_amount", read_only=True)
    expected = MoneyField(source="expected_amount", read_only=True)
    value = MoneyField(source="value_amount", read_only=True)
    credited_quantity = serializers.SerializerMethodField()
    exchanged_quantity = serializers.SerializerMethodField()
    refused_quantity = serializers.SerializerMethodField()
    netted_quantity = serializers.SerializerMethodField()
    open_quantity = serializers.SerializerMethodField()
    settlements = SettlementSerializer(many=True, read_only=True)

    class Meta:
        model = SupplierReturnLine
        fields = [
            "id", "product", "batch", "expiry", "location", "quantity", "reason", "credit_percent", "exchange_only",
            "cost", "expected", "value", "credited_quantity", "exchanged_quantity", "refused_quantity",
            "netted_quantity", "open_quantity", "settlements",
        ]  # fmt: skip
        read_only_fields = fields

    def _by(self, line: SupplierReturnLine, kind: Settlement) -> int:
        return sum(one.quantity for one in line.settlements.all() if one.kind == kind)

    def get_credited_quantity(self, line: SupplierReturnLine) -> int:
        return self._by(line, Settlement.CREDITED)

    def get_exchanged_quantity(self, line: SupplierReturnLine) -> int:
        return self._by(line, Settlement.EXCHANGED)

    def get_refused_quantity(self, line: SupplierReturnLine) -> int:
        return self._by(line, Settlement.REFUSED)

    def get_netted_quantity(self, line: SupplierReturnLine) -> int:
        return self._by(line, Settlement.NETTED)

    def get_open_quantity(self, line: SupplierReturnLine) -> int:
        return line.quantity - sum(one.quantity for one in line.settlements.all())


class SupplierReturnSerializer(StrictModelSerializer):
    """`cost` is what was paid for the goods, `expected` what the supplier should credit, `value` what left the stock."""

    supplier = RefField(read_only=True)
    cost = MoneyField(source="cost_amount", read_only=True)
    expected = MoneyField(source="expected_amount", read_only=True)
    value = MoneyField(source="value_amount", read_only=True)

    class Meta:
        model = SupplierReturn
        fields = [
            "id", "number", "supplier", "status", "business_date", "occurred_at", "currency", "cost", "expected",
            "value", "note", "created_by_name", "sent_at", "sent_by_name", "closed_at", "closed_by_name",
            "closing_reason", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class SupplierReturnDetailSerializer(SupplierReturnSerializer):
    lines = ReturnLineSerializer(many=True, read_only=True)

    class Meta(SupplierReturnSerializer.Meta):
        fields = [*SupplierReturnSerializer.Meta.fields, "lines"]
        read_only_fields = fields
