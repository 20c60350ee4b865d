"""Open foreign balances at the rate of a day, for the statements of that day."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.errors import NothingToPost
from capital.models import Revaluation, RevaluationLine
from capital.selectors.foreign import ForeignPosition, foreign_positions
from capital.selectors.rates import rates_on
from capital.services.posting import post_entry
from capital.types import ZERO, EntryLine
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.numbering import next_number
from core.sources import Source
from core.transactions import advisory_lock
from users.selectors import get_organization, local_today

__all__ = ["revalue_foreign_balances"]

KIND = "revaluation"


@dataclass(frozen=True)
class _Valued:
    position: ForeignPosition
    rate: Decimal
    worth: Decimal

    @property
    def difference(self) -> Decimal:
        return self.worth - self.position.base_amount


def revalue_foreign_balances(*, as_of: date, actor: Actor) -> Revaluation:
    """Post what open foreign balances are worth above or below what they are carried at, at the end of ``as_of``.

    The unrealised difference goes to exchange differences on ``as_of`` and comes back by itself the day after: what
    is carried stays what it was made at. Done again (a rate was corrected) it posts only the change. Raises
    InvalidInput for a day that is not over, NoExchangeRate, NothingToPost, PeriodClosed.
    """
    if as_of >= local_today():
        detail = _("Revalue a day that is over: the next day takes it back.")
        raise InvalidInput(errors=[FieldError("as_of", "not_over", detail)])
    with transaction.atomic():
        advisory_lock("capital.revaluation")
        valued = [row for row in _valued(as_of) if row.difference]
        if not valued:
            raise NothingToPost(as_of=as_of.isoformat())
        total = sum((row.difference for row in valued), ZERO)
        document = Revaluation.objects.create(
            number=next_number("RV", as_of.year),
            as_of=as_of,
            difference_amount=total,
            actor_id=actor.id,
            actor_name=actor.name,
        )
        _store_lines(document, valued)
        _post(document, valued, as_of, 1, actor)
        _post(document, valued, as_of + timedelta(days=1), -1, actor)
        record_audit(
            action="capital.revalue_foreign_balances",
            actor=actor,
            target_kind=KIND,
            target_id=document.pk,
            summary=f"{document.number} {total}",
        )
    return document


def _valued(as_of: date) -> list[_Valued]:
    own = get_organization().currency
    positions = foreign_positions(as_of=as_of)
    rates = rates_on(currencies={row.currency for row in positions}, day=as_of)
    return [
        _Valued(row, rates[row.currency], round_money(row.foreign_amount * rates[row.currency], own))
        for row in positions
    ]


def _store_lines(document: Revaluation, valued: list[_Valued]) -> None:
    RevaluationLine.objects.bulk_create(
        RevaluationLine(
            revaluation=document,
            position=number,
            account_id=row.position.account_id,
            party_id=row.position.party_id,
            currency=row.position.currency,
            foreign_amount=row.position.foreign_amount,
            rate=row.rate,
            carried_amount=row.position.base_amount,
            worth_amount=row.worth,
            difference_amount=row.difference,
        )
        for number, row in enumerate(valued, start=1)
    )


def _post(document: Revaluation, valued: list[_Valued], day: date, sign: int, actor: Actor) -> None:
    lines = []
    for row in valued:
        moved = sign * row.difference
        lines.append(
            EntryLine(
                row.position.account_id,
                debit=max(moved, ZERO),
                credit=max(-moved, ZERO),
                party_id=row.position.party_id,
                currency=row.position.currency,
                foreign_amount=ZERO,
                rate=row.rate,
            )
        )
        lines.append(
            EntryLine(AccountRole.EXCHANGE_DIFFERENCE, debit=max(-moved, ZERO), credit=max(moved, ZERO))
        )
    post_entry(
        source=Source(KIND, str(document.pk), "" if sign > 0 else "next_day"),
        business_date=day,
        lines=lines,
        memo=document.number,
        actor=actor,
    )
