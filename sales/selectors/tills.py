"""Reads of tills, shifts and refused sales of an outage."""

from django.db.models import Prefetch, QuerySet

from core.errors import NotFound
from rbac.selectors import holders_of
from sales.enums import ShiftStatus
from sales.models import CashMovement, SaleReplay, Shift, ShiftCash, Till, TillAccount, TillPin

__all__ = [
    "get_shift",
    "get_till",
    "list_cash_movements",
    "list_people_at_tills",
    "list_pins",
    "list_replays",
    "list_shifts",
    "list_tills",
]


def list_tills() -> QuerySet[Till]:
    """With their accounts and ``open_shifts`` (none or one): three statements, however many."""
    return (
        Till.objects.select_related("location")
        .prefetch_related(
            Prefetch("accounts", TillAccount.objects.select_related("account")),
            Prefetch("shifts", Shift.objects.filter(status=ShiftStatus.OPEN), to_attr="open_shifts"),
        )
        .order_by("name", "pk")
    )


def get_till(*, till_id: int) -> Till:
    """Raises NotFound."""
    till = list_tills().filter(pk=till_id).first()
    if till is None:
        raise NotFound
    return till


def list_shifts() -> QuerySet[Shift]:
    """Newest first, with the cash of each currency."""
    cash = ShiftCash.objects.select_related("account", "float_account")
    return Shift.objects.select_related("till").prefetch_related(Prefetch("cash", cash)).order_by("-pk")


def get_shift(*, shift_id: int) -> Shift:
    """Raises NotFound."""
    shift = list_shifts().filter(pk=shift_id).first()
    if shift is None:
        raise NotFound
    return shift


def list_cash_movements() -> QuerySet[CashMovement]:
    return CashMovement.objects.select_related("account", "expense").order_by("pk")


def list_pins() -> QuerySet[TillPin]:
    return TillPin.objects.select_related("user").order_by("user__name", "pk")


def list_people_at_tills() -> list[tuple[int, str]]:
    """(id, name) of everybody who may sell and has a PIN, by name."""
    sellers = set(holders_of(code="sales.sell"))
    rows = list_pins().values_list("user_id", "user__name")
    return [(user_id, name) for user_id, name in rows if user_id in sellers]


def list_replays() -> QuerySet[SaleReplay]:
    """Newest first."""
    return SaleReplay.objects.select_related("till", "sale").order_by("-pk")
