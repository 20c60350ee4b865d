"""Where the float of an empty drawer comes from: the safe, the bank. Money that is put in is not money that was found."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from capital.selectors import list_accounts
from core.actors import Actor
from core.errors import FieldError, InvalidInput, PermissionRefused
from core.sources import Source
from rbac.selectors import may
from sales.models import Shift, ShiftCash, TillAccount
from sales.services.counting import CountData, Transfer, is_money_of, post_transfer, require_money

__all__ = ["floats_put_in", "post_floats"]

MOVE_CASH = "sales.move_till_cash"


def floats_put_in(
    *,
    counted: Mapping[str, CountData],
    accounts: Mapping[str, int],
    expected: Mapping[str, Decimal],
    reason: str,
) -> dict[str, CountData]:
    """The counts whose money came from an account, by currency. ``accounts`` are the till's, which is locked.

    Only a drawer that the books say is empty takes its float so: into any other, money is put as cash in, and a count is
    never mended by it. A drawer that nobody counted yet must; one that was counted may hold what nobody booked, for a
    ``reason``. No other till's drawer is emptied so: its own shift says what leaves it. Raises InvalidInput.
    """
    counted_before = set(
        ShiftCash.objects.filter(account_id__in=accounts.values()).values_list("account_id", flat=True)
    )
    named = [count.float_from for count in counted.values() if count.float_from is not None]
    safes = list_accounts().filter(is_active=True).exclude(pk__in=TillAccount.objects.values("account"))
    money = safes.in_bulk(named) if named else {}
    errors = []
    for number, (currency, count) in enumerate(counted.items()):
        at = f"counts[{number}].float_from"
        may_be_found = accounts[currency] in counted_before and bool(reason.strip())
        if count.float_from is None:
            if count.total and not expected[currency] and not may_be_found:
                detail = _("By the books this drawer is empty: say where its float comes from.")
                errors.append(FieldError(at, "required", detail))
        else:
            errors += _bad_source(at, money.get(count.float_from), currency, expected[currency])
    if errors:
        raise InvalidInput(errors=errors)
    return {
        currency: count for currency, count in counted.items() if count.float_from is not None and count.total
    }


def _bad_source(at: str, source: Any, currency: str, expected: Decimal) -> list[FieldError]:
    if not is_money_of(source, currency):
        detail = _("A float comes from cash or a bank that holds its currency.")
        return [FieldError(at, "not_money", detail)]
    if expected:
        detail = _(
            "By the books this drawer is not empty: open with what lies in it, then note what is put in as cash in."
        )
        return [FieldError(at, "not_empty", detail)]
    return []


def post_floats(
    *,
    shift: Shift,
    floats: Mapping[str, CountData],
    accounts: Mapping[str, int],
    today: date,
    actor: Actor,
) -> None:
    """Post each float, from its account into the drawer: by who may take cash in, never more than the account holds.

    Raises PermissionRefused, NotEnoughCash.
    """
    if floats and not may(actor, MOVE_CASH):
        raise PermissionRefused(
            _(
                "Who opens a shift with money of another account must be allowed to take cash in and out of a till."
            ),
            permission=MOVE_CASH,
        )
    for currency, count in floats.items():
        assert count.float_from is not None  # noqa: S101 - what `floats_put_in` picked
        require_money(account_id=count.float_from, amount=count.total)
        post_transfer(
            transfer=Transfer(accounts[currency], count.float_from, currency, count.total),
            source=Source("shift", str(shift.pk), f"float-{currency}"),
            business_date=today,
            memo=shift.number,
            actor=actor,
        )
