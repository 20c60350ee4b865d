"""Bodies of suppliers and of the names learned for them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from purchases.models import Supplier, SupplierAlias, SupplierContact
from purchases.services.suppliers import ContactData, SupplierData


class SupplierContactSerializer(StrictModelSerializer):
    class Meta:
        model = SupplierContact
        fields = ["name", "role", "phone", "email"]


class SupplierSerializer(StrictModelSerializer):
    """Amounts are in the supplier's `currency`. `price_factor` and `bonus_order` are learned when an offer is confirmed."""

    contacts = SupplierContactSerializer(many=True, required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    code = serializers.CharField(max_length=40, required=False, allow_null=True, allow_blank=True)
    party = RefField(read_only=True)
    merged_into = RefField(read_only=True)
    minimum_order_amount = MoneyField(max_digits=20, decimal_places=4, min_value=0, required=False)
    delivery_fee_amount = MoneyField(max_digits=20, decimal_places=4, min_value=0, required=False)
    free_delivery_from_amount = MoneyField(
        max_digits=20, decimal_places=4, min_value=0, required=False, allow_null=True
    )
    credit_limit_amount = MoneyField(max_digits=20, decimal_places=4, min_value=0, required=False)
    invoice_tolerance_percent = serializers.DecimalField(
        max_digits=6, decimal_places=2, min_value=0, required=False, allow_null=True
    )
    lead_time_days = serializers.IntegerField(min_value=0, max_value=365, required=False)
    payment_terms_days = serializers.IntegerField(min_value=0, max_value=3650, required=False)
    reading_columns = serializers.DictField(
        child=serializers.CharField(max_length=40), required=False, help_text="Heading -> column"
    )

    class Meta:
        model = Supplier
        fields = [
            "id", "name", "code", "currency", "tax_number", "address", "notes", "contacts",
            "minimum_order_amount", "delivery_fee_amount", "free_delivery_from_amount", "lead_time_days",
            "payment_terms_days", "credit_limit_amount", "invoice_tolerance_percent", "bonus_order", "price_factor", "reading_columns",
            "is_active", "party", "merged_into", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["created_at", "updated_at"]

    def contacts_data(self) -> list[ContactData] | None:
        """The contacts as given; None where the body names none."""
        given = self.validated_data.get("contacts")
        return None if given is None else [ContactData(**contact) for contact in given]

    def data_for_service(self) -> SupplierData:
        values = {name: value for name, value in self.validated_data.items() if name != "contacts"}
        return SupplierData(**values, contacts=self.contacts_data() or ())

    def changes_for_service(self) -> dict[str, Any]:
        return {name: value for name, value in self.validated_data.items() if name != "contacts"}


class SupplierMergeSerializer(StrictSerializer):
    into = RefField(queryset=Supplier.objects.all())


class SupplierAliasSerializer(StrictModelSerializer):
    """What one supplier calls one product; no product: the name is ignored."""

    supplier = RefField(read_only=True)
    product = RefField(read_only=True)
    unit = RefField(read_only=True)

    class Meta:
        model = SupplierAlias
        fields = ["id", "supplier", "raw_name", "product", "unit", "learned_by_name", "updated_at"]
        read_only_fields = fields
