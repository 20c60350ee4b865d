"""Shifts: open with a counted float, count blind, close. The books say what a drawer should hold, and nobody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.selectors import default_account, list_accounts
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.money import round_money
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows
from sales.enums import ShiftStatus
from sales.errors import CountIsStale, SellerUnknown, ShiftAlreadyOpen, ShiftNotOpen, TillInactive
from sales.models import Shift, ShiftCash, ShiftCount, Till
from sales.services.alerts import tell_differences
from sales.services.counting import CountData, Transfer, counted_amounts, is_money_of, post_transfer
from sales.services.drawers import drawer_balance
from sales.services.floats import floats_put_in, post_floats
from sales.services.tills import ensure_till_account
from users.selectors import get_organization, local_today, one_organization

__all__ = ["HandOver", "close_shift", "count_shift", "open_shift"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class HandOver:
    """What of ``currency`` leaves the drawer for ``account_id`` (None: the main cash account) when a shift closes."""

    currency: str
    amount: Decimal
    account_id: int | None = None


def open_shift(
    *,
    till_id: int,
    counts: Sequence[CountData],
    actor: Actor,
    reason: str = "",
    identified: bool = True,
) -> Shift:
    """Open a till with the float that was counted in its drawer.

    The float is what lay on the till's accounts; a difference goes to over and short and needs a ``reason``. Into a
    drawer that the books say is empty it comes from the account that its count names (``float_from``); what is put into
    any other is cash in. Raises InvalidInput, TillInactive, SellerUnknown, ShiftAlreadyOpen, PermissionRefused,
    NotEnoughCash.
    """
    with transaction.atomic(), one_organization():
        till = _lock_till(till_id, identified=identified)
        open_one = Shift.objects.filter(till=till, status=ShiftStatus.OPEN).first()
        if open_one is not None:
            raise ShiftAlreadyOpen(till=till.name, shift=open_one.number)
        ensure_till_account(till=till, currency=get_organization().currency, actor=actor)
        accounts = dict(till.accounts.values_list("currency", "account_id"))
        counted = counted_amounts(counts, list(accounts))
        expected = _expected(accounts)
        floats = floats_put_in(counted=counted, accounts=accounts, expected=expected, reason=reason)
        expected |= {currency: count.total for currency, count in floats.items()}
        today = local_today()
        shift = Shift.objects.create(
            number=next_number("SH", today.year),
            till=till,
            business_date=today,
            opened_by_id=actor.id,
            opened_by_name=actor.name,
            opening_reason=reason,
        )
        post_floats(shift=shift, floats=floats, accounts=accounts, today=today, actor=actor)
        differences = _count_in(shift, accounts, counted, expected, actor)
        if any(differences.values()) and not reason.strip():
            detail = _("The drawer does not hold what the books say: why?")
            raise InvalidInput(errors=[FieldError("reason", "required", detail)])
        _explain(shift, differences, accounts, reason, "opening", today, actor)
        tell_differences(shift, differences, actor, "opening")
        _audit("sales.open_shift", shift, actor, _texts(differences))
    return shift


def _lock_till(till_id: int, *, identified: bool) -> Till:
    till = lock_rows(Till.objects.filter(pk=till_id)).first()
    if till is None:
        raise InvalidInput(errors=[FieldError("till", "not_found", _("There is no such till."))])
    if not till.is_active:
        raise TillInactive(till=till.name)
    if till.asks_who_sells and not identified:
        raise SellerUnknown(till=till.name)
    return till


def _count_in(
    shift: Shift,
    accounts: Mapping[str, int],
    counted: Mapping[str, CountData],
    expected: Mapping[str, Decimal],
    actor: Actor,
) -> dict[str, Decimal]:
    """Write the float of each currency; counted less expected, by currency."""
    _write_counts(shift, counted, expected, actor)
    differences = {currency: counted[currency].total - expected[currency] for currency in accounts}
    ShiftCash.objects.bulk_create(
        [
            ShiftCash(
                shift=shift,
                currency=currency,
                account_id=account_id,
                float_amount=counted[currency].total,
                float_account_id=counted[currency].float_from if counted[currency].total else None,
                opening_difference=differences[currency],
            )
            for currency, account_id in accounts.items()
        ]
    )
    return differences


def count_shift(
    *, shift_id: int, counts: Sequence[CountData], actor: Actor, identified: bool = True
) -> Shift:
    """Note what was counted, without a word on what was expected. The last count is what a close goes by.

    Raises NotFound, ShiftNotOpen, InvalidInput, SellerUnknown.
    """
    with transaction.atomic(), one_organization():
        shift = _lock_shift(shift_id, identified=identified)
        accounts = dict(shift.cash.values_list("currency", "account_id"))
        counted = counted_amounts(counts, list(accounts))
        _write_counts(shift, counted, _expected(accounts), actor)
    return shift


def close_shift(
    *,
    shift_id: int,
    actor: Actor,
    counts: Sequence[CountData] = (),
    handed_over: Sequence[HandOver] = (),
    note: str = "",
    identified: bool = True,
) -> Shift:
    """Close by ``counts``, or by the last count if no money moved since. What differs goes to over and short.

    No ``note`` is asked for: who counts blind would learn from the refusal what the books expect, and count again. The
    difference stands in the report, and above a limit it is told to the owner. ``handed_over`` leaves the drawer; the
    rest stays for the next float. Raises NotFound, ShiftNotOpen, InvalidInput, CountIsStale, SellerUnknown.
    """
    with transaction.atomic(), one_organization():
        shift = _lock_shift(shift_id, identified=identified)
        rows = {row.currency: row for row in shift.cash.all()}
        accounts = {currency: row.account_id for currency, row in rows.items()}
        expected = _expected(accounts)
        if counts:
            counted = counted_amounts(counts, list(accounts))
            _write_counts(shift, counted, expected, actor)
            totals = {currency: count.total for currency, count in counted.items()}
        else:
            totals = _last_counts(shift, expected)
        leaving = _leaving(handed_over, totals)
        differences = {currency: totals[currency] - expected[currency] for currency in rows}
        today = local_today()
        _explain(shift, differences, accounts, note, "closing", today, actor)
        tell_differences(shift, differences, actor, "closing")
        for number, part in enumerate(leaving.values()):
            _hand_over(shift, accounts[part.currency], part, number, today, actor)
        for currency, row in rows.items():
            row.expected_amount, row.counted_amount = expected[currency], totals[currency]
            row.difference_amount = differences[currency]
            row.handed_over_amount = leaving[currency].amount if currency in leaving else ZERO
        fields = ["expected_amount", "counted_amount", "difference_amount", "handed_over_amount"]
        ShiftCash.objects.bulk_update(rows.values(), fields)
        _close(shift, note, actor)
        _audit("sales.close_shift", shift, actor, _texts(differences))
    return shift


def _lock_shift(shift_id: int, *, identified: bool) -> Shift:
    shift = lock_rows(Shift.objects.select_related("till").filter(pk=shift_id)).first()
    if shift is None:
        raise NotFound
    if shift.status != ShiftStatus.OPEN:
        raise ShiftNotOpen(till=shift.till.name, shift=shift.number)
    if shift.till.asks_who_sells and not identified:
        raise SellerUnknown(till=shift.till.name)
    return shift


def _expected(accounts: Mapping[str, int]) -> dict[str, Decimal]:
    return {
        currency: drawer_balance(account_id=account_id, currency=currency)
        for currency, account_id in accounts.items()
    }


def _write_counts(
    shift: Shift, counted: Mapping[str, CountData], expected: Mapping[str, Decimal], actor: Actor
) -> None:
    ShiftCount.objects.bulk_create(
        [
            ShiftCount(
                shift=shift,
                currency=currency,
                denominations=[
                    {"value": f"{row.value:f}", "pieces": row.pieces} for row in count.denominations
                ],
                amount=count.total,
                expected_amount=expected[currency],
                actor_id=actor.id,
                actor_name=actor.name,
            )
            for currency, count in counted.items()
        ]
    )


def _last_counts(shift: Shift, expected: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The newest count of each currency; the first one is the opening's float and no count of the day."""
    counts: dict[str, list[ShiftCount]] = {currency: [] for currency in expected}
    for row in shift.counts.order_by("pk"):
        counts[row.currency].append(row)
    if any(len(rows) == 1 for rows in counts.values()):
        raise InvalidInput(errors=[FieldError("counts", "missing", _("Count the drawer first."))])
    newest = {currency: rows[-1] for currency, rows in counts.items()}
    if any(newest[currency].expected_amount != amount for currency, amount in expected.items()):
        raise CountIsStale
    return {currency: row.amount for currency, row in newest.items()}


def _leaving(handed_over: Sequence[HandOver], totals: Mapping[str, Decimal]) -> dict[str, HandOver]:
    errors: list[FieldError] = []
    leaving: dict[str, HandOver] = {}
    for number, part in enumerate(handed_over):
        at = f"handed_over[{number}]"
        if part.currency not in totals or part.currency in leaving:
            detail = _("Name each currency of the drawer once.")
            errors.append(FieldError(f"{at}.currency", "not_taken", detail))
        elif part.amount <= 0 or part.amount != round_money(part.amount, part.currency):
            detail = _("An amount above zero, in the currency's decimals.")
            errors.append(FieldError(f"{at}.amount", "invalid", detail))
        elif part.amount > totals[part.currency]:
            detail = _("Not more than was counted.")
            errors.append(FieldError(f"{at}.amount", "more_than_counted", detail))
        elif not _is_money(_safe(part), part.currency):
            detail = _("Money is handed over to cash or a bank that holds its currency.")
            errors.append(FieldError(f"{at}.account", "not_money", detail))
        leaving[part.currency] = part
    if errors:
        raise InvalidInput(errors=errors)
    return leaving


def _is_money(account_id: int, currency: str) -> bool:
    return is_money_of(list_accounts().filter(pk=account_id, is_active=True).first(), currency)


def _explain(
    shift: Shift,
    differences: Mapping[str, Decimal],
    accounts: Mapping[str, int],
    reason: str,
    purpose: str,
    today: date,
    actor: Actor,
) -> None:
    """Post each difference to over and short; the account then says what was counted."""
    for currency, difference in differences.items():
        post_transfer(
            transfer=Transfer(accounts[currency], AccountRole.CASH_OVER_SHORT, currency, difference),
            source=Source("shift", str(shift.pk), f"{purpose}-{currency}"),
            business_date=today,
            memo=f"{shift.number} {reason}".strip(),
            actor=actor,
        )


def _safe(part: HandOver) -> int:
    return part.account_id if part.account_id is not None else default_account(AccountRole.CASH).pk


def _hand_over(shift: Shift, account_id: int, part: HandOver, number: int, today: date, actor: Actor) -> None:
    post_transfer(
        transfer=Transfer(account_id, _safe(part), part.currency, -part.amount),
        source=Source("shift", str(shift.pk), f"handed-over-{number}"),
        business_date=today,
        memo=shift.number,
        actor=actor,
    )


def _close(shift: Shift, note: str, actor: Actor) -> None:
    shift.status = ShiftStatus.CLOSED
    shift.closed_at = timezone.now()
    shift.closed_by_id, shift.closed_by_name = actor.id, actor.name
    shift.closing_note = note
    closing = ["status", "closed_at", "closed_by_id", "closed_by_name", "closing_note"]
    shift.save(update_fields=[*closing, "updated_at"])


def _texts(differences: Mapping[str, Decimal]) -> dict[str, Any]:
    return {"differences": {currency: str(amount) for currency, amount in differences.items() if amount}}


def _audit(action: str, shift: Shift, actor: Actor, data: dict[str, Any]) -> None:
    record_audit(
        action=action, actor=actor, target_kind="shift", target_id=shift.pk, summary=shift.number, data=data
    )
