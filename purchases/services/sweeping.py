"""What a lost message or a killed worker left behind, found again."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from ai_integration.selectors import progress_of_jobs
from purchases.enums import OfferStatus
from purchases.models import Offer
from purchases.services.offer_states import reading_ended
from purchases.services.queue import INGEST, READ_TABLE, enqueue

__all__ = ["sweep_offers"]

#: A task that works saves progress far more often than this.
QUIET = timedelta(minutes=2)
_AT_ONCE = 200


def sweep_offers() -> int:
    """Move offers whose reading ended unnoticed, and start again what went quiet. Answers how many were touched."""
    return _follow_jobs() + _restart_quiet()


def _follow_jobs() -> int:
    """Offers that read, and failed ones whose job a person sent again."""
    waiting = Offer.objects.filter(
        status__in=(OfferStatus.READING, OfferStatus.FAILED), job_id__isnull=False
    ).order_by("-pk")
    jobs = progress_of_jobs([job for job in waiting.values_list("job_id", flat=True)[:_AT_ONCE] if job])
    ended = [job for job in jobs.values() if job.has_ended]
    return sum(reading_ended(job_id=job.job_id, status=job.status) for job in ended)


def _restart_quiet() -> int:
    quiet_since = timezone.now() - QUIET
    tables = Offer.objects.filter(status=OfferStatus.READING, job_id__isnull=True, updated_at__lt=quiet_since)
    stuck = Offer.objects.filter(status=OfferStatus.MATCHING, updated_at__lt=quiet_since)
    sent = [(READ_TABLE, pk) for pk in tables.values_list("pk", flat=True)[:_AT_ONCE]]
    sent += [(INGEST, pk) for pk in stuck.values_list("pk", flat=True)[:_AT_ONCE]]
    for name, pk in sent:
        enqueue(name, pk)
    return len(sent)
