"""What suppliers take back today, by their terms."""

from purchases.selectors.returns import list_terms
from purchases.services import suggest_returns
from reports.analysis.expiry import Returnable

__all__ = ["returnable_batches"]


def returnable_batches() -> dict[tuple[int, int], Returnable]:
    """By (batch, place): the supplier that takes most of it back. Six statements for each supplier with return terms."""
    found: dict[tuple[int, int], Returnable] = {}
    for supplier, name in sorted(set(list_terms().values_list("supplier_id", "supplier__name"))):
        for one in suggest_returns(supplier_id=supplier):
            place = (one.stock.batch_id, one.stock.location_id)
            if one.quantity > (found[place].quantity if place in found else 0):
                found[place] = Returnable(supplier=name, quantity=one.quantity)
    return found
