"""The books' side of stock that moves by our own documents: stock against one other account."""

from datetime import date
from decimal import Decimal

from capital.enums import AccountRole
from capital.services import EntryLine, post_entry
from core.actors import Actor
from core.sources import Source


def post_stock_entry(
    *, source: Source, value: Decimal, against: AccountRole, memo: str, actor: Actor, business_date: date
) -> None:
    """Debit stock with ``value`` against ``against``; a negative value credits stock. Nothing to post for zero."""
    if not value:
        return
    amount = abs(value)
    gain, loss = (AccountRole.STOCK, against) if value > 0 else (against, AccountRole.STOCK)
    post_entry(
        source=source,
        business_date=business_date,
        lines=[EntryLine(account=gain, debit=amount), EntryLine(account=loss, credit=amount)],
        memo=memo,
        actor=actor,
    )


def post_gain_and_loss(
    *, source: Source, gain: Decimal, loss: Decimal, memo: str, actor: Actor, business_date: date
) -> None:
    """What was found against shrinkage gain, and what was missing against shrinkage, in one entry; both are >= 0."""
    if not gain and not loss:
        return
    post_entry(
        source=source,
        lines=[
            EntryLine(account=AccountRole.STOCK, debit=gain),
            EntryLine(account=AccountRole.SHRINKAGE_GAIN, credit=gain),
            EntryLine(account=AccountRole.SHRINKAGE, debit=loss),
            EntryLine(account=AccountRole.STOCK, credit=loss),
        ],
        memo=memo,
        actor=actor,
        business_date=business_date,
    )
