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
            name=_as_written(row.product.name_en if in_english else row.product.name_ar, row.product.number),
            price=row.price,
            bonus=row.bonus,
            condition_text=row.condition,
        )
        for row in offer_rows(supplier, products, edition=edition)
    ]
    build_price_list(path, rows=rows, layout=supplier.layout, seed=edition)
    return len(rows)


#: One name in so many is written shorter than ours, and one is of something we do not have.
_SHORTENED, _UNKNOWN = 23, 61


def _as_written(name: str, number: int) -> str:
    """A wholesaler's spelling: mostly the usual one, at times without the pack, at times a product of its own."""
    if number % _UNKNOWN == 0:
        return (
            f"{name.split(maxsplit=1)[0]} بلس" if not name.isascii() else f"{name.split(maxsplit=1)[0]} Plus"
        )
    if number % _SHORTENED == 0:
        return name.rsplit(" ", 2)[0]
    return name
