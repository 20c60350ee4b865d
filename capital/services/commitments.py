"""Commitments, and the one lock of every decision on spendable."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from capital.errors import CommitmentExceeded, PostedDifferently
from capital.models import Commitment
from capital.selectors.balances import open_commitments
from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.sources import Source
from core.transactions import advisory_lock, require_transaction
from users.selectors import get_organization

__all__ = ["commit_capital", "decision_moment", "lock_capital", "release_commitment"]

_APPEND = """
INSERT INTO capital_commitment
    (source_kind, source_id, purpose, party_id, amount, posted_at, actor_id, actor_name, actor_kind)
SELECT %(source_kind)s, %(source_id)s, %(purpose)s, %(party_id)s, %(amount)s, now(),
    %(actor_id)s, %(actor_name)s, %(actor_kind)s
WHERE %(amount)s > 0
   OR (SELECT coalesce(sum(amount), 0) FROM capital_commitment WHERE party_id = %(party_id)s) + %(amount)s >= 0
ON CONFLICT (source_kind, source_id, purpose) DO NOTHING
RETURNING id, posted_at
"""


def lock_capital() -> None:
    """Hold, until the transaction ends, the lock under which spendable is read and decided upon.

    The last lock of the order; sales do not take it.
    """
    advisory_lock("capital")


def decision_moment() -> datetime:
    """The database's time at a moment when nobody else is deciding on spendable. Takes the capital lock.

    What was decided before it is committed, so whoever reads afterwards sees it; what is decided later, under the
    lock, is stamped later. A time taken without the lock may lie between a decision's stamp and its commit.
    """
    lock_capital()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def commit_capital(*, source: Source, party_id: int, amount: Decimal, actor: Actor) -> Commitment:
    """Promise ``amount`` (> 0, organisation's currency) to a party; the same source again is a no-op.

    Raises PostedDifferently, InvalidInput.
    """
    return _append(source=source, party_id=party_id, amount=_checked(amount), actor=actor)


def release_commitment(*, source: Source, party_id: int, amount: Decimal, actor: Actor) -> Commitment:
    """Free ``amount`` (> 0) of what is committed to a party; the same source again is a no-op.

    Raises CommitmentExceeded, PostedDifferently, InvalidInput.
    """
    return _append(source=source, party_id=party_id, amount=-_checked(amount), actor=actor)


def _checked(amount: Decimal) -> Decimal:
    if amount <= 0 or amount != round_money(amount, get_organization().currency):
        raise InvalidInput(
            errors=[FieldError("amount", "invalid", _("An amount above zero, in the currency's decimals."))]
        )
    return amount


def _append(*, source: Source, party_id: int, amount: Decimal, actor: Actor) -> Commitment:
    """Two statements: the party's lock, and a row that is written only if it fits what is committed by then."""
    require_transaction()
    advisory_lock("capital.commitment", party_id)
    row: dict[str, Any] = {
        "source_kind": source.kind,
        "source_id": source.id,
        "purpose": source.purpose,
        "party_id": party_id,
        "amount": amount,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "actor_kind": actor.kind,
    }
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, row)
        written = cursor.fetchone()
    if written is None:
        return _committed_before(source, party_id, amount)
    return Commitment(pk=written[0], posted_at=written[1], **row)


def _committed_before(source: Source, party_id: int, amount: Decimal) -> Commitment:
    named = Commitment.objects.filter(source_kind=source.kind, source_id=source.id, purpose=source.purpose)
    earlier = named.first()
    if earlier is None:
        committed = open_commitments(party_id=party_id)
        raise CommitmentExceeded(committed=str(committed), release=str(-amount))
    if (earlier.party_id, earlier.amount) != (party_id, amount):
        raise PostedDifferently(source_kind=source.kind, source_id=source.id)
    return earlier
