"""The drawer of a till while its shift is open: who may touch it, and what the books say lies in it."""

import json
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.selectors import balance_of_account, foreign_balances
from core.errors import FieldError, InvalidInput
from core.transactions import require_transaction
from sales.errors import NotEnoughInTill, SellerUnknown, ShiftNotOpen, ShiftRequired, TillInactive
from sales.models import Till
from users.selectors import get_organization

__all__ = ["Drawer", "drawer_balance", "require_in_drawer", "require_shift_policy", "use_drawer"]

ZERO = Decimal(0)

#: Sales share the shift's row, so that several people sell at once; what counts or takes money holds it alone.
_OPEN = """
SELECT shift.id, till.id, till.name, till.location_id, till.is_active, till.asks_who_sells,
       (SELECT jsonb_object_agg(currency, account_id) FROM sales_tillaccount WHERE till_id = till.id)
  FROM sales_shift AS shift JOIN sales_till AS till ON till.id = shift.till_id
 WHERE shift.till_id = %s AND shift.status = 'open'
   FOR {lock} OF shift
"""


@dataclass(frozen=True)
class Drawer:
    """A till in its open shift, which stays open until the transaction ends. ``accounts`` by currency."""

    shift_id: int
    till_id: int
    name: str
    location_id: int
    is_active: bool
    asks_who_sells: bool
    accounts: dict[str, int]

    def account(self, currency: str) -> int:
        """Raises InvalidInput where the till has no drawer for this currency."""
        if currency not in self.accounts:
            detail = _("This till takes no %(currency)s.") % {"currency": currency}
            raise InvalidInput(errors=[FieldError("currency", "not_taken", detail)])
        return self.accounts[currency]

    @property
    def cash(self) -> int:
        """The account of the organisation's own currency."""
        return self.account(get_organization().currency)


def use_drawer(*, till_id: int, identified: bool = True, alone: bool = False) -> Drawer:
    """The drawer of a till, its shift locked: shared for a sale, ``alone`` to count or take money.

    Raises InvalidInput, TillInactive, ShiftNotOpen, SellerUnknown (where the till asks for a PIN).
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_OPEN.format(lock="NO KEY UPDATE" if alone else "SHARE"), [till_id])
        row = cursor.fetchone()
    if row is None:
        till = Till.objects.filter(pk=till_id).first()
        if till is None:
            raise InvalidInput(errors=[FieldError("till", "not_found", _("There is no such till."))])
        raise ShiftNotOpen(till=till.name)
    drawer = Drawer(
        shift_id=row[0],
        till_id=row[1],
        name=row[2],
        location_id=row[3],
        is_active=row[4],
        asks_who_sells=row[5],
        accounts=json.loads(row[6]),
    )
    if not drawer.is_active:
        raise TillInactive(till=drawer.name)
    if drawer.asks_who_sells and not identified:
        raise SellerUnknown(till=drawer.name)
    return drawer


def require_shift_policy(*, till_id: int | None) -> None:
    """Raises ShiftRequired where the organisation sells in shifts only and no till is named."""
    if till_id is None and get_organization().require_shift:
        raise ShiftRequired


def drawer_balance(*, account_id: int, currency: str) -> Decimal:
    """What the books say lies in a drawer, in its own currency."""
    if currency == get_organization().currency:
        return balance_of_account(account_id)
    found = foreign_balances(role=AccountRole.CASH, account_id=account_id)
    return found[currency].foreign_amount if currency in found else ZERO


def require_in_drawer(*, drawer: Drawer, currency: str, amount: Decimal) -> None:
    """Raises NotEnoughInTill: nobody hands out what is not there. The shift is locked alone."""
    if amount > 0 and drawer_balance(account_id=drawer.account(currency), currency=currency) < amount:
        raise NotEnoughInTill(till=drawer.name, currency=currency, amount=str(amount))
