"""The one door for an offer's status: guarded moves, and what the reading job reports.

reading -> matching | failed | cancelled       matching -> review | ready | failed | cancelled
review -> ready | superseded | expired | cancelled
ready -> review | superseded | expired | cancelled       superseded, expired -> ready (a newer list was cancelled, a date moved)
failed -> reading | matching (the job was sent again) | cancelled
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from ai_integration.selectors import job_progress
from core.transactions import lock_rows, require_transaction
from notifications.enums import AlertKind
from purchases.enums import OfferStatus
from purchases.errors import OfferNotFound, OfferStateConflict
from purchases.models import Offer
from purchases.services.alerts import resolve_offer_alerts
from purchases.services.queue import ANNOUNCE_FAILED, INGEST, enqueue

__all__ = ["fail_offer", "lock_offer", "move_offer", "reading_ended", "require_status"]

log = structlog.get_logger(__name__)

_S = OfferStatus
MOVES: dict[str, frozenset[str]] = {
    _S.READING: frozenset({_S.MATCHING, _S.FAILED, _S.CANCELLED}),
    _S.MATCHING: frozenset({_S.REVIEW, _S.READY, _S.FAILED, _S.CANCELLED}),
    _S.REVIEW: frozenset({_S.READY, _S.SUPERSEDED, _S.EXPIRED, _S.CANCELLED}),
    _S.READY: frozenset({_S.REVIEW, _S.SUPERSEDED, _S.EXPIRED, _S.CANCELLED}),
    _S.SUPERSEDED: frozenset({_S.READY}),
    _S.EXPIRED: frozenset({_S.READY}),
    _S.FAILED: frozenset({_S.READING, _S.MATCHING, _S.CANCELLED}),
    _S.CANCELLED: frozenset(),
}
JOB_READ = frozenset({"succeeded", "partial"})


def lock_offer(offer_id: int) -> Offer:
    """The offer, locked and freshly read: everything that changes it or its lines begins here. Raises OfferNotFound."""
    offer = lock_rows(Offer.objects.filter(pk=offer_id)).first()
    if offer is None:
        raise OfferNotFound
    return offer


def require_status(offer: Offer, *allowed: str) -> None:
    """Raise OfferStateConflict unless the (locked) offer is in one of `allowed`."""
    if offer.status not in allowed:
        raise OfferStateConflict(offer=offer.pk, status=offer.status, wanted=[str(one) for one in allowed])


def move_offer(offer: Offer, status: str, **fields: Any) -> None:
    """Move the locked `offer` and save `fields` with it. Raises OfferStateConflict for a move that is not drawn above."""
    require_transaction()
    if status not in MOVES[offer.status]:
        raise OfferStateConflict(offer=offer.pk, status=offer.status, wanted=[str(status)])
    offer.status = status
    offer.status_changed_at = timezone.now()
    for name, value in fields.items():
        setattr(offer, name, value)
    offer.save(update_fields=["status", "status_changed_at", "updated_at", *fields])


def fail_offer(offer: Offer, *, code: str, message: str) -> None:
    """The locked offer cannot be read: keep the reason where the client looks, and tell people."""
    move_offer(offer, _S.FAILED, error_code=code[:60], error_message=message[:500])
    enqueue(ANNOUNCE_FAILED, offer.pk)


def reading_ended(*, job_id: UUID, status: str) -> bool:
    """What the receiver and the sweep do when a reading job ended; False when there was nothing to move.

    A repeated signal is a no-op: only an offer that still reads (or failed, and whose job was sent again) moves.
    """
    with transaction.atomic():
        offer = lock_rows(Offer.objects.filter(job_id=job_id)).first()
        if offer is None or offer.status not in (_S.READING, _S.FAILED):
            return False
        if status in JOB_READ:
            return _start_matching(offer)
        if offer.status == _S.FAILED:
            return False
        if status == "cancelled":
            move_offer(offer, _S.CANCELLED)
        else:
            job = job_progress(job_id)
            fail_offer(offer, code=job.error_code or "internal", message=job.error_message)
    return True


def _start_matching(offer: Offer) -> bool:
    try:
        with transaction.atomic():
            move_offer(offer, _S.MATCHING, error_code="", error_message="", progress_done=0, progress_total=0)
    except IntegrityError:
        # The same bytes were uploaded again meanwhile and are live: this reading has been replaced.
        log.info("late_reading_dropped", offer=offer.pk)
        return False
    resolve_offer_alerts(offer, AlertKind.OFFER_FAILED)
    enqueue(INGEST, offer.pk)
    return True
