"""What suppliers take back today."""

from reports.analysis.expiry import Returnable

__all__ = ["returnable_batches"]


def returnable_batches() -> dict[tuple[int, int], Returnable]:
    """By (batch, place)."""
    return {}
