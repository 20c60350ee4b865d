"""What the counter tells people: sales of an outage that no book has yet, and drawers that do not hold what they should."""

from collections.abc import Mapping
from decimal import Decimal

from capital.selectors import rate_on
from core.actors import Actor
from notifications.enums import AlertKind
from notifications.services import raise_alert, resolve_alert
from sales.enums import ReplayStatus
from sales.models import SaleReplay, Shift
from users.selectors import get_organization, local_today

__all__ = ["tell_differences", "tell_refused_sales"]


def tell_refused_sales(*, till_id: int) -> None:
    """One open alert a till while sales of it wait for a decision, none afterwards."""
    waiting = SaleReplay.objects.filter(till_id=till_id, status=ReplayStatus.REFUSED)
    count = waiting.count()
    if not count:
        resolve_alert(kind=AlertKind.SALE_REFUSED, key=till_id)
        return
    till = waiting.select_related("till")[0].till
    raise_alert(
        kind=AlertKind.SALE_REFUSED,
        key=till_id,
        body_params={"till": till.name, "count": count},
        link=f"/admin/sales/salereplay/?status__exact={ReplayStatus.REFUSED}&till__id__exact={till_id}",
    )


def tell_differences(shift: Shift, differences: Mapping[str, Decimal], actor: Actor, moment: str) -> None:
    """An alert for each currency of a drawer that is out by more than the policy lets pass; ``moment`` of the count."""
    limit, today = get_organization().cash_difference_limit, local_today()
    for currency, difference in differences.items():
        if difference and abs(difference) * rate_on(currency=currency, day=today) > limit:
            raise_alert(
                kind=AlertKind.CASH_DIFFERENCE,
                key=f"{shift.pk}-{moment}-{currency}",
                body_params={
                    "shift": shift.number,
                    "till": shift.till.name,
                    "who": actor.name,
                    "difference": f"{difference:.4f}",
                    "currency": currency,
                },
                link=f"/admin/sales/shift/{shift.pk}/change/",
            )
