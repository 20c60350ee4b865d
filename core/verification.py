"""Asking for a look at ledgers or trail, and keeping what it found. Who looks: rbac (trail), reports (ledgers)."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.models import Verification

__all__ = ["finish_verification", "last_verification", "request_verification"]


def request_verification(*, kind: str, actor: Actor) -> Verification:
    """The open request of this kind: a new one, or the one that already waits."""
    with transaction.atomic():
        Verification.objects.bulk_create(
            [Verification(kind=kind, actor_id=actor.id, actor_name=actor.name)], ignore_conflicts=True
        )
        return Verification.objects.get(kind=kind, finished_at__isnull=True)


def finish_verification(*, verification_id: int, results: list[dict[str, Any]]) -> bool:
    """Keep what was found; False when another worker was first."""
    done = Verification.objects.filter(pk=verification_id, finished_at__isnull=True).update(
        results=results, is_ok=all(row["ok"] for row in results), finished_at=timezone.now()
    )
    return done > 0


def last_verification(kind: str) -> Verification | None:
    """The newest of a kind, finished or still waiting."""
    return Verification.objects.filter(kind=kind).order_by("-pk").first()
