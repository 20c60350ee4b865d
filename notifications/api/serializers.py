from rest_framework import serializers

from core.api.serializers import StrictModelSerializer, StrictSerializer
from notifications.enums import AlertKind, Severity
from notifications.models import Alert, Notification, NotificationPreference


class AlertSerializer(StrictModelSerializer):
    text = serializers.CharField(read_only=True, help_text="In the language asked for.")

    class Meta:
        model = Alert
        fields = [
            "id", "kind", "key", "severity", "text", "params", "link", "status", "raised_at", "resolved_at",
            "resolved_by_name", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class NotificationSerializer(StrictModelSerializer):
    alert = AlertSerializer(read_only=True)

    class Meta:
        model = Notification
        fields = ["id", "alert", "created_at", "read_at"]
        read_only_fields = fields


class ReadRequestSerializer(StrictSerializer):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=1000,
        help_text="Absent: all of them.",
    )


class ReadAnswerSerializer(StrictSerializer):
    read = serializers.IntegerField(help_text="How many were unread.")
    unread = serializers.IntegerField(help_text="How many still are.")


class PreferenceSerializer(StrictModelSerializer):
    kind = serializers.ChoiceField(choices=AlertKind.choices, read_only=True)
    email_from = serializers.ChoiceField(
        choices=Severity.choices,
        allow_blank=True,
        required=False,
        help_text="The severity from which an e-mail is sent; empty: never.",
    )
    in_app = serializers.BooleanField(required=False)

    class Meta:
        model = NotificationPreference
        fields = ["kind", "in_app", "email_from"]
