"""Taking money out of a cash or bank account, whatever currency it holds; never more than it holds."""

from decimal import Decimal

from capital.enums import AccountRole
from capital.errors import NotEnoughCash
from capital.exchange import Relief, relief_lines
from capital.models import Account
from capital.selectors.balances import balances_by_account
from capital.selectors.foreign import ForeignBalance, foreign_balances
from capital.types import ZERO, Balance, EntryLine
from core.money import round_money
from core.transactions import advisory_lock
from users.selectors import get_organization

__all__ = ["check_funds", "money_in", "money_out", "relieve_account"]

_ONE = Decimal(1)


def relieve_account(*, account: Account, amount: Decimal, rate: Decimal) -> Relief:
    """What ``amount`` of its own currency takes out of a foreign account, at the carried average.

    Holds the account's lock until the transaction ends, so that two payments never relieve the same average.
    """
    advisory_lock("capital.foreign_account", account.pk)
    held = _foreign_money(account)
    return relief_lines(
        open_foreign=held.foreign_amount,
        open_base=held.base_amount,
        paid_foreign=amount,
        rate=rate,
        currency=get_organization().currency,
    )


def check_funds(*, account: Account, amount: Decimal, rate: Decimal = _ONE) -> None:
    """Refuse to pay ``amount`` at ``rate`` where the account holds less: of its own currency if that is a foreign one
    (what the books carry it at does not matter), else of ours. The caller holds `lock_capital`. Raises NotEnoughCash.
    """
    own = get_organization().currency
    if account.currency in ("", own):
        wanted = round_money(amount * rate, own)
        held = balances_by_account(account_ids=[account.pk]).get(account.pk, Balance()).net
    else:
        wanted, held = amount, _foreign_money(account).foreign_amount
    if wanted > held:
        available = round_money(held, account.currency or own)
        raise NotEnoughCash(available=str(available), amount=str(wanted))


def _foreign_money(account: Account) -> ForeignBalance:
    balances = foreign_balances(role=AccountRole(account.role), account_id=account.pk)
    return balances.get(account.currency, ForeignBalance(ZERO, ZERO))


def money_out(*, account: Account, amount: Decimal, rate: Decimal) -> list[EntryLine]:
    """The credit of ``account`` for ``amount`` paid at ``rate``, with the exchange difference where it holds foreign money.

    Together they credit exactly round(amount x rate). An account in our own currency pays that.
    """
    worth = round_money(amount * rate, get_organization().currency)
    if account.currency in ("", get_organization().currency):
        return [EntryLine(account.pk, credit=worth)]
    relief = relieve_account(account=account, amount=amount, rate=rate)
    gain = relief.difference
    return [
        EntryLine(
            account.pk,
            credit=relief.relieved,
            currency=account.currency,
            foreign_amount=amount,
            rate=relief.rate,
        ),
        EntryLine(AccountRole.EXCHANGE_DIFFERENCE, debit=max(-gain, ZERO), credit=max(gain, ZERO)),
    ]


def money_in(*, account: Account, amount: Decimal, rate: Decimal) -> EntryLine:
    """The debit of ``account`` for ``amount`` taken in at ``rate``: a foreign account carries it at that rate."""
    worth = round_money(amount * rate, get_organization().currency)
    if account.currency in ("", get_organization().currency):
        return EntryLine(account.pk, debit=worth)
    return EntryLine(account.pk, debit=worth, currency=account.currency, foreign_amount=amount, rate=rate)
