"""What to label of a delivery."""

from __future__ import annotations

from inventory.selectors import LabelWish, movement_batches
from purchases.selectors.buying import get_receipt

__all__ = ["labels_of_receipt"]

#: So many labels are one print, however many packs came.
MOST_LABELS = 5_000


def labels_of_receipt(receipt_id: int, *, per_pack: bool = False) -> list[LabelWish]:
    """One label for each batch that came, in the unit it was bought in; ``per_pack``: for each pack of it.

    Raises ReceiptNotFound.
    """
    receipt = get_receipt(receipt_id)
    rows = [(line, batch) for line in receipt.lines.all() for batch in line.batches.all()]
    batches = movement_batches([batch.movement_id for _line, batch in rows if batch.movement_id])
    wishes, room = [], MOST_LABELS
    for line, batch in rows:
        copies = min(batch.paid_qty + batch.free_qty if per_pack else 1, room)
        if copies > 0:
            wishes.append(LabelWish(line.unit_id, copies, batches.get(batch.movement_id or 0)))
        room -= copies
    return wishes
