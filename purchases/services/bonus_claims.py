"""Promised bonus that did not come: told and claimed once, settled when it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from core.actors import Actor
from core.money import round_money
from core.numbering import next_numbers
from core.transactions import lock_rows
from notifications.enums import AlertKind, Severity
from notifications.services import raise_alert, resolve_alert
from purchases.bonus import free_for
from purchases.enums import ClaimKind, ClaimStatus, OrderStatus
from purchases.models import OPEN_CLAIMS, GoodsReceipt, PurchaseOrder, PurchaseOrderLine, SupplierClaim
from purchases.services.receipt_lines import Delivered
from users.selectors import get_organization, local_today

_NAMED = 3
_BEFORE_ANY_DELIVERY = (OrderStatus.SENT, OrderStatus.ANSWERED)
_COUNTED = [
    "quantity",
    "settled_qty",
    "value_amount",
    "status",
    "closed_at",
    "closed_by_name",
    "closing_reason",
    "updated_at",
]
__all__ = ["count_bonus_claims", "forget_missing_bonus", "missing_bonus", "tell_missing_bonus"]


def missing_bonus(line: PurchaseOrderLine) -> int:
    """Free units that the paid ones received so far should have brought and did not, in units of the line."""
    tiers = [(int(buy), int(free)) for buy, free in line.tiers]
    promised = free_for(min(line.received_qty, line.paid_qty), tiers)
    return max(promised - line.received_free_qty, 0)


def tell_missing_bonus(receipt: GoodsReceipt, delivered: Sequence[Delivered]) -> None:
    """One alert for an order while bonus is owed on any line of this delivery."""
    order = receipt.order
    if order is None:
        return
    short = [
        one.order_line for one in delivered if one.order_line is not None and missing_bonus(one.order_line)
    ]
    if not short:
        if order.status not in _BEFORE_ANY_DELIVERY:  # then nobody was told
            resolve_alert(kind=AlertKind.BONUS_MISSING, key=str(order.pk))
        return
    received = sum(line.received_free_qty for line in short)
    raise_alert(
        kind=AlertKind.BONUS_MISSING,
        key=str(order.pk),
        severity=Severity.WARNING,
        body_params={
            "supplier": receipt.supplier.name,
            "product": ", ".join(line.product.name_in("en") for line in short[:_NAMED]),
            "product_ar": "، ".join(line.product.name_in("ar") for line in short[:_NAMED]),
            "promised": received + sum(missing_bonus(line) for line in short),
            "received": received,
            "receipt": receipt.number,
        },
        link=f"/admin/purchases/goodsreceipt/{receipt.pk}/change/",
    )


def forget_missing_bonus(order: PurchaseOrder) -> None:
    """An order whose deliveries were all taken back is owed no bonus yet."""
    if order.status in _BEFORE_ANY_DELIVERY:
        resolve_alert(kind=AlertKind.BONUS_MISSING, key=str(order.pk))


def count_bonus_claims(
    *,
    order: PurchaseOrder,
    lines: Sequence[PurchaseOrderLine],
    actor: Actor,
    receipt: GoodsReceipt | None = None,
) -> None:
    """One live claim for each order line on which bonus is owed; `lines` are locked and freshly counted.

    What came (with `receipt`) is settled, what is missing more is added; without one a delivery was taken back, and
    what is no longer missing was never owed. What was credited or waived before is not claimed again. No statement
    where nothing is owed with the first delivery of an order.
    """
    missing = {line.pk: missing_bonus(line) for line in lines}
    first = receipt is not None and order.status in _BEFORE_ANY_DELIVERY
    if first and not any(missing.values()):
        return
    claims = list(lock_rows(_of_lines(lines)))
    live = {claim.order_line_id: claim for claim in claims if claim.status in OPEN_CLAIMS}
    done = _given_up(claims)
    changed, new = [], []
    for line in lines:
        owed = max(missing[line.pk] - done[line.pk], 0)
        claim = live.get(line.pk)
        if claim is None:
            if owed:
                new.append(_claim(order, line, owed, receipt, actor))
        elif claim.open_qty != owed:
            _count(claim, owed, actor, taken_back=receipt is None)
            claim.value_amount = round_money(line.net_cost * claim.quantity, claim.currency)
            changed.append(claim)
    _open(new)
    if changed:
        SupplierClaim.objects.bulk_update(changed, _COUNTED)


def _of_lines(lines: Sequence[PurchaseOrderLine]) -> QuerySet[SupplierClaim]:
    return SupplierClaim.objects.filter(kind=ClaimKind.LATE_BONUS, order_line__in=[line.pk for line in lines])


def _given_up(claims: Sequence[SupplierClaim]) -> Counter[int | None]:
    """Units by order line that a credit note or a waiver settled: they will not come as goods."""
    given_up: Counter[int | None] = Counter()
    for claim in claims:
        if claim.status not in OPEN_CLAIMS:
            given_up[claim.order_line_id] += claim.open_qty
    return given_up


def _claim(
    order: PurchaseOrder, line: PurchaseOrderLine, owed: int, receipt: GoodsReceipt | None, actor: Actor
) -> SupplierClaim:
    currency = get_organization().currency
    return SupplierClaim(
        supplier_id=order.supplier_id,
        kind=ClaimKind.LATE_BONUS,
        order_line=line,
        receipt=receipt,
        product_id=line.product_id,
        unit_id=line.unit_id,
        quantity=owed,
        currency=currency,
        value_amount=round_money(line.net_cost * owed, currency),
        opened_date=receipt.business_date if receipt is not None else local_today(),
        created_by_name=actor.name,
    )


def _open(claims: Sequence[SupplierClaim]) -> None:
    if not claims:
        return
    for claim, number in zip(claims, next_numbers("CL", local_today().year, len(claims)), strict=True):
        claim.number = number
    SupplierClaim.objects.bulk_create(claims)


def _count(claim: SupplierClaim, owed: int, actor: Actor, *, taken_back: bool) -> None:
    """Make the claim's open quantity `owed`."""
    now = timezone.now()
    change = claim.open_qty - owed
    if change < 0 or taken_back:
        claim.quantity -= change
    else:
        claim.settled_qty += change
    claim.updated_at = now
    if owed == 0:
        claim.status = ClaimStatus.SETTLED if claim.settled_qty else ClaimStatus.WAIVED
        claim.closed_at, claim.closed_by_name = now, actor.name
        claim.closing_reason = gettext("The delivery was taken back") if taken_back else ""
