"""Who sells: the person signed in, or the one whose PIN was given at a till that somebody signed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from core.actors import Actor, person
from core.api.permissions import HasDomainPermission, required_permission
from core.api.requests import actor_of
from core.errors import PermissionRefused
from rbac.selectors import discount_limit
from sales.errors import SellerProofRefused
from sales.services import SellerRights, read_proof
from users.selectors import list_users

__all__ = ["HEADER", "SELLER_HEADER", "Seller", "SellerPermission", "rights_of", "seller_of"]

HEADER = "Till-Seller"
SELLER_HEADER = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The token of `tills/{id}/identify/`: what follows is done, and judged, as that person.",
)
#: What the machine itself must be allowed before it may speak for anybody.
MACHINE_RIGHT = "sales.sell"


@dataclass(frozen=True)
class Seller:
    """``till_id`` is where the PIN was given; None: the person signed in speaks for themself."""

    user: Any
    actor: Actor
    till_id: int | None = None

    def at(self, till_id: int | None) -> bool:
        """Whether they are known at this till. Raises SellerProofRefused for a PIN given at another one."""
        if self.till_id is not None and self.till_id != till_id:
            raise SellerProofRefused
        return self.till_id is not None


class SellerPermission(HasDomainPermission):
    """Where a PIN was given, the permission is asked of that person and not of the machine.

    Only for views that name this class: a PIN opens nothing else.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if HEADER not in request.headers or not request.user.is_authenticated:
            return super().has_permission(request, view)
        code = required_permission(view)
        if code is None or not request.user.has_perm(MACHINE_RIGHT):
            return False
        return bool(seller_of(request).user.has_perm(code))


def seller_of(request: Request) -> Seller:
    """Raises SellerProofRefused."""
    known: Seller | None = getattr(request, "_seller", None)
    if known is None:
        token = request.headers.get(HEADER, "")
        known = proven_seller(token) if token else Seller(request.user, actor_of(request))
        request._seller = known  # type: ignore[attr-defined]  # noqa: SLF001 - ours, kept for this request
    return known


def proven_seller(token: str, sold_at: datetime | None = None) -> Seller:
    """``sold_at``: of a sale that a till made during an outage (`sale-replays/` only). Raises SellerProofRefused."""
    till_id, user_id = read_proof(token=token, sold_at=sold_at)
    user = list_users().get(pk=user_id)
    return Seller(user, person(user), till_id)


def rights_of(seller: Seller, *, till_id: int | None, reduces: bool) -> SellerRights:
    """What this person may do at this counter; the discount limit is looked up where a price is reduced."""
    user = seller.user
    if not user.has_perm(MACHINE_RIGHT):
        raise PermissionRefused(_("This person may not sell"))
    return SellerRights(
        above_stock=user.has_perm("sales.sell_above_stock"),
        override_price=user.has_perm("sales.override_price"),
        dispense_controlled=user.has_perm("sales.dispense_controlled"),
        discount_limit=discount_limit(user.pk) if reduces else SellerRights.discount_limit,
        identified=seller.at(till_id),
    )
