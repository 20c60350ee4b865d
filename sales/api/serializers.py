"""Shapes of selling over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import (
    MoneyField,
    OccurredAtField,
    RefField,
    StrictModelSerializer,
    StrictSerializer,
)
from sales.enums import DemandBasis, PaymentMethod, SaleWarning, ShortageOutcome
from sales.models import Sale, SaleLine, SalePayment, Shortage
from sales.services import QuotedLine

#: The largest number that a key or a count in the database can be.
_BIG = 2**63 - 1
MAX_LINES = 1000
MAX_QUANTITY = 10**9


def key_field(**kwargs: Any) -> serializers.IntegerField:
    """An id, looked up by the service for all lines at once."""
    return serializers.IntegerField(min_value=1, max_value=_BIG, **kwargs)


def count_field(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, **kwargs)


def _percent() -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=7, decimal_places=4, min_value=0, max_value=100, required=False, allow_null=True
    )


def _discount() -> MoneyField:
    return MoneyField(max_digits=20, decimal_places=4, min_value=0, required=False, allow_null=True)


class NewSaleLineSerializer(StrictSerializer):
    product = key_field(
        required=False,
        allow_null=True,
        help_text="The product; beside a `code` the one meant of those that carry it.",
    )
    code = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="A barcode or GS1 code, as scanned."
    )
    quantity = count_field()
    unit = key_field(required=False, allow_null=True, help_text="Default: the code's, else the selling unit.")
    batch = key_field(
        required=False,
        allow_null=True,
        help_text="Default: the code's, else the first to expire. With `batch_reason`.",
    )
    batch_reason = serializers.CharField(required=False, allow_blank=True, max_length=200)
    discount_percent = _percent()
    discount_amount = _discount()
    unit_price = MoneyField(
        required=False,
        allow_null=True,
        min_value=0,
        help_text="Overrides the list price; needs sales.override_price.",
    )
    prescription = key_field(
        required=False, allow_null=True, help_text="What it is dispensed on. Default: the sale's."
    )


class PatientSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)
    id_number = serializers.CharField(required=False, allow_blank=True, max_length=60)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=40)
    birth_year = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=9999)
    customer = key_field(required=False, allow_null=True, help_text="Who they are to us.")


class PrescriberSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)
    licence = serializers.CharField(required=False, allow_blank=True, max_length=60)


class PrescribedSerializer(StrictSerializer):
    """A prescription handed in with a sale: its lines are those of the sale that need one."""

    patient = PatientSerializer()
    prescriber = PrescriberSerializer()
    issued_date = serializers.DateField(required=False, help_text="Default: today.")
    valid_until = serializers.DateField(required=False, allow_null=True)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=60)
    image = serializers.UUIDField(required=False, allow_null=True, help_text="A stored document.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)


class NewPaymentSerializer(StrictSerializer):
    method = serializers.ChoiceField(choices=PaymentMethod.choices)
    amount = MoneyField(max_digits=20, decimal_places=4, min_value=0)
    currency = serializers.RegexField(
        r"^[A-Z]{3}$",
        required=False,
        allow_blank=True,
        help_text="Cash in another currency than ours, taken at a till at the day's rate; change is in ours.",
    )


class NewSaleSerializer(StrictSerializer):
    lines = serializers.ListField(child=NewSaleLineSerializer(), min_length=1, max_length=MAX_LINES)
    payments = serializers.ListField(child=NewPaymentSerializer(), max_length=20)
    exact = serializers.ChoiceField(
        choices=PaymentMethod.choices,
        required=False,
        help_text="Pays what is still due after `payments`, to the last digit, by this method.",
    )
    customer = key_field(required=False, allow_null=True)
    till = key_field(
        required=False, allow_null=True, help_text="In its open shift; its cash into its drawer."
    )
    location = key_field(
        required=False, allow_null=True, help_text="Default: the till's, else the usual place."
    )
    discount_percent = _percent()
    discount_amount = _discount()
    occurred_at = OccurredAtField(required=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)
    prescription = key_field(
        required=False, allow_null=True, help_text="For each line that needs one and names none."
    )
    prescribed = PrescribedSerializer(required=False, allow_null=True)


class SoldBatchSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.CharField()
    expiry = serializers.DateField(allow_null=True)
    quantity = serializers.IntegerField(help_text="In base units.")


class SaleLineSerializer(serializers.ModelSerializer[SaleLine]):
    product = RefField(read_only=True)
    unit = RefField(read_only=True)
    unit_price = MoneyField(read_only=True)
    list_price = MoneyField(read_only=True, allow_null=True)
    amount = MoneyField(read_only=True)
    tax = MoneyField(source="tax_amount", read_only=True)
    discount = MoneyField(source="discount_amount", read_only=True)
    found_quantity = serializers.IntegerField(
        source="found_qty", read_only=True, help_text="Base units sold above stock, still to be explained."
    )
    refunded_quantity = serializers.IntegerField(source="refunded_qty", default=0, read_only=True)

    class Meta:
        model = SaleLine
        fields = [
            "line",
            "product",
            "unit",
            "quantity",
            "unit_price",
            "list_price",
            "discount",
            "amount",
            "tax",
            "batch_reason",
            "found_quantity",
            "refunded_quantity",
        ]


class SaleLineDetailSerializer(SaleLineSerializer):
    batches = SoldBatchSerializer(many=True, read_only=True)

    class Meta(SaleLineSerializer.Meta):
        fields = [*SaleLineSerializer.Meta.fields, "batches"]


class SalePaymentSerializer(serializers.ModelSerializer[SalePayment]):
    amount = MoneyField(read_only=True)
    foreign_amount = MoneyField(read_only=True, allow_null=True)
    rate = MoneyField(read_only=True, allow_null=True)

    class Meta:
        model = SalePayment
        fields = ["method", "amount", "currency", "foreign_amount", "rate"]


class SaleSerializer(serializers.ModelSerializer[Sale]):
    location = RefField(read_only=True)
    customer = RefField(read_only=True)
    total = MoneyField(source="total_amount", read_only=True)
    tax = MoneyField(source="tax_amount", read_only=True)
    paid = MoneyField(source="paid_amount", read_only=True)
    change = MoneyField(source="change_amount", read_only=True)
    rounding = MoneyField(source="rounding_amount", read_only=True)
    discount = MoneyField(source="discount_amount", read_only=True)
    till = RefField(read_only=True)
    shift = RefField(name="number", read_only=True)
    is_late = serializers.BooleanField(
        read_only=True, help_text="Made during an outage, before its shift opened: its own was closed."
    )
    lines = SaleLineSerializer(many=True, read_only=True)
    payments = SalePaymentSerializer(many=True, read_only=True)

    class Meta:
        model = Sale
        fields = [
            "id",
            "number",
            "status",
            "location",
            "customer",
            "till",
            "shift",
            "is_late",
            "business_date",
            "occurred_at",
            "posted_at",
            "currency",
            "discount",
            "total",
            "tax",
            "paid",
            "change",
            "rounding",
            "note",
            "actor_name",
            "lines",
            "payments",
        ]


class SaleDetailSerializer(SaleSerializer):
    lines = SaleLineDetailSerializer(many=True, read_only=True)


class SaleWarningSerializer(serializers.Serializer[Any]):
    """Something to mind about a line; it stopped nothing."""

    line = serializers.IntegerField()
    code = serializers.ChoiceField(choices=SaleWarning.choices)
    text = serializers.CharField()


class MadeSaleSerializer(SaleDetailSerializer):
    warnings = SaleWarningSerializer(many=True, read_only=True)

    class Meta(SaleDetailSerializer.Meta):
        fields = [*SaleDetailSerializer.Meta.fields, "warnings"]


class QuoteRequestSerializer(StrictSerializer):
    """A sale as `POST sales/` takes it, without who pays how."""

    lines = serializers.ListField(child=NewSaleLineSerializer(), min_length=1, max_length=MAX_LINES)
    customer = key_field(required=False, allow_null=True)
    till = key_field(required=False, allow_null=True)
    location = key_field(required=False, allow_null=True)
    discount_percent = _percent()
    discount_amount = _discount()


class QuotedLineSerializer(serializers.Serializer[Any]):
    product = serializers.IntegerField(source="sold.product_id")
    unit = serializers.SerializerMethodField()
    quantity = serializers.IntegerField(source="sold.quantity")
    unit_price = MoneyField(allow_null=True, help_text="Null where it hangs on the batch.")
    list_price = MoneyField(source="sold.list_price", allow_null=True)
    discount = MoneyField()
    amount = MoneyField(allow_null=True, help_text="Discounts off, tax in.")
    available = serializers.IntegerField(help_text="Base units that may be sold there.")
    needs_prescription = serializers.BooleanField()
    needs_register = serializers.BooleanField()
    warnings = SaleWarningSerializer(many=True)

    @extend_schema_field(
        {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    )
    def get_unit(self, line: QuotedLine) -> dict[str, Any]:
        return {"id": line.sold.unit.id, "name": line.sold.unit.name}


class QuoteSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    total = MoneyField()
    discount = MoneyField()
    cash_due = MoneyField(help_text="To the coin in use.")
    lines = QuotedLineSerializer(many=True)


class ShortageSerializer(StrictModelSerializer):
    product = RefField(read_only=True)
    customer = RefField(read_only=True)

    class Meta:
        model = Shortage
        fields = [
            "id",
            "product",
            "requested_name",
            "quantity",
            "business_date",
            "customer",
            "note",
            "status",
            "outcome",
            "closed_at",
            "actor_name",
        ]


class NewShortageSerializer(StrictSerializer):
    product = key_field(required=False, allow_null=True)
    requested_name = serializers.CharField(required=False, allow_blank=True, max_length=255)
    quantity = count_field(default=1)
    unit = key_field(required=False, allow_null=True, help_text="Default: the base unit.")
    customer = key_field(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)


class CloseShortageSerializer(StrictSerializer):
    outcome = serializers.ChoiceField(choices=ShortageOutcome.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)


class DemandQuerySerializer(StrictSerializer):
    product = serializers.CharField(
        max_length=4000, help_text="Product ids, separated by commas (at most 200)."
    )
    as_of = serializers.DateField(required=False)


class DemandSerializer(serializers.Serializer[Any]):
    product = serializers.IntegerField()
    rate_per_day = serializers.CharField()
    basis = serializers.ChoiceField(choices=DemandBasis.choices)
    days_observed = serializers.IntegerField()
    sold_quantity = serializers.IntegerField()
    shortage_quantity = serializers.IntegerField()
