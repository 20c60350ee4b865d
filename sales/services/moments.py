"""When a sale was made, and on which day the ledgers can take it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.selectors import list_periods
from core.errors import FieldError, InvalidInput
from inventory.selectors import last_movement_date
from users.selectors import get_organization, local_date, local_today

__all__ = ["SaleMoment", "sale_moment"]


@dataclass(frozen=True)
class SaleMoment:
    """``sold_on``, the local day of ``occurred_at``, decides prices and tax; ``business_date`` is what is posted."""

    occurred_at: datetime
    sold_on: date
    business_date: date


def sale_moment(*, occurred_at: datetime | None, business_date: date | None = None) -> SaleMoment:
    """A sale of an earlier day is posted on its day as far as the ledger allows, else today.

    Ledgers are written forwards: once a later day has moved, or the period of that day is closed, it is today's. No
    further statement for a sale of today. Raises InvalidInput for what is older than the policy takes.
    """
    now = timezone.now()
    moment = occurred_at or now
    today, sold_on = local_today(), min(local_date(moment), local_today())
    if business_date is not None:
        return SaleMoment(moment, business_date, business_date)
    if moment < now - timedelta(days=get_organization().sale_replay_days):
        detail = _("A sale is taken up to %(days)d days after it was made.") % {
            "days": get_organization().sale_replay_days
        }
        raise InvalidInput(errors=[FieldError("occurred_at", "too_old", detail)])
    open_day = sold_on == today or (not _moved_after(sold_on) and not _is_closed(sold_on))
    return SaleMoment(moment, sold_on, sold_on if open_day else today)


def _moved_after(day: date) -> bool:
    last = last_movement_date()
    return last is not None and last > day


def _is_closed(day: date) -> bool:
    return list_periods().filter(end_date__gte=day, closed_at__isnull=False).exists()
