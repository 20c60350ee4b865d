"""Bodies of proposals. Shape only; services judge truth."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from purchases.api.buying_fields import (
    AmountField,
    BonusSerializer,
    BreakSerializer,
    ExplanationSerializer,
    QuantityField,
    ReasonSerializer,
    bonus_of,
)
from purchases.api.fields import ErrorSerializer, ProgressSerializer
from purchases.bonus import breaks_around
from purchases.explain import explain, sentence
from purchases.models import Proposal, ProposalExclusion, ProposalLine
from users.enums import SpendingPolicy


class TotalsSerializer(StrictSerializer):
    """What the proposal spends, next to what could be spent when it was made."""

    goods = MoneyField(source="goods_amount")
    fees = MoneyField(source="fee_amount")
    total = MoneyField(source="total_amount")
    spendable = MoneyField(source="spendable_amount", allow_null=True)
    lines = serializers.IntegerField(source="line_count")
    excluded = serializers.IntegerField(source="excluded_count")


class ProposalSerializer(StrictModelSerializer):
    """A purchase plan that waits for a decision. Its lines are at `lines/`, what it left out at `excluded/`."""

    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    budget = MoneyField(source="budget_amount", read_only=True, allow_null=True)
    totals = TotalsSerializer(source="*", read_only=True)
    bound = MoneyField(source="bound_amount", read_only=True, allow_null=True)
    copied_from = serializers.PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = Proposal
        fields = [
            "id", "number", "status", "progress", "error", "business_date", "currency", "budget", "policy", "totals",
            "rules", "bound", "gap", "cutoff", "copied_from", "created_by_name", "created_at", "generated_at",
            "submitted_by_name", "submitted_at", "decided_by_name", "decided_at", "reason", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, proposal: Proposal) -> dict[str, int]:
        return {"done": proposal.progress_done, "total": proposal.progress_total}

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, proposal: Proposal) -> dict[str, str] | None:
        if not proposal.error_code:
            return None
        return {"code": proposal.error_code, "message": proposal.error_message}


class OrderRefSerializer(StrictSerializer):
    """An order that the proposal became."""

    id = serializers.IntegerField(read_only=True)
    number = serializers.CharField(read_only=True)
    status = serializers.CharField(read_only=True)
    supplier = RefField(read_only=True)


class ProposalDetailSerializer(ProposalSerializer):
    """With the offers it was narrowed to and the orders it became."""

    offers = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    orders = serializers.SerializerMethodField()

    class Meta(ProposalSerializer.Meta):
        fields = [*ProposalSerializer.Meta.fields, "offers", "orders"]
        read_only_fields = fields

    @extend_schema_field(OrderRefSerializer(many=True))
    def get_orders(self, proposal: Proposal) -> list[dict[str, Any]]:
        orders = proposal.orders.select_related("supplier").order_by("pk")
        return list(OrderRefSerializer(orders, many=True).data)


class ProposalCreateSerializer(StrictSerializer):
    """`offers` narrows the plan to these; `budget` caps it below what may be spent."""

    offers = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), required=False, max_length=500
    )
    budget = AmountField(required=False, allow_null=True)
    policy = serializers.ChoiceField(SpendingPolicy.choices, required=False, allow_blank=True)


class BreaksSerializer(StrictSerializer):
    """`down`: fewer paid units with the same bonus; `up`: the next quantity that brings more."""

    down = BreakSerializer(allow_null=True)
    up = BreakSerializer(allow_null=True)


class ProposalLineSerializer(StrictModelSerializer):
    """Quantities in `unit`; `unit_cost` after discounts and before bonus, `net_cost` after it, `amount` the money."""

    product = RefField(read_only=True)
    supplier = RefField(read_only=True)
    unit = RefField(read_only=True)
    offer_line = serializers.IntegerField(source="offer_line_id", read_only=True, allow_null=True)
    paid_quantity = serializers.IntegerField(source="paid_qty", read_only=True)
    free_quantity = serializers.IntegerField(source="free_qty", read_only=True)
    planned_quantity = serializers.IntegerField(source="planned_qty", read_only=True, allow_null=True)
    unit_cost = MoneyField(read_only=True)
    net_cost = MoneyField(read_only=True)
    amount = MoneyField(read_only=True)
    bonus = serializers.SerializerMethodField()
    breaks = serializers.SerializerMethodField()
    explanation = serializers.SerializerMethodField()

    class Meta:
        model = ProposalLine
        fields = [
            "id", "position", "product", "supplier", "supplier_name", "supplier_code", "offer_line", "unit",
            "unit_factor", "paid_quantity", "free_quantity", "planned_quantity", "unit_cost", "net_cost", "amount",
            "bonus", "breaks", "is_stale", "explanation", "inputs",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(BonusSerializer(many=True))
    def get_bonus(self, line: ProposalLine) -> list[dict[str, int]]:
        return bonus_of(line.tiers)

    @extend_schema_field(BreaksSerializer)
    def get_breaks(self, line: ProposalLine) -> dict[str, Any]:
        down, up = breaks_around(line.paid_qty, [(buy, free) for buy, free in line.tiers])
        shown = BreaksSerializer({"down": down, "up": up}).data
        return dict(shown)

    @extend_schema_field(ExplanationSerializer)
    def get_explanation(self, line: ProposalLine) -> dict[str, Any]:
        return explain(line.explanation, self.context.get("supplier_name", str))


class LineEditSerializer(StrictSerializer):
    paid_quantity = QuantityField(min_value=1)


class LineAddSerializer(StrictSerializer):
    """A current line of an offer, as `offer-lines/?current=true` lists them."""

    offer_line = serializers.IntegerField(min_value=1, max_value=2**62)
    paid_quantity = QuantityField(min_value=1)


class EditedLineSerializer(StrictSerializer):
    """The line as it now is (null when it was taken out) and the proposal's totals; its new ETag is in the header."""

    line = ProposalLineSerializer(allow_null=True)
    totals = TotalsSerializer()


class ExclusionSerializer(StrictModelSerializer):
    """A product that the plan left out, and why."""

    product = RefField(read_only=True)
    offer_line = serializers.IntegerField(source="offer_line_id", read_only=True, allow_null=True)
    reason = serializers.SerializerMethodField()

    class Meta:
        model = ProposalExclusion
        fields = ["id", "product", "offer_line", "code", "reason"]
        read_only_fields = fields

    @extend_schema_field(ReasonSerializer)
    def get_reason(self, row: ProposalExclusion) -> dict[str, Any]:
        return {
            "code": row.code,
            "params": row.reason.get("params", {}),
            "text": sentence(row.reason, self.context.get("supplier_name", str)),
        }
