"""The demo wholesalers' price lists as PDFs."""

from collections.abc import Sequence
from pathlib import Path

from reports.demo.catalogue import DemoProduct
from reports.demo.samples import OfferRow, build_price_list
from reports.demo.suppliers import DemoSupplier, offer_rows


def write_offer(
    supplier: DemoSupplier, products: Sequence[DemoProduct], path: Path, *, edition: int = 1
) -> int:
    """Write the ``edition``-th list of ``supplier`` to ``path``; the number of rows. Same input, same bytes."""
    in_english = supplier.layout.startswith("english")
    rows = [
        OfferRow(
            section=row.product.maker_en if in_english else row.product.maker_ar,
            name=row.product.name_en if in_english else row.product.name_ar,
            price=row.price,
            bonus=row.bonus,
            condition_text=row.condition,
        )
        for row in offer_rows(supplier, products, edition=edition)
    ]
    build_price_list(path, rows=rows, layout=supplier.layout, seed=edition)
    return len(rows)
