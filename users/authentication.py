"""How a request says who it is: `Authorization: Bearer …` for people, `Authorization: Api-Key …` for machines."""

import uuid
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from users.models import ApiKey, SignInSession, User
from users.services.api_keys import find_api_key
from users.services.sessions import SESSION_CLAIM

API_KEY_SCHEME = "Api-Key"


class SessionJWTAuthentication(JWTAuthentication):
    """A bearer token is as good as its session: signing out or deactivating stops it at once. One query."""

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]
        try:
            session_id = uuid.UUID(validated_token[SESSION_CLAIM])
        except (KeyError, ValueError, TypeError, AttributeError):
            raise AuthenticationFailed(_("The token is not valid"), code="token_not_valid") from None
        session = SignInSession.objects.select_related("user").filter(pk=session_id).first()
        if session is None or session.ended_at is not None or session.expires_at <= timezone.now():
            raise AuthenticationFailed(_("The session has ended"), code="session_ended")
        if not session.user.is_active or str(session.user_id) != str(validated_token.get("user_id")):
            raise AuthenticationFailed(_("The account is not active"), code="user_inactive")
        return session.user


class ApiKeyAuthentication(BaseAuthentication):
    """A machine acts as its user, within the scopes of its key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != API_KEY_SCHEME.lower().encode():
            return None
        try:
            presented = parts[1].decode("ascii") if len(parts) == 2 else ""  # noqa: PLR2004
        except UnicodeDecodeError:
            presented = ""
        key = find_api_key(presented)
        if key is None:
            raise AuthenticationFailed(_("The API key is not valid"), code="api_key_not_valid")
        user = key.user
        user.permission_scopes = frozenset(key.scopes) if key.scopes else None
        return user, key

    def authenticate_header(self, request: Request) -> str:
        return API_KEY_SCHEME


class BearerSchema(OpenApiAuthenticationExtension):
    target_class = SessionJWTAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ApiKeySchema(OpenApiAuthenticationExtension):
    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key <prefix>.<secret>`",
        }
