"""Saying which lines could not be filled."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from core.errors import FieldError
from inventory.errors import InsufficientStock
from inventory.picking import Shortfall


def insufficient_stock(short: Sequence[Shortfall]) -> InsufficientStock:
    """The fact, naming each line that could not be filled and what there was for it."""
    return InsufficientStock(
        errors=[
            FieldError(
                f"lines[{fall.line}].quantity",
                "blocked" if fall.blocked else "insufficient_stock",
                _("Only %(available)d of %(requested)d can be taken")
                % {"available": fall.available, "requested": fall.requested},
            )
            for fall in short
        ],
        lines=[
            {
                "line": fall.line,
                "product_id": fall.product_id,
                "location_id": fall.location_id,
                "requested": fall.requested,
                "available": fall.available,
                "blocked": fall.blocked,
            }
            for fall in short
        ],
    )
