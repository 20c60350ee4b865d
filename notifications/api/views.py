"""Alerts of the pharmacy; notifications and preferences of the one who asks."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.permissions import SIGNED_IN
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet
from core.errors import NotFound
from notifications.api.serializers import (
    AlertSerializer,
    NotificationSerializer,
    PreferenceSerializer,
    ReadAnswerSerializer,
    ReadRequestSerializer,
)
from notifications.enums import AlertKind
from notifications.models import Alert, Notification, NotificationPreference
from notifications.selectors import list_alerts, list_notifications, list_preferences, unread_count
from notifications.services import mark_all_read, mark_read, resolve_alert_by_hand, set_preference


class AlertFilter(filters.FilterSet):
    since = filters.IsoDateTimeFilter(field_name="raised_at", lookup_expr="gte")

    class Meta:
        model = Alert
        fields = ["kind", "severity", "status", "key"]


class AlertViewSet(ReadOnlyDomainViewSet):
    """What asks for attention."""

    permissions = {
        "list": "notifications.view_alert",
        "retrieve": "notifications.view_alert",
        "resolve": "notifications.resolve_alert",
    }
    serializer_class = AlertSerializer
    queryset = Alert.objects.none()
    filterset_class = AlertFilter

    def get_queryset(self) -> QuerySet[Alert]:
        return list_alerts()

    @extend_schema(request=None, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """Say that it is settled. Most alerts resolve by themselves; the next check may raise this one anew."""
        return self.answer(resolve_alert_by_hand(alert_id=self.get_object().pk, actor=actor_of(request)))


class NotificationFilter(filters.FilterSet):
    since = filters.NumberFilter(
        field_name="id", lookup_expr="gt", label="The newest id you have: what came after it."
    )
    unread = filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = ["alert__kind", "alert__severity", "alert__status"]


class NotificationViewSet(ListMixin, DomainViewSet):
    """What the one who asks was told of, newest first."""

    permissions = {"*": SIGNED_IN}
    serializer_class = NotificationSerializer
    queryset = Notification.objects.none()
    filterset_class = NotificationFilter

    def get_queryset(self) -> QuerySet[Notification]:
        return list_notifications(user_id=self.request.user.pk or 0)

    @extend_schema(request=ReadRequestSerializer, responses=ReadAnswerSerializer)
    @action(detail=False, methods=["post"])
    def read(self, request: Request) -> Response:
        """Mark some, or all, as read."""
        form = ReadRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user_id, ids = request.user.pk or 0, form.validated_data.get("ids")
        count = (
            mark_all_read(user_id=user_id)
            if ids is None
            else mark_read(user_id=user_id, notification_ids=ids)
        )
        return Response({"read": count, "unread": unread_count(user_id=user_id)})


class PreferenceViewSet(DomainViewSet):
    """What the one who asks wants to hear of, kind by kind."""

    permissions = {"*": SIGNED_IN}
    serializer_class = PreferenceSerializer
    queryset = NotificationPreference.objects.none()
    lookup_field = "kind"
    lookup_value_regex = r"[a-z_]{1,30}"
    pagination_class = None

    @extend_schema(responses=PreferenceSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Every kind, with what holds for oneself."""
        rows = list_preferences(user_id=request.user.pk or 0)
        return Response(PreferenceSerializer(rows, many=True).data)

    @extend_schema(parameters=[OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=AlertKind.values)])
    def partial_update(self, request: Request, kind: str) -> Response:
        """Change what one wants of one kind."""
        if kind not in AlertKind.values:
            raise NotFound(kind=kind)
        form = PreferenceSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        preference = set_preference(user_id=request.user.pk or 0, kind=kind, **form.validated_data)
        return Response(PreferenceSerializer(preference).data)
