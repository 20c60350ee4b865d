"""Shapes of tills, shifts and what a drawer holds."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import (
    MoneyField,
    OccurredAtField,
    RefField,
    StrictModelSerializer,
    StrictSerializer,
)
from sales.enums import CashDirection
from sales.models import CashMovement, SaleReplay, Shift, ShiftCash, Till, TillPin

_BIG = 2**63 - 1
MAX_REPLAY = 500
_CURRENCY = r"^[A-Z]{3}$"


def _amount(**kwargs: Any) -> MoneyField:
    return MoneyField(max_digits=20, decimal_places=4, min_value=0, **kwargs)


def _key(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=_BIG, **kwargs)


class TillAccountSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    account = RefField(name="label", read_only=True)


class TillSerializer(StrictModelSerializer):
    location = RefField(read_only=True)
    accounts = TillAccountSerializer(many=True, read_only=True)
    open_shift = serializers.SerializerMethodField()

    class Meta:
        model = Till
        fields = ["id", "name", "location", "asks_who_sells", "is_active", "accounts", "open_shift"]

    def get_open_shift(self, till: Till) -> int | None:
        found = till.open_shifts  # type: ignore[attr-defined]
        return found[0].pk if found else None


class TillRequestSerializer(StrictSerializer):
    name = serializers.CharField(max_length=60)
    location = _key()
    asks_who_sells = serializers.BooleanField(required=False, help_text="Each sale says whose PIN was given.")
    is_active = serializers.BooleanField(required=False)


class CurrencySerializer(StrictSerializer):
    currency = serializers.RegexField(_CURRENCY)


class IdentifySerializer(StrictSerializer):
    user = _key()
    pin = serializers.CharField(max_length=8)


class SellerSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Send it as `Till-Seller` beside the machine's own sign-in.")
    user = serializers.SerializerMethodField()
    till = serializers.IntegerField(source="till_id")
    expires_at = serializers.DateTimeField()

    def get_user(self, proof: Any) -> dict[str, Any]:
        return {"id": proof.user_id, "name": proof.name}


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class PinRequestSerializer(StrictSerializer):
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    pin = serializers.CharField(max_length=8)


class PinSerializer(serializers.ModelSerializer[TillPin]):
    user = RefField(read_only=True)

    class Meta:
        model = TillPin
        fields = ["user", "set_at", "locked_until"]


class DenominationSerializer(StrictSerializer):
    value = _amount()
    pieces = serializers.IntegerField(min_value=0, max_value=10**6)


class CountSerializer(StrictSerializer):
    currency = serializers.RegexField(_CURRENCY)
    denominations = serializers.ListField(child=DenominationSerializer(), required=False, max_length=40)
    amount = _amount(required=False, allow_null=True, help_text="In place of the notes and coins.")


class OpeningCountSerializer(CountSerializer):
    float_from = _key(
        required=False,
        allow_null=True,
        help_text="The account that the float comes from, where the books say the drawer is empty: no more than it "
        "holds, by who may move a till's cash.",
    )


def _counts(**kwargs: Any) -> serializers.ListField:
    return serializers.ListField(child=CountSerializer(), max_length=10, **kwargs)


class OpenShiftSerializer(StrictSerializer):
    till = _key()
    counts = serializers.ListField(child=OpeningCountSerializer(), max_length=10, min_length=1)
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=500,
        help_text="Why the drawer differs from the books; needed where it does.",
    )


class CountRequestSerializer(StrictSerializer):
    counts = _counts(min_length=1)


class HandOverSerializer(StrictSerializer):
    currency = serializers.RegexField(_CURRENCY)
    amount = _amount()
    account = _key(required=False, allow_null=True, help_text="Default: the main cash account.")


class CloseShiftSerializer(StrictSerializer):
    counts = _counts(required=False)
    handed_over = serializers.ListField(child=HandOverSerializer(), required=False, max_length=10)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)


class MoveCashSerializer(StrictSerializer):
    direction = serializers.ChoiceField(choices=CashDirection.choices)
    amount = _amount()
    currency = serializers.RegexField(_CURRENCY, required=False, allow_blank=True)
    account = _key(
        required=False,
        allow_null=True,
        help_text="Cash or a bank; out also the owner or an expense. Default: the main cash account.",
    )
    reason = serializers.CharField(max_length=500)


class TillCashSerializer(serializers.ModelSerializer[CashMovement]):
    amount = MoneyField(read_only=True)
    account = RefField(name="label", read_only=True)
    expense = RefField(name="number", read_only=True)

    class Meta:
        model = CashMovement
        fields = [
            "id", "direction", "currency", "amount", "account", "expense", "reason", "moved_at", "actor_name",
        ]  # fmt: skip


class ShiftCashSerializer(serializers.ModelSerializer[ShiftCash]):
    account = RefField(name="label", read_only=True)
    float = MoneyField(source="float_amount", read_only=True)
    float_from = RefField(name="label", source="float_account", read_only=True, allow_null=True)
    opening_difference = MoneyField(read_only=True)
    expected = MoneyField(
        source="expected_amount", read_only=True, allow_null=True, help_text="Null until it is closed."
    )
    counted = MoneyField(source="counted_amount", read_only=True, allow_null=True)
    difference = MoneyField(source="difference_amount", read_only=True, allow_null=True)
    handed_over = MoneyField(source="handed_over_amount", read_only=True, allow_null=True)

    class Meta:
        model = ShiftCash
        fields = [
            "currency", "account", "float", "float_from", "opening_difference", "expected", "counted", "difference",
            "handed_over",
        ]  # fmt: skip


class ShiftSerializer(serializers.ModelSerializer[Shift]):
    till = RefField(read_only=True)
    cash = ShiftCashSerializer(many=True, read_only=True)

    class Meta:
        model = Shift
        fields = [
            "id", "number", "till", "status", "business_date", "opened_at", "opened_by_name", "opening_reason",
            "closed_at", "closed_by_name", "closing_note", "cash",
        ]  # fmt: skip


class OutageSaleSerializer(StrictSerializer):
    key = serializers.CharField(max_length=255, help_text="The Idempotency-Key that the till gave it.")
    occurred_at = OccurredAtField()
    seller = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, help_text="The token of whoever sold it."
    )
    sale = serializers.DictField(help_text="The body of `POST sales/`, without till and occurred_at.")


class ReplayRequestSerializer(StrictSerializer):
    till = _key()
    sales = serializers.ListField(child=OutageSaleSerializer(), min_length=1, max_length=MAX_REPLAY)


class ReplayAnswerSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    status = serializers.ChoiceField(choices=["accepted", "replayed", "refused"])
    sale = RefField(name="number", read_only=True)
    replay = serializers.IntegerField(source="replay.pk", default=None, allow_null=True, read_only=True)
    problem = serializers.DictField(source="replay.problem", default=None, allow_null=True, read_only=True)


class ReplayAnswersSerializer(serializers.Serializer[Any]):
    accepted = serializers.IntegerField()
    replayed = serializers.IntegerField()
    refused = serializers.IntegerField()
    sales = ReplayAnswerSerializer(many=True)


class SaleReplaySerializer(serializers.ModelSerializer[SaleReplay]):
    till = RefField(read_only=True)
    sale = RefField(name="number", read_only=True)
    body = serializers.DictField(read_only=True, help_text="As the till sent it.")
    problem = serializers.DictField(read_only=True)

    class Meta:
        model = SaleReplay
        fields = [
            "id", "key", "till", "status", "occurred_at", "body", "problem", "sale", "seller_name", "settled_at",
            "settled_by_name", "settled_reason", "created_at",
        ]  # fmt: skip


class RetryReplaySerializer(StrictSerializer):
    sale = serializers.DictField(required=False, help_text="A corrected body. Default: as it was sent.")
