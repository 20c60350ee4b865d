"""Capital over time: where the pharmacy stood at the end of each day, week or month."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from capital.enums import MONEY_ROLES, AccountRole, AccountType
from capital.selectors.balances import MOVED
from capital.types import CapitalPoint
from core.errors import FieldError, InvalidInput

__all__ = ["MAX_POINTS", "STEPS", "Step", "capital_over_time"]

Step = Literal["day", "week", "month"]
STEPS: tuple[Step, ...] = ("day", "week", "month")
MAX_POINTS = 800

#: What moved by role in each stretch of time; everything before the first falls into it.
_MOVED_BY_STEP = """
SELECT date_trunc(%(step)s, greatest(moved.business_date, %(since)s)::timestamp)::date, a.role, a.type,
       sum(moved.debit - moved.credit)
  FROM ({moved}) AS moved JOIN capital_account a ON a.id = moved.account_id
 WHERE moved.business_date <= %(until)s
 GROUP BY 1, 2, 3
"""


def capital_over_time(*, since: date, until: date, step: Step = "day") -> list[CapitalPoint]:
    """One point at the end of each step of ``since``..``until`` (the last at ``until``). One statement.

    Raises InvalidInput for more than `MAX_POINTS` points.
    """
    starts = _starts(since, until, step)
    moved: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    params = {"step": step, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_MOVED_BY_STEP.format(moved=MOVED), params)
        for start, role, kind, net in cursor.fetchall():
            moved[start][role] += net
            moved[start]["equity"] += net if kind in (AccountType.ASSET, AccountType.LIABILITY) else 0
    points, standing = [], defaultdict[str, Decimal](Decimal)
    for start, following in zip(starts, [*starts[1:], until + timedelta(days=1)], strict=True):
        for name, net in moved[start].items():
            standing[name] += net
        points.append(_point(min(following - timedelta(days=1), until), standing))
    return points


def _point(day: date, standing: dict[str, Decimal]) -> CapitalPoint:
    return CapitalPoint(
        date=day,
        cash=sum((standing[role] for role in MONEY_ROLES), Decimal(0)),
        stock=standing[AccountRole.STOCK],
        payables=-standing[AccountRole.PAYABLE],
        grni=-standing[AccountRole.GRNI],
        receivables=standing[AccountRole.RECEIVABLE],
        equity=standing["equity"],
    )


def _starts(since: date, until: date, step: Step) -> list[date]:
    """The first day of each step that touches ``since``..``until``."""
    start = since
    if step == "week":
        start -= timedelta(days=since.weekday())
    elif step == "month":
        start = since.replace(day=1)
    starts = []
    while start <= until:
        starts.append(start)
        if len(starts) > MAX_POINTS:
            detail = _("Ask for a shorter time or longer steps.")
            raise InvalidInput(errors=[FieldError("since", "too_many_points", detail)])
        start = _next(start, step)
    return starts


def _next(start: date, step: Step) -> date:
    if step == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=7 if step == "week" else 1)
