"""Passwords: change, reset by e-mail, and the links that carry them."""

import uuid
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_security
from core.errors import FieldError, InvalidInput
from core.models import SecurityEvent
from core.tasks import enqueue_after_commit
from core.transactions import lock_rows
from users.enums import SessionEnd
from users.errors import LinkRefused, PasswordRefused
from users.models import User
from users.models.user import normalise_email
from users.services.sessions import end_sessions_of
from users.tasks import send_password_reset

__all__ = ["change_password", "confirm_password_reset", "request_password_reset"]

_RESET_ASKED = "password_reset_requested"
_RESET_EVERY = timedelta(minutes=2)


def require_good_password(*, password: str, user: User, field: str = "password") -> None:
    """Raises PasswordRefused with one row a reason."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordRefused(
            errors=[FieldError(field, item.code or "invalid", item.messages[0]) for item in error.error_list]
        ) from None


def change_password(*, user_id: int, old: str, new: str, keep_session: uuid.UUID | None = None) -> None:
    """Change one's own password; every other session ends. Raises InvalidInput, PasswordRefused."""
    with transaction.atomic():
        user = lock_rows(User.objects.filter(pk=user_id)).get()
        if not user.check_password(old):
            raise InvalidInput(errors=[FieldError("old_password", "wrong", _("This is not your password."))])
        require_good_password(password=new, user=user, field="new_password")
        _set_password(user, new, keep_session=keep_session)


def _set_password(user: User, password: str, *, keep_session: uuid.UUID | None = None) -> None:
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    end_sessions_of(user_id=user.pk, reason=SessionEnd.PASSWORD_CHANGED, keep=keep_session)
    record_security(action="password_changed", actor=Actor(user.pk, user.email))


def request_password_reset(*, email: str) -> None:
    """Mail a reset link, if such an active person exists; at most one in two minutes.

    Looks the same from outside when there is nobody.
    """
    user = User.objects.filter(email=normalise_email(email), is_active=True).first()
    user_id = user.pk if user else 0
    with transaction.atomic():
        asked_before = SecurityEvent.objects.filter(
            action=_RESET_ASKED, actor_id=user_id, occurred_at__gt=timezone.now() - _RESET_EVERY
        ).exists()
        if user is not None and not asked_before:
            record_security(action=_RESET_ASKED, actor=Actor(user.pk, user.email))
        enqueue_after_commit(send_password_reset, 0 if asked_before else user_id)


def confirm_password_reset(*, uid: str, token: str, password: str) -> User:
    """Set a new password by link; every session ends. Raises LinkRefused, PasswordRefused."""
    with transaction.atomic():
        try:
            user_id = int(urlsafe_base64_decode(uid))
            user = lock_rows(User.objects.filter(pk=user_id, is_active=True)).get()
        except (ValueError, OverflowError, User.DoesNotExist):
            raise LinkRefused from None
        if not default_token_generator.check_token(user, token):
            raise LinkRefused
        require_good_password(password=password, user=user)
        _set_password(user, password)
    return user
