"""Where money for or from a supplier lies."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from capital.enums import MONEY_ROLES, AccountRole
from capital.selectors import default_account, get_account
from core.errors import FieldError, InvalidInput, NotFound
from purchases.enums import PaymentMethod

__all__ = ["money_account"]

_ROLES = {PaymentMethod.CASH: AccountRole.CASH, PaymentMethod.BANK: AccountRole.BANK}


def money_account(method: str, account_id: int | None) -> Any:
    """The account that is named, else the usual one of the method. Raises InvalidInput when it holds no money."""
    if account_id is None:
        return default_account(_ROLES[PaymentMethod(method)])
    try:
        account = get_account(account_id=account_id)
    except NotFound:
        detail = _("There is no such account")
        raise InvalidInput(errors=[FieldError("account", "not_found", detail)]) from None
    if account.role not in MONEY_ROLES:
        raise InvalidInput(errors=[FieldError("account", "invalid", _("This account holds no money"))])
    return account
