"""Cash in and out of a drawer that is no sale: change fetched, money taken to the bank, a small expense."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.enums import MONEY_ROLES, AccountRole, AccountType
from capital.selectors import default_account, list_accounts
from capital.services import post_expense
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.money import round_money
from core.sources import Source
from rbac.selectors import check_permission
from sales.enums import CashDirection
from sales.models import CashMovement, Shift, TillAccount
from sales.services.counting import Transfer, is_money_of, post_transfer, require_money
from sales.services.drawers import Drawer, require_in_drawer, use_drawer
from users.selectors import get_organization, local_today, one_organization

__all__ = ["move_cash"]

EXPENSE, DRAWING = "capital.post_expense", "capital.post_drawing"


def move_cash(
    *,
    shift_id: int,
    direction: CashDirection,
    amount: Decimal,
    reason: str,
    actor: Actor,
    account_id: int | None = None,
    currency: str = "",
    identified: bool = True,
) -> CashMovement:
    """Cash into or out of a shift's drawer; ``account_id`` (default: the main cash account) is the other side.

    In: from cash or a bank, no other till: that one's shift says what leaves it. Out: to cash or a bank; to the owner, or
    for an expense, by who may post that. Never more than there is. Raises NotFound, ShiftNotOpen, SellerUnknown,
    PermissionRefused, InvalidInput, NotEnoughInTill, NotEnoughCash, PeriodClosed.
    """
    with transaction.atomic(), one_organization():
        shift = Shift.objects.filter(pk=shift_id).first()
        if shift is None:
            raise NotFound
        drawer = use_drawer(till_id=shift.till_id, identified=identified, alone=True)
        if drawer.shift_id != shift.pk:
            raise InvalidInput(
                errors=[FieldError("shift", "closed", _("This shift is closed; another one is open."))]
            )
        currency = currency or get_organization().currency
        _refuse_bad(drawer, currency, amount, reason)
        other = _other_side(account_id, direction, drawer, currency)
        if other.role not in MONEY_ROLES:
            check_permission(actor, DRAWING if other.role == AccountRole.OWNER_DRAWINGS else EXPENSE)
        if direction == CashDirection.OUT:
            require_in_drawer(drawer=drawer, currency=currency, amount=amount)
        else:
            require_money(account_id=other.pk, amount=amount)
        movement = CashMovement(
            shift=shift,
            direction=direction,
            currency=currency,
            amount=amount,
            account_id=other.pk,
            reason=reason.strip(),
            actor_id=actor.id,
            actor_name=actor.name,
        )
        _post(movement, drawer, is_expense=other.type == AccountType.EXPENSE, actor=actor)
        record_audit(
            action="sales.move_till_cash",
            actor=actor,
            target_kind="shift",
            target_id=shift.pk,
            summary=f"{shift.number} {direction} {amount} {currency}: {movement.reason}",
        )
    return movement


def _refuse_bad(drawer: Drawer, currency: str, amount: Decimal, reason: str) -> None:
    drawer.account(currency)
    errors = []
    if amount <= 0 or amount != round_money(amount, currency):
        detail = _("An amount above zero, in the currency's decimals.")
        errors.append(FieldError("amount", "invalid", detail))
    if not reason.strip():
        errors.append(FieldError("reason", "blank", _("Say what it is for.")))
    if errors:
        raise InvalidInput(errors=errors)


def _other_side(account_id: int | None, direction: CashDirection, drawer: Drawer, currency: str) -> Any:
    """The account that the money comes from or goes to."""
    drawers = TillAccount.objects.values("account")
    if direction == CashDirection.OUT:
        drawers = drawers.filter(till=drawer.till_id)
    account = list_accounts().filter(is_active=True).exclude(pk__in=drawers)
    chosen = account.filter(pk=account_id).first() if account_id else default_account(AccountRole.CASH)
    allowed = is_money_of(chosen, currency) or (
        direction == CashDirection.OUT
        and chosen is not None
        and (chosen.type == AccountType.EXPENSE or chosen.role == AccountRole.OWNER_DRAWINGS)
    )
    if chosen is None or not allowed:
        detail = _(
            "Cash comes from cash or a bank in its currency, and goes there, to the owner, or for an expense."
        )
        raise InvalidInput(errors=[FieldError("account", "invalid", detail)])
    return chosen


def _post(movement: CashMovement, drawer: Drawer, *, is_expense: bool, actor: Actor) -> None:
    account_id = drawer.account(movement.currency)
    today = local_today()
    if is_expense:
        movement.expense = post_expense(
            business_date=today,
            amount=movement.amount,
            account_id=movement.account_id,
            paid_from_id=account_id,
            currency=movement.currency,
            memo=movement.reason,
            allow_overdraft=True,  # what the drawer holds was asked under its shift's lock
            actor=actor,
        )
        movement.save(force_insert=True)
        return
    movement.save(force_insert=True)
    signed = movement.amount if movement.direction == CashDirection.IN else -movement.amount
    post_transfer(
        transfer=Transfer(account_id, movement.account_id, movement.currency, signed),
        source=Source("cash_movement", str(movement.pk)),
        business_date=today,
        memo=movement.reason,
        actor=actor,
    )
