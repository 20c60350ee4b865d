"""The end of a year: its profit goes to retained earnings, and its last month is closed."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole, AccountType
from capital.errors import AlreadyReversed, NothingToPost, YearAlreadyClosed, YearNotReady
from capital.models import Account, JournalEntry, Period, YearClosing
from capital.selectors.balances import balances_by_account
from capital.services.periods import close_period, open_period_for
from capital.services.posting import post_entry
from capital.services.reversal import reverse_entry
from capital.types import ZERO, EntryLine
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.numbering import next_number
from core.sources import Source
from core.transactions import advisory_lock, lock_rows
from users.selectors import local_today

__all__ = ["close_year", "reverse_year_closing"]

KIND = "year_closing"


def close_year(*, year: int, actor: Actor) -> YearClosing:
    """Carry what income and expenses come to at the end of ``year`` to retained earnings; close its last month.

    Dated on the last day of the year, whose month must still be open and every one before it closed. A year without
    anything to carry is refused. Raises YearNotReady, YearAlreadyClosed, PeriodClosed, NothingToPost.
    """
    last_day = date(year, 12, 31)
    with transaction.atomic():
        advisory_lock("capital.periods")
        _refuse_unready(year, last_day)
        period = Period.objects.select_for_update().get(pk=open_period_for(last_day).pk)
        lines = _closing_lines(last_day)
        if not lines:
            raise NothingToPost(year=year)
        profit = sum((line.debit - line.credit for line in lines), ZERO)
        lines.append(
            EntryLine(AccountRole.RETAINED_EARNINGS, debit=max(-profit, ZERO), credit=max(profit, ZERO))
        )
        closing = YearClosing.objects.create(
            number=next_number("YC", year),
            year=year,
            business_date=last_day,
            profit_amount=profit,
            actor_id=actor.id,
            actor_name=actor.name,
        )
        post_entry(
            source=Source(KIND, str(closing.pk)),
            business_date=last_day,
            lines=lines,
            memo=closing.number,
            actor=actor,
        )
        close_period(period_id=period.pk, actor=actor)
        _audit("close_year", closing, actor, profit)
    return closing


def reverse_year_closing(*, closing_id: int, reason: str, actor: Actor) -> YearClosing:
    """Take a year's closing entry back, exactly, on its own day: the owner opens that month again first.

    Raises NotFound, AlreadyReversed, PeriodClosed, InvalidInput without a reason.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("Say why."))])
    with transaction.atomic():
        closing = lock_rows(YearClosing.objects.filter(pk=closing_id)).first()
        if closing is None:
            raise NotFound
        if closing.reversed_at is not None:
            raise AlreadyReversed(number=closing.number)
        source = Source(KIND, str(closing.pk))
        entry = JournalEntry.objects.get(source_kind=KIND, source_id=source.id, purpose="")
        reverse_entry(
            entry_id=entry.pk,
            source=source.for_purpose("reversal"),
            actor=actor,
            business_date=closing.business_date,
        )
        closing.reversed_at, closing.reversal_reason = timezone.now(), reason.strip()[:500]
        closing.save(update_fields=["reversed_at", "reversal_reason", "updated_at"])
        _audit("reverse_year_closing", closing, actor, closing.profit_amount)
    return closing


def _refuse_unready(year: int, last_day: date) -> None:
    if last_day >= local_today():
        raise YearNotReady(year=year)
    if YearClosing.objects.filter(year__gte=year, reversed_at__isnull=True).exists():
        raise YearAlreadyClosed(year=year)
    first_open = Period.objects.filter(end_date__lt=last_day, closed_at__isnull=True).order_by("start_date")
    open_month = first_open.first()
    if open_month is not None:
        raise YearNotReady(year=year, open_period=str(open_month))


def _closing_lines(last_day: date) -> list[EntryLine]:
    """What takes every income and expense account to zero at the end of ``last_day``."""
    sums = balances_by_account(until=last_day)
    results = Account.objects.filter(type__in=[AccountType.INCOME, AccountType.EXPENSE], pk__in=sums)
    lines = []
    for account in results.order_by("code"):
        net = sums[account.pk].net
        if net:
            lines.append(EntryLine(account.pk, debit=max(-net, ZERO), credit=max(net, ZERO)))
    return lines


def _audit(verb: str, closing: YearClosing, actor: Actor, profit: Decimal) -> None:
    record_audit(
        action=f"capital.{verb}",
        actor=actor,
        target_kind=KIND,
        target_id=closing.pk,
        summary=f"{closing.number} {profit}",
    )
