"""Sign-in sessions: one family of refresh tokens each, of which exactly one is good."""

import uuid
from dataclasses import dataclass
from typing import cast

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token

from core.actors import Actor
from core.audit import record_security
from users.enums import SessionEnd
from users.errors import TokenRefused
from users.models import SignInSession, User

__all__ = [
    "SESSION_CLAIM",
    "SignInTokens",
    "end_session",
    "end_session_of_token",
    "end_sessions_of",
    "refresh_session",
    "start_session",
]

SESSION_CLAIM = "sid"


@dataclass(frozen=True)
class SignInTokens:
    access: str
    refresh: str
    session_id: uuid.UUID


def _token_for(*, user_id: int, session_id: uuid.UUID) -> RefreshToken:
    token = RefreshToken()
    token[api_settings.USER_ID_CLAIM] = str(user_id)
    token[SESSION_CLAIM] = str(session_id)
    return token


def _pair(token: RefreshToken, session_id: uuid.UUID) -> SignInTokens:
    return SignInTokens(access=str(token.access_token), refresh=str(token), session_id=session_id)


def start_session(*, user: User, user_agent: str = "", ip_address: str | None = None) -> SignInTokens:
    """Open a session for someone whose credentials were checked."""
    now = timezone.now()
    session_id = uuid.uuid4()
    token = _token_for(user_id=user.pk, session_id=session_id)
    with transaction.atomic():
        SignInSession.objects.create(
            id=session_id,
            user=user,
            current_jti=token["jti"],
            user_agent=user_agent[:300],
            ip_address=ip_address,
            last_used_at=now,
            expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
        )
        User.objects.filter(pk=user.pk).update(last_login=now)
        record_security(
            action="signed_in",
            actor=Actor(user.pk, user.email),
            ip_address=ip_address,
            data={"session": str(session_id)},
        )
    return _pair(token, session_id)


def _decoded(refresh: str) -> tuple[Token, uuid.UUID]:
    try:
        token = RefreshToken(cast("Token", refresh))
        return token, uuid.UUID(token[SESSION_CLAIM])
    except (TokenError, KeyError, ValueError, TypeError, AttributeError):
        raise TokenRefused from None


def refresh_session(*, refresh: str) -> SignInTokens:
    """Exchange the family's good refresh token for the next one.

    The claim is one conditional UPDATE: of any number of concurrent calls with one token exactly one succeeds.
    A token that was used before ends the whole family, because one of its two holders is not its owner.
    Raises TokenRefused.
    """
    token, session_id = _decoded(refresh)
    user_id = int(token[api_settings.USER_ID_CLAIM])
    following = _token_for(user_id=user_id, session_id=session_id)
    now = timezone.now()
    # Plain columns only: a join would move them into a subquery, which a waiting UPDATE does not look at again
    # once the winner has committed.
    claimed = SignInSession.objects.filter(
        Exists(User.objects.filter(pk=OuterRef("user_id"), is_active=True)),
        pk=session_id,
        user_id=user_id,
        current_jti=token["jti"],
        ended_at__isnull=True,
        expires_at__gt=now,
    ).update(
        current_jti=following["jti"],
        last_used_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
    )
    if not claimed:
        end_session(session_id=session_id, user_id=user_id, reason=SessionEnd.TOKEN_REUSED)
        raise TokenRefused
    return _pair(following, session_id)


def end_session(
    *, session_id: uuid.UUID, user_id: int, reason: SessionEnd, actor: Actor | None = None
) -> bool:
    """End one person's session: its access and refresh tokens stop working at once. False: had ended before."""
    with transaction.atomic():
        ended = SignInSession.objects.filter(pk=session_id, user_id=user_id, ended_at__isnull=True).update(
            ended_at=timezone.now(), end_reason=reason
        )
        if ended:
            name = User.objects.values_list("email", flat=True).get(pk=user_id)
            record_security(
                action=f"session_{reason}",
                actor=actor or Actor(user_id, name),
                data={"session": str(session_id), "user": user_id},
            )
    return bool(ended)


def end_session_of_token(*, refresh: str) -> None:
    """Sign out with a refresh token. A token that is no good changes nothing and is no error (RFC 7009)."""
    try:
        token, session_id = _decoded(refresh)
    except TokenRefused:
        return
    user_id = int(token[api_settings.USER_ID_CLAIM])
    end_session(session_id=session_id, user_id=user_id, reason=SessionEnd.SIGNED_OUT)


def end_sessions_of(*, user_id: int, reason: SessionEnd, keep: uuid.UUID | None = None) -> int:
    """End all of one person's sessions, but `keep`. Answers how many."""
    sessions = SignInSession.objects.filter(user_id=user_id, ended_at__isnull=True)
    if keep is not None:
        sessions = sessions.exclude(pk=keep)
    return sessions.update(ended_at=timezone.now(), end_reason=reason)
