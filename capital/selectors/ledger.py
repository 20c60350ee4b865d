"""Every line of an account or a party, with its balance after it."""

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum, Value, Window
from django.db.models.expressions import Combinable

from capital.enums import AccountType
from capital.models import Account, JournalLine, Party
from capital.selectors.balances import OWED_ROLES, balances_by_account, party_balance
from capital.types import ZERO, Balance
from core.errors import NotFound
from core.fields import AmountField

__all__ = ["account_ledger", "party_ledger"]

_ORDER = ("business_date", "entry_id", "position")


def account_ledger(
    *, account_id: int, since: date | None = None, until: date | None = None
) -> tuple[Decimal, QuerySet[JournalLine]]:
    """(balance before ``since``, lines of an account, each with its ``running`` balance), on the natural side.

    Oldest first. Raises NotFound.
    """
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound
    sign = 1 if account.type in (AccountType.ASSET, AccountType.EXPENSE) else -1
    opening = ZERO
    if since is not None:
        sums = balances_by_account(until=_eve(since), account_ids=[account_id])
        opening = sign * sums.get(account_id, Balance()).net
    moved = F("debit") - F("credit") if sign > 0 else F("credit") - F("debit")
    return opening, _lines(Q(account_id=account_id), moved, opening, since, until)


def party_ledger(
    *, party_id: int, since: date | None = None, until: date | None = None
) -> tuple[Decimal, QuerySet[JournalLine]]:
    """(balance before ``since``, every line of what a party and we owe each other, each with its ``running`` balance).

    Above zero we owe it, below it owes us: as `party_balance`. What was merged into it counts. Raises NotFound.
    """
    party = Party.objects.filter(pk=party_id).first()
    if party is None:
        raise NotFound
    root = party.merged_into_id or party.pk
    opening = ZERO if since is None else party_balance(party_id, _eve(since))
    own = (Q(party_id=root) | Q(party__merged_into_id=root)) & Q(account__role__in=OWED_ROLES)
    return opening, _lines(own, F("credit") - F("debit"), opening, since, until)


def _eve(day: date) -> date:
    return day - timedelta(days=1) if day > date.min else day


def _lines(
    which: Q, moved: Combinable, opening: Decimal, since: date | None, until: date | None
) -> QuerySet[JournalLine]:
    lines = JournalLine.objects.filter(which)
    if since is not None:
        lines = lines.filter(business_date__gte=since)
    if until is not None:
        lines = lines.filter(business_date__lte=until)
    running = Window(Sum(moved), order_by=[F(name).asc() for name in _ORDER])
    return (
        lines.select_related("entry", "account", "party")
        .annotate(running=Value(opening, output_field=AmountField()) + running)
        .order_by(*_ORDER)
    )
