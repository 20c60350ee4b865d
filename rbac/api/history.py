"""Who changed which field of what."""

from typing import Any

from django.contrib.auth import get_permission_codename
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.serializers import StrictSerializer
from core.api.views import DomainViewSet, ListMixin
from core.errors import FieldError, InvalidInput, PermissionRefused
from core.models import AuditEvent
from core.past import describe, past_of, tracked_model


class HistoryQuerySerializer(StrictSerializer):
    target_kind = serializers.CharField(max_length=100, help_text="`app.model`, such as `inventory.product`.")
    target_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    actor_id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    ordering = serializers.ChoiceField(choices=["at", "-at"], required=False, default="-at")


class _Page(serializers.ListSerializer[Any]):
    """A page of events, read with what came before them at once."""

    def to_representation(self, data: Any) -> list[Any]:
        return super().to_representation(describe(list(data)))


class ChangeSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()  # type: ignore[assignment]  # the field's name, not DRF's
    label = serializers.CharField()  # type: ignore[assignment]
    old = serializers.CharField(allow_null=True, help_text="Null: the history does not reach back so far.")
    new = serializers.CharField()


class PastEventSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    at = serializers.DateTimeField()
    what = serializers.ChoiceField(choices=["insert", "update", "delete"])
    kind = serializers.CharField(help_text="`app.model` of the row: the target or a part of it.")
    label = serializers.CharField()  # type: ignore[assignment]
    object_id = serializers.CharField()
    actor_id = serializers.IntegerField(allow_null=True)
    actor_name = serializers.CharField(help_text="Empty: it was written past the application.")
    actor_kind = serializers.CharField()
    request_id = serializers.CharField()
    changes = ChangeSerializer(many=True)

    class Meta:
        list_serializer_class = _Page


class HistoryViewSet(ListMixin, DomainViewSet):
    """The past of one record and its parts: who changed which field, from what to what."""

    permissions = {"*": "rbac.view_history"}
    serializer_class = PastEventSerializer
    filter_backends: list[Any] = []
    queryset = AuditEvent.objects.none()

    def get_queryset(self) -> QuerySet[Any, Any]:
        form = HistoryQuerySerializer(data=self._asked())
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        model = tracked_model(given.pop("target_kind"))
        if model is None:
            detail = _("No history is kept of such a thing.")
            raise InvalidInput(errors=[FieldError("target_kind", "unknown", detail)])
        self._check_may_see(model)
        events = past_of(
            model, given.pop("target_id"), **{key: given[key] for key in given if key != "ordering"}
        )
        return events if given["ordering"] == "-at" else events.reverse()

    def _asked(self) -> dict[str, str]:
        known = self.request.query_params.dict()
        return {name: value for name, value in known.items() if name not in ("skip", "limit", "format")}

    def _check_may_see(self, model: type[models.Model]) -> None:
        meta = model._meta  # noqa: SLF001 - documented model API
        code = f"{meta.app_label}.{get_permission_codename('view', meta)}"
        if not self.request.user.has_perm(code):
            raise PermissionRefused(permission=code)

    @extend_schema(parameters=[HistoryQuerySerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Needs the permission to see the target too. Newest first."""
        return super().list(request, *args, **kwargs)
