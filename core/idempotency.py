"""Remembered answers: the same Idempotency-Key gets the same answer and does nothing twice."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.models import IdempotencyKey
from core.transactions import require_transaction, try_advisory_lock

KEPT_FOR = timedelta(days=30)
MAX_KEY_LENGTH = 255


class KeyInFlight(DomainError):
    status = 409
    code = "idempotency_key_in_flight"
    title = _("The same request is being worked on; ask again in a moment")


class KeyReused(DomainError):
    status = 422
    code = "idempotency_key_reused"
    title = _("This Idempotency-Key was used for another request")


@dataclass(frozen=True)
class RememberedAnswer:
    status_code: int
    body: bytes
    headers: dict[str, str]


def recall_answer(*, actor: str, key: str, fingerprint: str) -> RememberedAnswer | None:
    """The answer given before, or None when this is the first time.

    Takes the advisory lock of the key and holds it until the transaction ends, so two requests with one key
    never run side by side. Raises KeyInFlight, KeyReused.
    """
    require_transaction()
    if not try_advisory_lock("idempotency", f"{actor}:{key}"):
        raise KeyInFlight
    row = IdempotencyKey.objects.filter(actor=actor, key=key).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise KeyReused
    return RememberedAnswer(row.status_code, bytes(row.body), row.headers)


def remember_answer(*, actor: str, key: str, fingerprint: str, answer: RememberedAnswer) -> None:
    """Keep ``answer`` in the transaction of the work it reports."""
    require_transaction()
    IdempotencyKey.objects.create(
        actor=actor,
        key=key,
        fingerprint=fingerprint,
        status_code=answer.status_code,
        body=answer.body,
        headers=answer.headers,
    )


def forget_old_answers() -> int:
    """Delete what is older than 30 days; the number of keys forgotten."""
    deleted, _by_model = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted
