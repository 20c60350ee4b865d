"""Claims against suppliers: opened by deliveries or by hand, sent, settled or waived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.numbering import next_number
from core.transactions import lock_rows
from purchases.enums import ClaimKind, ClaimStatus, ReceiptStatus
from purchases.errors import ClaimNotFound, ClaimStateConflict
from purchases.models import OPEN_CLAIMS, GoodsReceiptLine, SupplierClaim
from purchases.services.credit_lines import paid_for
from users.selectors import get_organization, local_today

__all__ = ["ClaimData", "open_claim", "send_claims", "waive_claim"]

Check = Callable[[SupplierClaim], None] | None
_OF_UNITS = (ClaimKind.MISSING, ClaimKind.DAMAGED)
_BY_HAND = (*_OF_UNITS, ClaimKind.PRICE)


@dataclass(frozen=True)
class ClaimData:
    """`quantity` units of a received line. `amount` None: what they cost at net cost."""

    kind: str
    receipt_line_id: int
    quantity: int
    amount: Decimal | None = None
    note: str = ""


def open_claim(*, data: ClaimData, actor: Actor) -> SupplierClaim:
    """Goods missing or damaged on arrival, or dearer than ordered. Claims for bonus are opened by deliveries.

    Raises InvalidInput naming what cannot be.
    """
    with transaction.atomic():
        rows = GoodsReceiptLine.objects.select_related("receipt__supplier__merged_into")
        named = rows.filter(pk=data.receipt_line_id, receipt__status=ReceiptStatus.POSTED)
        line = lock_rows(named).first()
        amount = _checked_amount(data, line)
        if line is None:  # named by _checked_amount already
            raise InvalidInput
        receipt, today = line.receipt, local_today()
        claim = SupplierClaim.objects.create(
            number=next_number("CL", today.year),
            supplier=receipt.supplier.merged_into or receipt.supplier,
            kind=data.kind,
            receipt=receipt,
            receipt_line=line,
            order_line_id=line.order_line_id,
            product_id=line.product_id,
            unit_id=line.unit_id,
            quantity=data.quantity,
            currency=get_organization().currency,
            value_amount=amount,
            opened_date=today,
            note=data.note.strip(),
            created_by_name=actor.name,
        )
        _audit(claim, "open_claim", actor)
    return claim


def _checked_amount(data: ClaimData, line: GoodsReceiptLine | None) -> Decimal:
    currency = get_organization().currency
    errors = []
    if data.kind not in _BY_HAND:
        errors.append(FieldError("kind", "invalid", _("Deliveries open claims for bonus by themselves")))
    if line is None:
        errors.append(FieldError("receipt_line", "not_found", _("There is no such received line")))
    elif not 0 < data.quantity <= _left_to_claim(line, data.kind):
        detail = _("More than the delivery was said to bring and is not claimed yet")
        errors.append(FieldError("quantity", "out_of_range", detail))
    amount = data.amount
    if amount is None and line is not None:
        amount = round_money(line.net_cost * max(data.quantity, 0), currency)
    if data.amount is not None and (data.amount <= 0 or data.amount != round_money(data.amount, currency)):
        errors.append(FieldError("amount", "invalid", _("Not an amount of money")))
    elif data.amount is not None and line is not None and data.amount > _worth(line):
        errors.append(FieldError("amount", "more_than_paid", _("More than was paid for these goods")))
    if data.kind == ClaimKind.PRICE and data.amount is None:
        errors.append(FieldError("amount", "required", _("Say by how much the price was above the order")))
    if errors:
        raise InvalidInput(errors=errors)
    return amount or Decimal(0)


def _left_to_claim(line: GoodsReceiptLine, kind: str) -> int:
    """Units of the line of which nobody said yet that they are missing or damaged; a price may be wrong all the same."""
    brought = line.paid_qty + line.free_qty
    if kind == ClaimKind.PRICE:
        return brought
    before = SupplierClaim.objects.filter(receipt_line=line, kind__in=_OF_UNITS).exclude(
        status=ClaimStatus.WAIVED
    )
    claimed: int = before.aggregate(units=Sum("quantity", default=0))["units"]
    return brought - claimed


def _worth(line: GoodsReceiptLine) -> Decimal:
    supplier = line.receipt.supplier.merged_into or line.receipt.supplier
    return paid_for([line.pk], supplier)[line.pk]


def send_claims(*, claim_ids: Sequence[int], actor: Actor) -> list[SupplierClaim]:
    """Open -> claimed: the supplier was told. Claiming again is a no-op. Raises ClaimNotFound, ClaimStateConflict."""
    with transaction.atomic():
        claims = list(lock_rows(SupplierClaim.objects.filter(pk__in=claim_ids)))
        if len(claims) != len(set(claim_ids)) or not claims:
            raise ClaimNotFound
        for claim in claims:
            if claim.status not in OPEN_CLAIMS:
                raise ClaimStateConflict(claim=claim.pk, status=claim.status)
        now = timezone.now()
        fresh = [claim for claim in claims if claim.status == ClaimStatus.OPEN]
        for claim in fresh:
            claim.status = ClaimStatus.CLAIMED
            claim.claimed_at, claim.updated_at = now, now
            claim.claimed_by_name = actor.name
        SupplierClaim.objects.bulk_update(fresh, ["status", "claimed_at", "claimed_by_name", "updated_at"])
        for claim in fresh[:1]:
            numbers = ", ".join(one.number for one in fresh)
            _audit(claim, "send_claims", actor, summary=numbers)
    return claims


def waive_claim(*, claim_id: int, reason: str, actor: Actor, check: Check = None) -> SupplierClaim:
    """Give a claim up, with a reason. Raises ClaimNotFound, ClaimStateConflict, InvalidInput."""
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("Say why it is given up"))])
    with transaction.atomic():
        claim = lock_rows(SupplierClaim.objects.filter(pk=claim_id)).first()
        if claim is None:
            raise ClaimNotFound
        if check is not None:
            check(claim)
        if claim.status not in OPEN_CLAIMS:
            raise ClaimStateConflict(claim=claim.pk, status=claim.status)
        claim.status = ClaimStatus.WAIVED
        claim.closed_at = timezone.now()
        claim.closed_by_name = actor.name
        claim.closing_reason = reason.strip()[:500]
        claim.save()
        _audit(claim, "waive_claim", actor)
    return claim


def _audit(claim: SupplierClaim, action: str, actor: Actor, *, summary: str = "") -> None:
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="supplier_claim",
        target_id=claim.pk,
        summary=summary or claim.number,
        data={"supplier": claim.supplier_id, "value": str(claim.value_amount), "status": claim.status},
    )
