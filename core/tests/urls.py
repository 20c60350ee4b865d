"""A tiny API to test the kernel's manners on."""

from django.contrib import admin
from django.db import IntegrityError, OperationalError
from django.urls import path
from psycopg.errors import AdminShutdown, DeadlockDetected
from rest_framework import serializers
from rest_framework.response import Response

from core.actors import SYSTEM
from core.api.idempotency import idempotent
from core.api.permissions import PUBLIC
from core.api.serializers import MoneyField, OccurredAtField, StrictSerializer
from core.api.views import DomainViewSet, ReadOnlyDomainViewSet
from core.audit import record_audit
from core.errors import DomainError, FieldError
from core.models import AuditEvent
from core.prepared import run_prepared


class NoteSerializer(StrictSerializer):
    text = serializers.CharField()
    size = serializers.IntegerField(required=False, max_value=9)
    amount = MoneyField(required=False, decimal_places=4)
    occurred_at = OccurredAtField(required=False)


class OutOfShelf(DomainError):
    code = "out_of_shelf"
    title = "The shelf is full"


class NoteViewSet(DomainViewSet):
    permissions = {"*": PUBLIC}
    authentication_classes = []
    serializer_class = NoteSerializer

    @idempotent
    def create(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        text = serializer.validated_data["text"]
        event = record_audit(action="note", actor=SYSTEM, target_kind="note", target_id=1, summary=text)
        if text == "full":
            raise OutOfShelf(errors=[FieldError("lines[0].quantity", "full", "no room")], available=3)
        if text == "clash":
            raise IntegrityError
        if text.startswith("plan"):
            run_prepared("SELECT kept FROM plans")
            run_prepared("SELECT 2")
        if text == "deadlock":
            raise OperationalError from DeadlockDetected()
        if text == "gone":
            raise OperationalError from AdminShutdown()
        return Response({"id": event.pk, "text": text}, status=201)


class EventSerializer(serializers.ModelSerializer):
    class Meta:
        model = AuditEvent
        fields = ["id", "action", "summary"]


class EventViewSet(ReadOnlyDomainViewSet):
    permissions = {"*": PUBLIC}
    authentication_classes = []
    serializer_class = EventSerializer
    queryset = AuditEvent.objects.order_by("id")


class ClosedViewSet(NoteViewSet):
    permissions = {"*": "core.note"}


urlpatterns = [
    path("notes/", NoteViewSet.as_view({"post": "create"})),
    path("closed/", ClosedViewSet.as_view({"post": "create"})),
    path("events/", EventViewSet.as_view({"get": "list"})),
    path("admin/", admin.site.urls),  # middleware asks where the workbench is
]

handler404 = "core.middleware.not_found"
