"""What suppliers take back today."""

from purchases.services import returnable_stock
from reports.analysis.expiry import Returnable

__all__ = ["returnable_batches"]


def returnable_batches() -> dict[tuple[int, int], Returnable]:
    """By (batch, place): the supplier that credits most for it, and how much it takes."""
    return {
        key: Returnable(supplier.name, quantity) for key, (supplier, quantity) in returnable_stock().items()
    }
