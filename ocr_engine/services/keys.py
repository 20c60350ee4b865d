"""Who may ask: pharmacies and their bearer keys."""

from __future__ import annotations

import hashlib
import secrets

from django.db import transaction
from django.utils import timezone

from ocr_engine.models import Pharmacy, PharmacyKey

__all__ = ["add_key", "create_pharmacy", "pharmacy_of_key", "revoke_keys", "rotate_callback_secret"]

KEY_PREFIX = "ocr_"
SHOWN = 12


def create_pharmacy(*, name: str, callback_secret: str) -> Pharmacy:
    pharmacy, _ = Pharmacy.objects.get_or_create(name=name, defaults={"callback_secret": callback_secret})
    return pharmacy


def add_key(*, pharmacy: Pharmacy, key: str = "") -> str:
    """The key, which is shown once and stored only as a hash. Older keys stay valid until they are revoked."""
    key = key or KEY_PREFIX + secrets.token_urlsafe(32)
    PharmacyKey.objects.update_or_create(
        key_hash=_hash(key), defaults={"pharmacy": pharmacy, "prefix": key[:SHOWN], "revoked_at": None}
    )
    return key


def revoke_keys(*, pharmacy: Pharmacy, prefix: str) -> int:
    return PharmacyKey.objects.filter(pharmacy=pharmacy, prefix=prefix[:SHOWN], revoked_at=None).update(
        revoked_at=timezone.now()
    )


@transaction.atomic
def rotate_callback_secret(*, pharmacy: Pharmacy, secret: str) -> None:
    """The new secret signs beside the one it replaces, until the next rotation."""
    current = Pharmacy.objects.select_for_update().get(pk=pharmacy.pk)
    if current.callback_secret == secret:
        return
    current.previous_callback_secret = current.callback_secret
    current.callback_secret = secret
    current.save(update_fields=["callback_secret", "previous_callback_secret"])


def pharmacy_of_key(key: str) -> Pharmacy | None:
    row = (
        PharmacyKey.objects.select_related("pharmacy")
        .filter(key_hash=_hash(key), revoked_at=None, pharmacy__is_active=True)
        .first()
    )
    return row.pharmacy if row else None


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
