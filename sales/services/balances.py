"""What a customer owes and what they paid in advance: two accounts, and never something on both."""

from datetime import date
from decimal import Decimal

from capital.enums import AccountRole
from capital.selectors import balances_by_party
from capital.services import EntryLine, post_entry
from capital.types import Balance
from core.actors import Actor
from core.sources import Source
from core.transactions import require_transaction

__all__ = ["customer_standing", "settle_customer"]

ZERO = Decimal(0)


def customer_standing(*, party_id: int) -> tuple[Decimal, Decimal]:
    """(what they owe, what they paid in advance), as the books hold them apart; whoever was merged into them counts.

    The customer's row is locked.
    """

    def net(role: AccountRole) -> Decimal:
        return balances_by_party(roles=(role,), party_ids=[party_id]).get(party_id, Balance()).net

    return net(AccountRole.RECEIVABLE), -net(AccountRole.CUSTOMER_ADVANCE)


def settle_customer(*, party_id: int, source: Source, business_date: date, actor: Actor) -> None:
    """Pay debts out of advances, or make what was paid too much an advance: nobody has both, nor less than none.

    Posted beside the document that ``source`` names, under the purpose "…offset". The customer's row is locked.
    """
    require_transaction()
    owed, advance = customer_standing(party_id=party_id)
    net = owed - advance
    moved = owed - max(net, ZERO)
    if not moved:
        return
    post_entry(
        source=source.for_purpose(f"{source.purpose}offset"),
        business_date=business_date,
        actor=actor,
        lines=[
            EntryLine(
                AccountRole.RECEIVABLE, credit=max(moved, ZERO), debit=max(-moved, ZERO), party_id=party_id
            ),
            EntryLine(
                AccountRole.CUSTOMER_ADVANCE,
                debit=max(moved, ZERO),
                credit=max(-moved, ZERO),
                party_id=party_id,
            ),
        ],
    )
