"""Shapes of the reports of a shift."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import MoneyField
from sales.api.till_serializers import ShiftSerializer, TillCashSerializer
from sales.enums import PaymentMethod


class MethodSumSerializer(serializers.Serializer[Any]):
    method = serializers.ChoiceField(choices=PaymentMethod.choices)
    taken = MoneyField(help_text="Change taken off.")
    given_back = MoneyField()
    payments = MoneyField(help_text="What customers paid on account, less what of it was given back.")


class SellerSumSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    count = serializers.IntegerField()
    total = MoneyField()


class TaxSumSerializer(serializers.Serializer[Any]):
    rate = MoneyField(help_text="Per cent.")
    net = MoneyField()
    tax = MoneyField()
    gross = MoneyField()


class DrawerReportSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    float = MoneyField(source="float_amount")
    opening_difference = MoneyField()
    sales = MoneyField()
    payments = MoneyField(help_text="What customers paid on account, less what of it was given back.")
    cash_in = MoneyField()
    cash_out = MoneyField()
    refunds = MoneyField()
    reversed = MoneyField()
    other = MoneyField(help_text="What the books moved on this account without the till.")
    expected = MoneyField()
    counted = MoneyField(allow_null=True)
    difference = MoneyField(allow_null=True)
    handed_over = MoneyField(allow_null=True)


class ShiftReportSerializer(serializers.Serializer[Any]):
    shift = ShiftSerializer()
    currency = serializers.CharField()
    sales_count = serializers.IntegerField()
    total = MoneyField()
    tax = MoneyField()
    discount = MoneyField()
    rounding = MoneyField()
    late_count = serializers.IntegerField(help_text="Sales of an outage made before this shift opened.")
    late_total = MoneyField()
    first_number = serializers.CharField(allow_blank=True)
    last_number = serializers.CharField(allow_blank=True)
    refund_count = serializers.IntegerField()
    refund_total = MoneyField()
    reversed_count = serializers.IntegerField()
    reversed_total = MoneyField()
    methods = MethodSumSerializer(many=True)
    sellers = SellerSumSerializer(many=True)
    taxes = TaxSumSerializer(many=True)
    movements = TillCashSerializer(many=True)
    drawers = DrawerReportSerializer(many=True)
