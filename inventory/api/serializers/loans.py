"""Goods lent to and borrowed from a neighbour pharmacy."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from inventory.enums import LoanDirection, SettlementMethod
from inventory.models import StockLoan, StockLoanLine, StockLoanSettlement, StockLoanSettlementLine
from inventory.services.lines import MAX_QUANTITY

_MAX_LINES = 5_000
_MAX_ID = 2**63 - 1


def _id(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=_MAX_ID, **kwargs)


class LoanLineSerializer(StrictModelSerializer):
    product = RefField(read_only=True)
    batch = RefField(read_only=True, name="number", allow_null=True)
    value_amount = MoneyField(read_only=True)
    open_amount = MoneyField(read_only=True)

    class Meta:
        model = StockLoanLine
        fields = ["id", "line", "product", "batch", "quantity", "value_amount", "open_qty", "open_amount"]


class LoanSettlementLineSerializer(StrictModelSerializer):
    loan_line = serializers.IntegerField(source="loan_line_id", read_only=True)
    batch = RefField(read_only=True, name="number", allow_null=True)
    relieved_amount = MoneyField(read_only=True)
    value_amount = MoneyField(read_only=True)

    class Meta:
        model = StockLoanSettlementLine
        fields = ["line", "loan_line", "batch", "quantity", "relieved_amount", "value_amount"]


class LoanSettlementSerializer(StrictModelSerializer):
    lines = LoanSettlementLineSerializer(many=True, read_only=True)
    relieved_amount = MoneyField(read_only=True)
    value_amount = MoneyField(read_only=True)
    tax_amount = MoneyField(read_only=True)

    class Meta:
        model = StockLoanSettlement
        fields = [
            "id", "number", "kind", "status", "method", "relieved_amount", "value_amount", "tax_amount", "reason",
            "note",
            "business_date", "posted_at", "actor_name", "lines",
        ]  # fmt: skip


class LoanSerializer(StrictModelSerializer):
    party = RefField(read_only=True)
    location = RefField(read_only=True)
    value_amount = MoneyField(read_only=True)
    open_amount = MoneyField(read_only=True)
    lines = LoanLineSerializer(many=True, read_only=True)
    settlements = LoanSettlementSerializer(many=True, read_only=True)

    class Meta:
        model = StockLoan
        fields = [
            "id", "number", "direction", "status", "party", "location", "note", "value_amount", "open_amount",
            "business_date", "posted_at", "actor_name", "lines", "settlements",
        ]  # fmt: skip


class LoanLineWrite(StrictSerializer):
    """Borrowed goods name their batch and expiry, and may say what they are worth (default: last cost)."""

    product = _id(source="product_id")
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    unit = _id(source="unit_id", required=False, allow_null=True)
    batch = _id(source="batch_id", required=False, allow_null=True)
    batch_number = serializers.CharField(max_length=60, allow_blank=True, required=False)
    expiry = serializers.DateField(allow_null=True, required=False)
    value_amount = MoneyField(min_value=0, allow_null=True, required=False, decimal_places=4)


class LoanWriteSerializer(StrictSerializer):
    direction = serializers.ChoiceField(choices=LoanDirection.choices)
    party = _id(source="party_id")
    location = _id(source="location_id", required=False)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")
    lines = LoanLineWrite(many=True, allow_empty=False, max_length=_MAX_LINES)  # type: ignore[call-arg]  # many=True


class LoanBackLineWrite(StrictSerializer):
    """``quantity`` in base units of the loan line ``line``; goods that come back may be of another batch and cost."""

    line = _id(source="loan_line_id")
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    batch = _id(source="batch_id", required=False, allow_null=True)
    batch_number = serializers.CharField(max_length=60, allow_blank=True, required=False)
    expiry = serializers.DateField(allow_null=True, required=False)
    value_amount = MoneyField(min_value=0, allow_null=True, required=False, decimal_places=4)


class LoanReturnSerializer(StrictSerializer):
    """``reason`` says why goods come back at another value."""

    note = serializers.CharField(max_length=500, allow_blank=True, default="")
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")
    lines = LoanBackLineWrite(many=True, allow_empty=False, max_length=_MAX_LINES)  # type: ignore[call-arg]  # many=True


class LoanPriceLineWrite(StrictSerializer):
    """``value_amount`` is what was agreed for the whole quantity (default: what the loan stands at)."""

    line = _id(source="loan_line_id")
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    value_amount = MoneyField(min_value=0, allow_null=True, required=False, decimal_places=4)


class LoanPaySerializer(StrictSerializer):
    """``tax_rate`` in per cent, where it is not the usual one: a neighbour who is not registered charges none."""

    tax_rate = serializers.DecimalField(
        max_digits=7,
        decimal_places=4,
        min_value=Decimal(0),
        max_value=Decimal(100),
        required=False,
        allow_null=True,
    )
    method = serializers.ChoiceField(choices=SettlementMethod.choices)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")
    lines = LoanPriceLineWrite(many=True, allow_empty=False, max_length=_MAX_LINES)  # type: ignore[call-arg]  # many=True
