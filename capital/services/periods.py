"""Periods: calendar months, made when first posted to, closed in order."""

import calendar
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.errors import (
    EarlierPeriodOpen,
    LastClosedPeriodOnly,
    PeriodClosed,
    PeriodNotClosed,
    PeriodNotOver,
)
from capital.models import Period
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.transactions import advisory_lock, require_transaction
from users.selectors import local_today

__all__ = ["close_period", "open_period_for", "refuse_closed", "reopen_period"]


def open_period_for(day: date) -> Period:
    """The open period of ``day``, its row share-locked until the transaction ends. Raises PeriodClosed."""
    require_transaction()
    period = _shared(day) or _make(day)
    if period.is_closed:
        raise PeriodClosed(period=str(period), date=day.isoformat())
    return period


def _shared(day: date) -> Period | None:
    found = Period.objects.raw(
        "SELECT * FROM capital_period WHERE start_date <= %s AND end_date >= %s FOR SHARE", [day, day]
    )
    return next(iter(found), None)


def _make(day: date) -> Period:
    """A month before a closed one is closed too, though nobody ever posted to it."""
    advisory_lock("capital.periods")
    existing = _shared(day)
    if existing is not None:
        return existing
    if Period.objects.filter(start_date__gt=day, closed_at__isnull=False).exists():
        raise PeriodClosed(period=f"{day:%Y-%m}", date=day.isoformat())
    last = calendar.monthrange(day.year, day.month)[1]
    return Period.objects.create(start_date=day.replace(day=1), end_date=day.replace(day=last))


def refuse_closed(day: date) -> None:
    """Raise PeriodClosed where a posting on ``day`` would; takes no lock and makes no period."""
    period = Period.objects.filter(start_date__lte=day, end_date__gte=day).first()
    late = period is None and Period.objects.filter(start_date__gt=day, closed_at__isnull=False).exists()
    if late or (period is not None and period.is_closed):
        raise PeriodClosed(period=f"{day:%Y-%m}", date=day.isoformat())


def close_period(*, period_id: int, actor: Actor) -> Period:
    """Close a period; waits for postings under way. Closing a closed one is a no-op.

    Raises NotFound, PeriodNotOver, EarlierPeriodOpen.
    """
    with transaction.atomic():
        advisory_lock("capital.periods")
        period = Period.objects.select_for_update().filter(pk=period_id).first()
        if period is None:
            raise NotFound
        if period.is_closed:
            return period
        if period.end_date >= local_today():
            raise PeriodNotOver(period=str(period))
        earlier = Period.objects.filter(start_date__lt=period.start_date, closed_at__isnull=True)
        first_open = earlier.order_by("start_date").first()
        if first_open is not None:
            raise EarlierPeriodOpen(period=str(first_open))
        period.closed_at = timezone.now()
        period.closed_by = actor.name
        period.save(update_fields=["closed_at", "closed_by", "updated_at"])
        record_audit(
            action="capital.close_period",
            actor=actor,
            target_kind="period",
            target_id=period.pk,
            summary=str(period),
        )
    return period


def reopen_period(*, period_id: int, reason: str, actor: Actor) -> Period:
    """Open the period that was closed last, and no other: the ones before it stay as they were reported.

    Raises NotFound, PeriodNotClosed, LastClosedPeriodOnly, InvalidInput without a reason.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("Say why."))])
    with transaction.atomic():
        advisory_lock("capital.periods")
        period = Period.objects.select_for_update().filter(pk=period_id).first()
        if period is None:
            raise NotFound
        if not period.is_closed:
            raise PeriodNotClosed(period=str(period))
        later = Period.objects.filter(start_date__gt=period.start_date, closed_at__isnull=False)
        last = later.order_by("-start_date").first()
        if last is not None:
            raise LastClosedPeriodOnly(period=str(last))
        period.closed_at, period.closed_by = None, ""
        period.save(update_fields=["closed_at", "closed_by", "updated_at"])
        record_audit(
            action="capital.reopen_period",
            actor=actor,
            target_kind="period",
            target_id=period.pk,
            summary=f"{period}: {reason.strip()}",
            data={"reason": reason.strip()},
        )
    return period
