from typing import Any
from zoneinfo import available_timezones

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from users.models import ApiKey, Organization, SignInSession, User

PASSWORD_LENGTH = 256  # argon2 hashes any length; nobody gets to make it work on megabytes


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=PASSWORD_LENGTH, trim_whitespace=False, style={"input_type": "password"}, **kwargs
        )


class TokenRequestSerializer(StrictSerializer):
    email = serializers.CharField(max_length=254)
    password = PasswordField()
    otp = serializers.CharField(
        max_length=10, required=False, default="", help_text="The second factor, where set up."
    )
    cookie = serializers.BooleanField(
        default=False, help_text="Browsers: keep the refresh token in an httpOnly cookie, out of the body."
    )


class TokensSerializer(StrictSerializer):
    access = serializers.CharField()
    refresh = serializers.CharField(allow_null=True, help_text="Null when it went into the cookie.")
    csrf_token = serializers.CharField(
        required=False, help_text="With the cookie: send it back as X-CSRFToken."
    )


class RefreshRequestSerializer(StrictSerializer):
    refresh = serializers.CharField(
        max_length=2000, required=False, default="", help_text="Machines; browsers send the cookie."
    )


class PasswordChangeSerializer(StrictSerializer):
    old_password = PasswordField()
    new_password = PasswordField()


class PasswordResetSerializer(StrictSerializer):
    email = serializers.CharField(max_length=254)


class PasswordResetConfirmSerializer(StrictSerializer):
    uid = serializers.CharField(max_length=100)
    token = serializers.CharField(max_length=200)
    password = PasswordField()


class SessionSerializer(StrictModelSerializer):
    current = serializers.SerializerMethodField(help_text="The session that asks.")

    class Meta:
        model = SignInSession
        fields = ["id", "user_agent", "ip_address", "created_at", "last_used_at", "expires_at", "current"]
        read_only_fields = fields

    def get_current(self, session: SignInSession) -> bool:
        return bool(session.pk == self.context.get("session_id"))


class MfaSetupSerializer(StrictSerializer):
    otpauth_url = serializers.CharField(help_text="Show it as a QR code to the authenticator app.")


class MfaCodeSerializer(StrictSerializer):
    code = serializers.CharField(max_length=10)


class MfaDisableSerializer(StrictSerializer):
    password = PasswordField()


class ApiKeySerializer(StrictModelSerializer):
    user = RefField(queryset=User.objects.all())
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=100),
        max_length=500,
        required=False,
        help_text="Permission codes that narrow what the key may do; empty: all that its user may.",
    )

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "user",
            "prefix",
            "scopes",
            "expires_at",
            "last_used_at",
            "revoked_at",
            "created_at",
        ]
        read_only_fields = ["id", "prefix", "last_used_at", "revoked_at", "created_at"]


class NewApiKeySerializer(ApiKeySerializer):
    key = serializers.CharField(read_only=True, help_text="Shown this once.")

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "key"]


class OrganizationSerializer(StrictModelSerializer):
    capital_reserve = MoneyField(max_digits=20, decimal_places=4, min_value=0, required=False)
    cash_rounding_step = MoneyField(max_digits=20, decimal_places=4, min_value=0, required=False)
    cash_difference_limit = MoneyField(max_digits=20, decimal_places=4, min_value=0, required=False)
    price_rounding_step = MoneyField(max_digits=20, decimal_places=4, min_value=0, required=False)
    currency = serializers.CharField(
        required=False, max_length=3, validators=[RegexValidator(r"^[A-Z]{3}\Z")], help_text="ISO 4217"
    )
    currency_is_fixed = serializers.SerializerMethodField()

    class Meta:
        model = Organization
        fields = [
            "name", "name_ar", "address", "phone", "email", "licence_number", "currency", "currency_is_fixed",
            "timezone", "language", "tax_regime", "tax_number", "two_person_approval", "spending_policy",
            "capital_reserve", "selling_price_policy", "price_rounding", "price_rounding_step", "cash_rounding_step", "require_shift", "cash_difference_limit",
            "refund_policy",
            "sale_replay_days", "dead_stock_days", "expiry_critical_days", "expiry_warning_days",
            "expiry_info_days", "near_expiry_rule", "near_expiry_days", "offer_stale_days", "price_jump_percent",
            "invoice_tolerance_percent", "review_days", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["currency_is_fixed", "updated_at"]

    def get_currency_is_fixed(self, organization: Organization) -> bool:
        return organization.currency_fixed_at is not None

    def validate_timezone(self, value: str) -> str:
        if value not in available_timezones():
            raise serializers.ValidationError(_("This time zone is not known."), code="unknown")
        return value


class MetaSerializer(StrictSerializer):
    version = serializers.CharField()
    languages = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    currency = serializers.DictField()
    limits = serializers.DictField(child=serializers.IntegerField())
    features = serializers.DictField(child=serializers.BooleanField())
    enums = serializers.DictField(
        child=serializers.ListField(child=serializers.DictField(child=serializers.CharField())),
        help_text="`app.EnumName` -> [{value, label}], labels in the language asked for.",
    )
