"""The stock a pharmacy starts with: goods against opening equity."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from capital.enums import AccountRole
from core.actors import Actor
from core.audit import record_audit
from core.sources import Source
from core.transactions import require_transaction
from inventory.enums import MovementKind
from inventory.services.books import post_stock_entry
from inventory.services.receiving import receive_stock
from inventory.types import PostedMovement, ReceiveLine


def post_opening_stock(
    *, lines: Sequence[ReceiveLine], source: Source, actor: Actor, business_date: date
) -> list[PostedMovement]:
    """Receive opening stock and post its value against opening equity. Once a source; see ``receive_stock``."""
    require_transaction()
    posted = receive_stock(
        lines=lines, source=source, actor=actor, business_date=business_date, kind=MovementKind.OPENING
    )
    value = sum((movement.value_amount for movement in posted), Decimal(0))
    post_stock_entry(
        source=source, value=value, against=AccountRole.OPENING_EQUITY, memo="Opening stock", actor=actor,
        business_date=business_date,
    )  # fmt: skip
    record_audit(
        action="inventory.post_opening_stock", actor=actor, target_kind=source.kind, target_id=source.id,
        summary=f"{len(posted)} lines", data={"value": str(value)},
    )  # fmt: skip
    return posted
