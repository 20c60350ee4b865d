"""Shapes of entries written by hand."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from capital.models import ManualEntry, ManualEntryFile, ManualEntryLine
from capital.selectors import find_entry
from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from core.sources import Source

_ISO_4217 = r"^[A-Z]{3}$"
_MAX_ID = 2**63 - 1
_MAX_FILES = 20


class ManualLineSerializer(StrictModelSerializer):
    account = RefField(name="label", read_only=True)
    account_code = serializers.CharField(source="account.code", read_only=True)
    party = RefField(read_only=True)
    debit = MoneyField(read_only=True)
    credit = MoneyField(read_only=True)
    foreign_amount = MoneyField(read_only=True, allow_null=True)
    rate = MoneyField(read_only=True, allow_null=True)

    class Meta:
        model = ManualEntryLine
        fields = [
            "account",
            "account_code",
            "party",
            "debit",
            "credit",
            "currency",
            "foreign_amount",
            "rate",
            "memo",
        ]


class ManualLineWriteSerializer(StrictSerializer):
    """One side. A line on an account in foreign money names currency, amount and rate too."""

    account = serializers.IntegerField(min_value=1, max_value=_MAX_ID)
    party = serializers.IntegerField(min_value=1, max_value=_MAX_ID, allow_null=True, required=False)
    debit = MoneyField(required=False, min_value=Decimal(0))
    credit = MoneyField(required=False, min_value=Decimal(0))
    currency = serializers.RegexField(_ISO_4217, allow_blank=True, required=False)
    foreign_amount = MoneyField(allow_null=True, required=False, min_value=Decimal(0))
    rate = MoneyField(allow_null=True, required=False, min_value=Decimal(0))
    memo = serializers.CharField(max_length=200, allow_blank=True, required=False)


class VoucherSerializer(StrictModelSerializer):
    id = serializers.UUIDField(source="file_id", read_only=True)
    name = serializers.CharField(source="file.name", read_only=True)

    class Meta:
        model = ManualEntryFile
        fields = ["id", "name"]


class ManualEntrySerializer(StrictModelSerializer):
    """A manual entry with its lines, its vouchers and, once approved, the journal entry that it posted."""

    amount = MoneyField(read_only=True)
    lines = ManualLineSerializer(many=True, read_only=True)
    files = VoucherSerializer(source="attachments", many=True, read_only=True)

    class Meta:
        model = ManualEntry
        fields = [
            "id",
            "number",
            "status",
            "business_date",
            "memo",
            "amount",
            "lines",
            "files",
            "created_by_name",
            "submitted_at",
            "submitted_by_name",
            "decided_at",
            "decided_by_name",
            "reason",
        ]


class ManualEntryDetailSerializer(ManualEntrySerializer):
    journal_entry = serializers.SerializerMethodField()

    class Meta(ManualEntrySerializer.Meta):
        fields = [*ManualEntrySerializer.Meta.fields, "journal_entry"]

    @extend_schema_field(
        {
            "type": ["object", "null"],
            "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
            "required": ["id", "name"],
        }
    )
    def get_journal_entry(self, entry: ManualEntry) -> dict[str, Any] | None:
        posted = find_entry(source=Source("manual", str(entry.pk)))
        return {"id": posted.pk, "name": posted.number} if posted else None


class ManualEntryWriteSerializer(StrictSerializer):
    """What a person writes; ``files`` are ids of stored documents."""

    business_date = serializers.DateField(required=False)
    memo = serializers.CharField(max_length=500)
    lines = serializers.ListField(child=ManualLineWriteSerializer(), min_length=2, max_length=500)
    files = serializers.ListField(child=serializers.UUIDField(), max_length=_MAX_FILES, required=False)
