"""Sessions, API keys, the organisation, and what a client needs to know beforehand."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Choices, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match
from core.api.pagination import SkipLimitPagination
from core.api.permissions import PERSON, PUBLIC
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ListMixin, RetrieveMixin
from core.money import currency_decimals
from users.api.auth import NOTHING, session_id_of
from users.api.serializers import (
    ApiKeySerializer,
    MetaSerializer,
    NewApiKeySerializer,
    OrganizationSerializer,
    SessionSerializer,
)
from users.enums import SessionEnd
from users.models import ApiKey, Organization, SignInSession
from users.selectors import get_organization, list_api_keys, list_sessions
from users.services import end_session, make_api_key, revoke_api_key, update_organization


class SessionViewSet(ListMixin, DomainViewSet):
    """Where one is signed in."""

    permissions = {"*": PERSON}
    serializer_class = SessionSerializer
    queryset = SignInSession.objects.none()
    lookup_value_regex = r"[0-9a-fA-F-]{36}"

    def get_queryset(self) -> QuerySet[SignInSession]:
        return list_sessions(user_id=self.request.user.pk or 0)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "session_id": session_id_of(self.request)}

    @extend_schema(responses={204: NOTHING})
    def destroy(self, request: Request, pk: str) -> Response:
        """Sign that device out."""
        session = self.get_object()
        end_session(
            session_id=session.pk, user_id=session.user_id, reason=SessionEnd.REVOKED, actor=actor_of(request)
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class ApiKeyViewSet(ListMixin, RetrieveMixin, DomainViewSet):
    """Keys for machines."""

    permissions = {
        "list": "users.view_apikey",
        "retrieve": "users.view_apikey",
        "create": "users.manage_api_keys",
        "destroy": "users.manage_api_keys",
    }
    serializer_class = ApiKeySerializer
    queryset = ApiKey.objects.none()
    filterset_fields = ["user"]

    def get_queryset(self) -> QuerySet[ApiKey]:
        return list_api_keys()

    @extend_schema(request=ApiKeySerializer, responses={201: NewApiKeySerializer})
    def create(self, request: Request) -> Response:
        """Make a key. The answer holds the key itself, this once."""
        form = ApiKeySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        key, secret = make_api_key(
            name=given["name"],
            user_id=given["user"].pk,
            scopes=given.get("scopes", []),
            expires_at=given.get("expires_at"),
            known_scopes=request.user.get_all_permissions(),
            actor=actor_of(request),
        )
        key.key = secret  # type: ignore[attr-defined]
        return self.answer(key, status_code=status.HTTP_201_CREATED, serializer=NewApiKeySerializer)

    @extend_schema(responses={204: NOTHING})
    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke a key. It stays in the list, marked."""
        revoke_api_key(key_id=int(pk), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class OrganizationViewSet(DomainViewSet):
    """The pharmacy's profile and policies."""

    permissions = {"retrieve": "users.view_organization", "partial_update": "users.change_organization"}
    serializer_class = OrganizationSerializer
    queryset = Organization.objects.none()

    def retrieve(self, request: Request) -> Response:
        return self.answer(get_organization())

    def partial_update(self, request: Request) -> Response:
        """Needs If-Match. The currency is fixed (409 `currency_fixed`) once the books hold an entry."""
        form = OrganizationSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changed = update_organization(
            changes=form.validated_data,
            actor=actor_of(request),
            check=lambda organization: check_if_match(request, organization),
        )
        return self.answer(changed)


def _choices() -> dict[str, list[dict[str, str]]]:
    """Every choice that any app's `enums` module offers, by `app.Name`."""
    found = {}
    for app in apps.get_app_configs():
        if app.name not in settings.LOCAL_APPS or find_spec(f"{app.name}.enums") is None:
            continue
        module = import_module(f"{app.name}.enums")
        for name, value in vars(module).items():
            ours = isinstance(value, type) and value.__module__ == module.__name__
            if ours and issubclass(value, Choices) and value.choices:
                found[f"{app.name}.{name}"] = [
                    {"value": str(key), "label": str(label)} for key, label in value.choices
                ]
    return found


class MetaViewSet(DomainViewSet):
    """What a client needs before anybody signs in."""

    permissions = {"*": PUBLIC}
    authentication_classes = []
    serializer_class = MetaSerializer

    @extend_schema(responses=MetaSerializer)
    def retrieve(self, request: Request) -> Response:
        """Choices with their labels, the currency and its decimals, limits, features, version."""
        organization = get_organization()
        return Response(
            {
                "version": settings.VERSION,
                "languages": [{"value": code, "label": str(label)} for code, label in settings.LANGUAGES],
                "currency": {
                    "code": organization.currency,
                    "decimals": currency_decimals(organization.currency),
                },
                "limits": {
                    "upload_bytes": settings.MAX_UPLOAD_BYTES,
                    "page_default": SkipLimitPagination.default_limit,
                    "page_max": SkipLimitPagination.max_limit,
                },
                "features": {
                    "reading_engine": bool(settings.AI_ENGINE_URL),
                    "object_storage": bool(settings.STORAGE_URL),
                    "two_person_approval": organization.two_person_approval,
                },
                "enums": _choices(),
            }
        )
