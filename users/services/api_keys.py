"""Keys for machines. The secret is shown once, when the key is made."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_security
from core.errors import FieldError, InvalidInput, NotFound
from users.models import ApiKey, User

__all__ = ["find_api_key", "make_api_key", "revoke_api_key"]

_SEEN_EVERY = timedelta(minutes=1)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def make_api_key(
    *,
    name: str,
    user_id: int,
    actor: Actor,
    scopes: Sequence[str] = (),
    expires_at: datetime | None = None,
    known_scopes: Collection[str] | None = None,
) -> tuple[ApiKey, str]:
    """The row and the key itself, which nobody can read again.

    ``known_scopes`` is what its maker may do: nobody hands out what they do not have, nor what does not exist.
    Raises NotFound for a user who is not active, InvalidInput.
    """
    _refuse_bad(scopes, expires_at, known_scopes)
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        raise NotFound(user=user_id)
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name,
            user_id=user_id,
            prefix=prefix,
            key_hash=_hash(secret),
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
        )
        record_security(action="api_key_made", actor=actor, data={"key": key.pk, "name": name})
    return key, f"{prefix}.{secret}"


def _refuse_bad(
    scopes: Sequence[str], expires_at: datetime | None, known_scopes: Collection[str] | None
) -> None:
    errors = [
        FieldError(f"scopes[{number}]", "unknown", _("There is no such permission, or you do not hold it."))
        for number, scope in enumerate(scopes)
        if known_scopes is not None and scope not in known_scopes
    ]
    if expires_at is not None and expires_at <= timezone.now():
        errors.append(FieldError("expires_at", "past", _("This is over already.")))
    if errors:
        raise InvalidInput(errors=errors)


def find_api_key(presented: str) -> ApiKey | None:
    """The live key that `prefix.secret` names, with its active user; None for anything else. One query."""
    prefix, _, secret = presented.partition(".")
    now = timezone.now()
    key = (
        ApiKey.objects.select_related("user")
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), prefix=prefix, revoked_at__isnull=True)
        .first()
    )
    if key is None or not hmac.compare_digest(key.key_hash, _hash(secret)) or not key.user.is_active:
        return None
    if key.last_used_at is None or key.last_used_at < now - _SEEN_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def revoke_api_key(*, key_id: int, actor: Actor) -> None:
    """The key stops working at once. Revoking twice changes nothing. Raises NotFound."""
    with transaction.atomic():
        if not ApiKey.objects.filter(pk=key_id).exists():
            raise NotFound(key=key_id)
        if ApiKey.objects.filter(pk=key_id, revoked_at__isnull=True).update(revoked_at=timezone.now()):
            record_security(action="api_key_revoked", actor=actor, data={"key": key_id})
