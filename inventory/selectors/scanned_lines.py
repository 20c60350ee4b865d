"""What many scanned codes mean, for a document whose lines name their products so."""

from collections.abc import Iterable

from inventory.codes import ScannedCode, read_code
from inventory.enums import IdentifierKind
from inventory.keys import identifier_key
from inventory.models import Batch, ProductIdentifier, ProductUnit
from inventory.selectors.products import selling_units
from inventory.selectors.scanning import ScanMatch

__all__ = ["scan_codes"]


def scan_codes(texts: Iterable[str]) -> dict[str, list[ScanMatch]]:
    """Each text with the active products that carry it, in the unit it names or is sold in: three statements.

    A batch is named where the code's number and expiry are those of one that is known.
    """
    codes = {text: read_code(text) for text in texts}
    keys = {text: _keys(code) for text, code in codes.items()}
    rows = ProductIdentifier.objects.filter(
        key__in=set().union(*keys.values()), product__is_active=True, product__merged_into__isnull=True
    )
    named: dict[str, dict[int, ProductIdentifier]] = {text: {} for text in codes}
    for row in rows.select_related("product", "unit").order_by("product_id", "pk"):
        for text in codes:
            if row.key in keys[text]:
                named[text].setdefault(row.product_id, row)
    units = selling_units({product for found in named.values() for product in found})
    batches = _batches(codes, named)
    return {
        text: [
            _match(row, row.unit or units[product], batches.get((text, product)))
            for product, row in found.items()
        ]
        for text, found in named.items()
    }


def _keys(code: ScannedCode) -> set[str]:
    keys = {identifier_key(kind, code.text) for kind in (IdentifierKind.GTIN, IdentifierKind.INTERNAL)}
    if code.gtin:
        keys.add(identifier_key(IdentifierKind.GTIN, code.gtin))
    return keys - {""}


def _batches(
    codes: dict[str, ScannedCode], named: dict[str, dict[int, ProductIdentifier]]
) -> dict[tuple[str, int], Batch]:
    """By code and product the batch of that number and expiry."""
    numbered = {text: code for text, code in codes.items() if code.batch_number and named[text]}
    if not numbered:
        return {}
    rows = Batch.objects.filter(
        product_id__in={product for text in numbered for product in named[text]},
        number__in={code.batch_number for code in numbered.values()},
    )
    known: dict[tuple[str, int], Batch] = {}
    for batch in rows.order_by("pk"):
        for text, code in numbered.items():
            same = batch.product_id in named[text] and batch.number == code.batch_number
            if same and code.expiry in (None, batch.expiry_date):
                known[text, batch.product_id] = batch
    return known


def _match(row: ProductIdentifier, unit: ProductUnit, batch: Batch | None) -> ScanMatch:
    return ScanMatch(
        product_id=row.product_id,
        name=row.product.name,
        unit_id=unit.pk,
        unit_name=unit.name,
        factor=unit.factor,
        batch_id=batch.pk if batch else None,
        batch_state=batch.state if batch else "",
    )
