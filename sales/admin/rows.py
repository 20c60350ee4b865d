"""What the pages of selling share."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin import FiguresInline, tell_error
from core.errors import DomainError
from rbac.selectors import discount_limit
from sales.enums import ShiftStatus
from sales.models import Till
from sales.selectors import list_shifts, list_tills
from sales.services import SellerRights

__all__ = ["OnceInline", "closed_tills", "each_row", "open_tills", "rights_at_counter", "seller_rights"]


class OnceInline(FiguresInline):
    """Rows typed when the document is made, and only looked at afterwards."""

    extra = 3

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None


def open_tills() -> list[Till]:
    """The tills in use whose shift is open."""
    tills = list_tills().filter(is_active=True)
    return [till for till in tills if till.open_shifts]  # type: ignore[attr-defined]


def closed_tills() -> QuerySet[Till]:
    """The tills in use whose shift one may open."""
    busy = list_shifts().filter(status=ShiftStatus.OPEN).values("till")
    return list_tills().filter(is_active=True).exclude(pk__in=busy)


def seller_rights(request: HttpRequest) -> SellerRights:
    return rights_at_counter(request.user)


def rights_at_counter(user: Any, *, identified: bool = True) -> SellerRights:
    """What this person may do beyond selling."""
    return SellerRights(
        above_stock=user.has_perm("sales.sell_above_stock"),
        override_price=user.has_perm("sales.override_price"),
        discount_limit=discount_limit(int(user.pk or 0)),
        dispense_controlled=user.has_perm("sales.dispense_controlled"),
        identified=identified,
    )


def each_row(request: HttpRequest, rows: QuerySet[Any], verb: Callable[[Any], object]) -> None:
    """Do ``verb`` to each row; what cannot be done is told and stops nothing else."""
    for row in rows.order_by("pk"):
        try:
            verb(row)
        except DomainError as error:
            tell_error(request, error)
        else:
            messages.success(request, _("%s: done.") % row)
