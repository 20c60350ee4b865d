"""Shapes of goods that come back, over HTTP."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictSerializer
from sales.api.serializers import MAX_LINES, count_field, key_field
from sales.enums import PaymentMethod
from sales.models import Refund, RefundLine, RefundPayment


class NewRefundLineSerializer(StrictSerializer):
    line = serializers.IntegerField(
        min_value=0, max_value=MAX_LINES, help_text="The line's number in the sale."
    )
    quantity = count_field(
        required=False, allow_null=True, help_text="In the line's unit. Default: all that is left."
    )


class NewRefundPaymentSerializer(StrictSerializer):
    method = serializers.ChoiceField(choices=PaymentMethod.choices)
    amount = MoneyField(
        max_digits=20,
        decimal_places=4,
        min_value=0,
        required=False,
        allow_null=True,
        help_text="Default: what the others leave. Together what the goods are worth.",
    )


class NewRefundSerializer(StrictSerializer):
    """Money goes back as `payments` say, all of it by `method`, or with neither the way it was paid."""

    method = serializers.ChoiceField(choices=PaymentMethod.choices, required=False, allow_null=True)
    payments = serializers.ListField(
        child=NewRefundPaymentSerializer(), required=False, min_length=1, max_length=4
    )
    reason = serializers.CharField(max_length=500)
    till = key_field(required=False, allow_null=True, help_text="Whose drawer pays it, in its open shift.")
    lines = serializers.ListField(
        child=NewRefundLineSerializer(),
        required=False,
        min_length=1,
        max_length=MAX_LINES,
        help_text="Default: everything that is left.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("method") and attrs.get("payments"):
            detail = _("Name one way, or several with their amounts, not both.")
            raise serializers.ValidationError({"payments": [detail]}, code="both")
        return attrs


class RefundPaymentSerializer(serializers.ModelSerializer[RefundPayment]):
    amount = MoneyField(read_only=True)

    class Meta:
        model = RefundPayment
        fields = ["method", "amount"]


class RefundLineSerializer(serializers.ModelSerializer[RefundLine]):
    line = serializers.IntegerField(source="sale_line.line", read_only=True)
    product = RefField(source="sale_line.product", read_only=True)
    amount = MoneyField(read_only=True)
    tax = MoneyField(source="tax_amount", read_only=True)

    class Meta:
        model = RefundLine
        fields = ["line", "product", "quantity", "amount", "tax"]


class RefundSerializer(serializers.ModelSerializer[Refund]):
    sale = RefField(name="number", read_only=True)
    total = MoneyField(source="total_amount", read_only=True)
    tax = MoneyField(source="tax_amount", read_only=True)
    paid = MoneyField(source="paid_amount", read_only=True, help_text="What went back, to the coin.")
    shift = RefField(name="number", read_only=True)
    payments = RefundPaymentSerializer(many=True, read_only=True)
    lines = RefundLineSerializer(many=True, read_only=True)

    class Meta:
        model = Refund
        fields = [
            "id",
            "number",
            "sale",
            "business_date",
            "posted_at",
            "reason",
            "total",
            "tax",
            "paid",
            "payments",
            "shift",
            "actor_name",
            "lines",
        ]
