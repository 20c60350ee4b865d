"""Explaining what a sale above stock found: mostly goods whose receipt came late."""

from datetime import date
from decimal import Decimal

from capital.enums import AccountRole
from core.actors import Actor
from core.audit import record_audit
from core.sources import Source
from core.transactions import advisory_lock, require_transaction
from inventory.enums import FoundOutcome, MovementKind
from inventory.errors import DocumentMissing, PostedDifferently
from inventory.models import FoundSettlement, StockMovement
from inventory.selectors.products import resolve_products
from inventory.selectors.stock import found_movements
from inventory.services.books import post_stock_entry
from inventory.services.issuing import issue_stock
from inventory.services.posting import posting_terms
from inventory.types import IssueLine

SOURCE_KIND = "found_settlement"


def settle_found(
    *, movement_id: int, actor: Actor, note: str = "", business_date: date | None = None
) -> FoundSettlement:
    """The found goods came with a receipt since: as many leave the stock again, and the gain is taken back.

    They leave first expired first, at the value that they carry now, where they were found. Settling twice is a
    no-op. Raises DocumentMissing for what no sale found, InsufficientStock until the receipt is there.
    """
    movement, before = _begin(movement_id, FoundOutcome.SETTLED)
    if before is not None:
        return before
    day = business_date or posting_terms().today
    product = resolve_products([movement.product_id])[movement.product_id]
    source = Source(SOURCE_KIND, str(movement.pk))
    posted = issue_stock(
        lines=[IssueLine(product, movement.location_id, movement.quantity)],
        source=source,
        kind=MovementKind.SETTLEMENT,
        actor=actor,
        business_date=day,
    )
    post_stock_entry(
        source=source,
        value=sum((item.value_amount for item in posted), Decimal(0)),
        against=AccountRole.SHRINKAGE_GAIN,
        memo="Late receipt settled",
        actor=actor,
        business_date=day,
    )
    return _close(movement, FoundOutcome.SETTLED, note, actor)


def explain_found(*, movement_id: int, note: str, actor: Actor) -> FoundSettlement:
    """The goods were really there (a count that was wrong, say): they stay found, with ``note`` as the reason."""
    movement, before = _begin(movement_id, FoundOutcome.EXPLAINED)
    return before or _close(movement, FoundOutcome.EXPLAINED, note, actor)


def _begin(movement_id: int, outcome: FoundOutcome) -> tuple[StockMovement, FoundSettlement | None]:
    """The found movement under its lock, and how it was explained before."""
    require_transaction()
    advisory_lock("inventory.found", movement_id)
    movement = found_movements().select_related("settlement").filter(pk=movement_id).first()
    if movement is None:
        raise DocumentMissing(movement=movement_id)
    before: FoundSettlement | None = getattr(movement, "settlement", None)
    if before is not None and before.outcome != outcome:
        raise PostedDifferently(movement=movement_id, outcome=before.outcome)
    return movement, before


def _close(movement: StockMovement, outcome: FoundOutcome, note: str, actor: Actor) -> FoundSettlement:
    settlement = FoundSettlement.objects.create(
        movement=movement, outcome=outcome, note=note, actor_id=actor.id, actor_name=actor.name
    )
    record_audit(
        action=f"inventory.found_{outcome}", actor=actor, target_kind="stock_movement",
        target_id=movement.pk, summary=note,
    )  # fmt: skip
    return settlement
