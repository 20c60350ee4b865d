"""Adjustments above their maker's limit: somebody else posts them or turns them down."""

from collections.abc import Sequence

from django.utils import timezone

from capital.services import check_limit
from core.actors import Actor
from core.audit import record_audit
from core.transactions import lock_rows, require_transaction
from inventory.enums import DocumentStatus
from inventory.errors import DocumentMissing, DocumentState, OwnDecision
from inventory.models import StockAdjustment
from inventory.services.adjusting import SOURCE_KIND, post_adjustment
from inventory.services.posting import posting_terms
from inventory.types import AdjustLine
from notifications.enums import AlertKind
from notifications.services import resolve_alert


def approve_adjustment(*, adjustment_id: int, actor: Actor, note: str = "") -> StockAdjustment:
    """Post what waited, on the stock as it is now, dated today. Never by whoever made it, never above the actor's limit.

    Raises DocumentMissing, DocumentState, OwnDecision, ApprovalLimitExceeded, InsufficientStock; then nothing changed.
    """
    adjustment = _lock(adjustment_id)
    if actor.id is not None and actor.id == adjustment.actor_id:
        raise OwnDecision(number=adjustment.number)
    terms = posting_terms()
    adjustment.business_date = terms.today
    post_adjustment(adjustment=adjustment, lines=_lines_of(adjustment), actor=actor, currency=terms.currency)
    check_limit(amount=abs(adjustment.value_amount), actor=actor)
    return _decided(adjustment, actor, note, "approve_adjustment")


def reject_adjustment(*, adjustment_id: int, actor: Actor, reason: str) -> StockAdjustment:
    """Turn down (or, by whoever made it, withdraw) what waited: nothing was posted, nothing will be.

    Raises DocumentMissing, DocumentState.
    """
    adjustment = _lock(adjustment_id)
    adjustment.status = DocumentStatus.REJECTED
    return _decided(adjustment, actor, reason, "reject_adjustment")


def _lock(adjustment_id: int) -> StockAdjustment:
    require_transaction()
    adjustment = lock_rows(StockAdjustment.objects.filter(pk=adjustment_id)).first()
    if adjustment is None:
        raise DocumentMissing(adjustment=adjustment_id)
    if adjustment.status != DocumentStatus.AWAITING:
        raise DocumentState(number=adjustment.number, status=adjustment.status)
    return adjustment


def _lines_of(adjustment: StockAdjustment) -> Sequence[AdjustLine]:
    return [
        AdjustLine(
            product_id=line.product_id,
            location_id=line.location_id,
            quantity=line.quantity,
            batch_id=line.batch_id,
            batch_number=line.batch_number,
            expiry=line.expiry_date,
            value_amount=line.value_amount,
        )
        for line in adjustment.lines.order_by("line")
    ]


def _decided(adjustment: StockAdjustment, actor: Actor, note: str, action: str) -> StockAdjustment:
    adjustment.decided_at = timezone.now()
    adjustment.decided_by_id, adjustment.decided_by_name = actor.id, actor.name
    adjustment.decision_note = note
    adjustment.save()
    resolve_alert(kind=AlertKind.ADJUSTMENT_WAITING, key=adjustment.pk)
    record_audit(
        action=f"inventory.{action}", actor=actor, target_kind=SOURCE_KIND, target_id=adjustment.pk,
        summary=f"{adjustment.number} {note}".strip(), data={"value": str(adjustment.value_amount)},
    )  # fmt: skip
    return adjustment
