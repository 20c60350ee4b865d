"""Do stock and books agree? The checks of production are asked, and the one that belongs to no app this far down.

What holds where all apps meet, and an opinion that is not the product's own, is in `tests/ledgers/agreement.py`.
"""

from decimal import Decimal

from capital.enums import AccountRole
from capital.selectors import account_balance
from capital.selectors.verification import LEDGER_CHECKS as CAPITAL_CHECKS
from core.ledger_checks import run_ledger_checks
from inventory.models import Stock
from inventory.selectors.verification import LEDGER_CHECKS as INVENTORY_CHECKS


def stock_agrees():
    """Of goods alone; a test may have put them on the shelf without a document that books them."""
    assert _wrong(INVENTORY_CHECKS) == []


def ledgers_agree(*more):
    """``more``: checks of apps above."""
    assert _wrong((*CAPITAL_CHECKS, *INVENTORY_CHECKS, *more)) == []
    values = sum(Stock.objects.values_list("value_amount", flat=True), Decimal(0))
    assert account_balance(AccountRole.STOCK) == values


def _wrong(checks):
    return [row for row in run_ledger_checks(checks) if not row["ok"]]
