"""What may not be sold, by batch: quarantine, recall, and release."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.transactions import lock_rows, require_transaction
from inventory.enums import BatchState
from inventory.errors import BatchMissing, BatchRecalled
from inventory.expiry import EXPIRY_YEARS
from inventory.models import Batch, Stock
from inventory.services.reservations import break_reservations_on

#: Looks at the locked row before it changes, and raises when the caller saw an older one.
Check = Callable[[Any], None] | None


def quarantine_batch(*, batch_id: int, reason: str, actor: Actor) -> Batch:
    """Hold a batch back until it is released; what was reserved of it is given up. Doing it twice is a no-op."""
    return _set_state(batch_id, BatchState.QUARANTINED, reason, actor, "inventory.quarantine_batch")


def recall_batch(*, batch_id: int, reason: str, actor: Actor) -> Batch:
    """Withdraw a batch for good; what was reserved of it is given up."""
    return _set_state(batch_id, BatchState.RECALLED, reason, actor, "inventory.recall_batch")


def release_batch(*, batch_id: int, reason: str, actor: Actor) -> Batch:
    """Let a quarantined batch be sold again. A recall stands: raises BatchRecalled."""
    return _set_state(batch_id, BatchState.ACTIVE, reason, actor, "inventory.release_batch")


def correct_batch(*, batch_id: int, changes: Mapping[str, Any], actor: Actor, check: Check = None) -> Batch:
    """Mend a misread ``number`` or ``expiry_date``. The ledger goes on naming the same batch.

    Raises InvalidInput, BatchMissing; IntegrityError where that batch exists already (transfer the goods to it instead).
    """
    require_transaction()
    batch = lock_rows(Batch.objects.filter(pk=batch_id)).first()
    if batch is None:
        raise BatchMissing(batch=batch_id)
    if check is not None:
        check(batch)
    expiry = changes.get("expiry_date")
    if expiry is not None and expiry.year not in EXPIRY_YEARS:
        raise InvalidInput(errors=[FieldError("expiry", "out_of_range", _("No goods keep that long"))])
    before = {name: str(getattr(batch, name)) for name in changes}
    for name, value in changes.items():
        setattr(batch, name, value)
    batch.save(update_fields=[*changes, "updated_at"])
    record_audit(
        action="inventory.correct_batch", actor=actor, target_kind="batch", target_id=batch.pk,
        summary=str(batch), data={"before": before},
    )  # fmt: skip
    return batch


def _set_state(batch_id: int, state: BatchState, reason: str, actor: Actor, action: str) -> Batch:
    """Batch first, then its stock rows: an issue that holds those rows ends before the state changes."""
    require_transaction()
    batch = lock_rows(Batch.objects.filter(pk=batch_id)).first()
    if batch is None:
        raise BatchMissing(batch=batch_id)
    if batch.state == state:
        return batch
    if batch.state == BatchState.RECALLED:
        raise BatchRecalled(batch=batch_id)
    stock_ids = list(lock_rows(Stock.objects.filter(batch=batch)).values_list("pk", flat=True))
    broken = 0 if state == BatchState.ACTIVE else break_reservations_on(stock_ids=stock_ids)
    batch.state = state
    batch.state_reason = reason
    batch.state_changed_at = timezone.now()
    batch.save(update_fields=["state", "state_reason", "state_changed_at", "updated_at"])
    record_audit(
        action=action, actor=actor, target_kind="batch", target_id=batch.pk, summary=reason,
        data={"broken_reservations": broken},
    )  # fmt: skip
    return batch
