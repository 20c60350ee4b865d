"""Shapes of the end of a period."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from capital.models import Revaluation, RevaluationLine, YearClosing
from capital.types import ClosingCheck
from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer

#: What each check asks, in words.
CHECK_WORDS: dict[str, Promise] = {
    "not_over": _("The period is over"),
    "earlier_open": _("Every earlier period is closed"),
    "unbalanced": _("Debits equal credits"),
    "manual_entries": _("No manual entry of the period waits"),
    "grni_open": _("Nothing received waits for its invoice"),
    "cash_below_zero": _("No cash or bank account is below zero"),
    "foreign_not_revalued": _("Foreign balances stand at the rate of the last day"),
    "year_not_closed": _("The year's profit is carried to retained earnings"),
}


class ClosingCheckSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.SerializerMethodField()
    passed = serializers.BooleanField()
    blocks = serializers.BooleanField(help_text="Whether it forbids closing, or only deserves a look.")
    count = serializers.IntegerField()
    amount = MoneyField()

    def get_text(self, check: ClosingCheck) -> str:
        return str(CHECK_WORDS[check.code])


class YearSerializer(StrictSerializer):
    year = serializers.IntegerField(min_value=2000, max_value=2200)


class YearClosingSerializer(StrictModelSerializer):
    profit_amount = MoneyField(read_only=True)

    class Meta:
        model = YearClosing
        fields = [
            "id",
            "number",
            "year",
            "business_date",
            "profit_amount",
            "actor_name",
            "reversed_at",
            "reversal_reason",
        ]


class RevaluationLineSerializer(StrictModelSerializer):
    account = RefField(name="label", read_only=True)
    party = RefField(read_only=True)
    foreign_amount = MoneyField(read_only=True)
    rate = MoneyField(read_only=True)
    carried_amount = MoneyField(read_only=True)
    worth_amount = MoneyField(read_only=True)
    difference_amount = MoneyField(read_only=True)

    class Meta:
        model = RevaluationLine
        fields = [
            "account",
            "party",
            "currency",
            "foreign_amount",
            "rate",
            "carried_amount",
            "worth_amount",
            "difference_amount",
        ]


class RevaluationSerializer(StrictModelSerializer):
    difference_amount = MoneyField(read_only=True)
    lines = RevaluationLineSerializer(many=True, read_only=True)

    class Meta:
        model = Revaluation
        fields = ["id", "number", "as_of", "difference_amount", "posted_at", "actor_name", "lines"]
        read_only_fields = ["number", "posted_at", "actor_name"]
