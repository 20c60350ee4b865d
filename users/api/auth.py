"""Signing in and out, passwords, the second factor."""

from typing import cast
from uuid import UUID

from django.contrib.auth import authenticate
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import Token

from core.api.permissions import PERSON, PUBLIC
from core.api.views import DomainViewSet
from core.errors import PermissionRefused
from users.api.cookies import answer_with_tokens, forget_cookie, read_refresh_cookie
from users.api.serializers import (
    MfaCodeSerializer,
    MfaDisableSerializer,
    MfaSetupSerializer,
    PasswordChangeSerializer,
    PasswordResetConfirmSerializer,
    PasswordResetSerializer,
    RefreshRequestSerializer,
    TokenRequestSerializer,
    TokensSerializer,
)
from users.errors import SignInFailed, SignInLocked, TokenRefused
from users.models import User
from users.models.user import normalise_email
from users.services import (
    begin_mfa_setup,
    change_password,
    check_second_factor,
    confirm_mfa_setup,
    confirm_password_reset,
    disable_mfa,
    end_session_of_token,
    refresh_session,
    request_password_reset,
    start_session,
)
from users.services.sessions import SESSION_CLAIM

NOTHING = OpenApiResponse(description="Done")


def session_id_of(request: Request) -> UUID | None:
    """The session that the bearer token names; None for an API key."""
    return UUID(request.auth[SESSION_CLAIM]) if isinstance(request.auth, Token) else None


def _identify(request: Request, email: str, password: str) -> User:
    raw = request._request  # noqa: SLF001  (django-axes counts attempts on Django's request)
    user = authenticate(request=raw, username=normalise_email(email), password=password)
    if getattr(raw, "axes_locked_out", False):
        raise SignInLocked
    if not isinstance(user, User):
        raise SignInFailed
    return user


class TokenViewSet(DomainViewSet):
    """Access and refresh tokens."""

    permissions = {"*": PUBLIC}
    authentication_classes = []
    serializer_class = TokenRequestSerializer

    @extend_schema(request=TokenRequestSerializer, responses={200: TokensSerializer})
    def create(self, request: Request) -> Response:
        """Sign in. Too many failures answer 429 with Retry-After; a missing second factor `otp_required`."""
        form = TokenRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        user = _identify(request, given["email"], given["password"])
        check_second_factor(user=user, code=given["otp"])
        tokens = start_session(
            user=user,
            user_agent=request.headers.get("User-Agent", ""),
            ip_address=request.META.get("REMOTE_ADDR") or None,
        )
        return answer_with_tokens(request, tokens, cookie=given["cookie"])

    @extend_schema(request=RefreshRequestSerializer, responses={200: TokensSerializer})
    def refresh(self, request: Request) -> Response:
        """The next pair. A refresh token is good once; presenting a used one ends the session."""
        form = RefreshRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        token = form.validated_data["refresh"]
        from_cookie = not token
        token = token or read_refresh_cookie(request)
        if not token:
            raise TokenRefused
        return answer_with_tokens(request, refresh_session(refresh=token), cookie=from_cookie)

    @extend_schema(request=RefreshRequestSerializer, responses={204: NOTHING})
    def revoke(self, request: Request) -> Response:
        """Sign out: the session's tokens stop working at once. A token that is no good is no error."""
        form = RefreshRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        end_session_of_token(refresh=form.validated_data["refresh"] or read_refresh_cookie(request))
        return forget_cookie(Response(status=status.HTTP_204_NO_CONTENT))


class PasswordViewSet(DomainViewSet):
    """Password change and reset."""

    permissions = {"change": PERSON, "reset": PUBLIC, "reset_confirm": PUBLIC}
    serializer_class = PasswordChangeSerializer

    @extend_schema(request=PasswordChangeSerializer, responses={204: NOTHING})
    def change(self, request: Request) -> Response:
        """Change one's own password; all other sessions end."""
        form = PasswordChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        change_password(
            user_id=_person(request).pk,
            old=form.validated_data["old_password"],
            new=form.validated_data["new_password"],
            keep_session=session_id_of(request),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=PasswordResetSerializer, responses={202: NOTHING})
    def reset(self, request: Request) -> Response:
        """Mail a reset link. Always 202: the answer does not tell who has an account."""
        form = PasswordResetSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        request_password_reset(email=form.validated_data["email"])
        return Response(status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=PasswordResetConfirmSerializer, responses={204: NOTHING})
    def reset_confirm(self, request: Request) -> Response:
        """Set a new password by the link; all sessions end."""
        form = PasswordResetConfirmSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        confirm_password_reset(**form.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MfaViewSet(DomainViewSet):
    """One's own second factor."""

    permissions = {"*": PERSON}
    serializer_class = MfaSetupSerializer

    @extend_schema(request=None, responses=MfaSetupSerializer)
    def begin(self, request: Request) -> Response:
        """A fresh secret for an authenticator app; confirm it with a code."""
        return self.answer(begin_mfa_setup(user_id=_person(request).pk))

    @extend_schema(request=MfaCodeSerializer, responses={204: NOTHING})
    def confirm(self, request: Request) -> Response:
        """From now on signing in asks for a code."""
        form = MfaCodeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        confirm_mfa_setup(user_id=_person(request).pk, code=form.validated_data["code"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=MfaDisableSerializer, responses={204: NOTHING})
    def disable(self, request: Request) -> Response:
        """Needs the password once more."""
        form = MfaDisableSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        disable_mfa(user_id=_person(request).pk, password=form.validated_data["password"])
        return Response(status=status.HTTP_204_NO_CONTENT)


def _person(request: Request) -> User:
    """The signed-in person; a machine has no password or second factor to change."""
    if getattr(request.auth, "is_api_key", False):
        raise PermissionRefused
    return cast("User", request.user)
