"""What scanned codes name: the products that carry them and, of each, the batch. Read once, for scans and documents alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Func, Q, TextField

from inventory.codes import ScannedCode, read_code
from inventory.enums import BatchState, IdentifierKind, ScanWarning
from inventory.keys import BATCH_NUMBER_KEY_SQL, batch_number_key, identifier_key
from inventory.models import Batch, ProductIdentifier


@dataclass(frozen=True)
class Pack:
    """One product that a code may name; ``batch`` where it is known here."""

    code: ScannedCode
    identifier: ProductIdentifier
    batch: Batch | None

    def warnings(self, on: date) -> Iterable[ScanWarning]:
        """What speaks against using it. It has expired by what is printed on it as by what was received."""
        code, batch = self.code, self.batch
        if batch is None and code.batch_number:
            yield ScanWarning.BATCH_UNKNOWN
        if batch is not None and batch.number and code.expiry not in (None, batch.expiry_date):
            yield ScanWarning.EXPIRY_DIFFERS
        if batch is not None and batch.state != BatchState.ACTIVE:
            recalled = batch.state == BatchState.RECALLED
            yield ScanWarning.RECALLED if recalled else ScanWarning.QUARANTINED
        if any(day is not None and day < on for day in (code.expiry, batch.expiry_date if batch else None)):
            yield ScanWarning.EXPIRED


def packs_named(texts: Iterable[str], *, out_of_stock: bool = False) -> dict[str, list[Pack]]:
    """Each text with the active products that carry it, by id: two statements.

    Batch numbers are compared as people read them. Of several batches of one number the one with the code's expiry is
    meant, else one that may not be sold. ``out_of_stock``: a pack that leaves us, and whose number nobody received, is
    one of the goods that came without a number, where there are any of its expiry.
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
    wanted = {text: set(named[text]) for text, code in codes.items() if code.batch_number}
    batches = _batches_of(codes, wanted)
    return {
        text: [
            Pack(codes[text], row, _meant(codes[text], batches.get(product, []), out_of_stock=out_of_stock))
            for product, row in found.items()
        ]
        for text, found in named.items()
    }


def _keys(code: ScannedCode) -> set[str]:
    keys = {identifier_key(kind, code.text) for kind in (IdentifierKind.GTIN, IdentifierKind.INTERNAL)}
    if code.gtin:
        keys.add(identifier_key(IdentifierKind.GTIN, code.gtin))
    return keys - {""}


def _batches_of(codes: dict[str, ScannedCode], wanted: dict[str, set[int]]) -> dict[int, list[Batch]]:
    """By product the batches of these numbers, and those without a number that are on hand."""
    products = set().union(*wanted.values())
    if not products:
        return {}
    numbers = {batch_number_key(codes[text].batch_number) for text in wanted}
    key = Func(F("number"), template=BATCH_NUMBER_KEY_SQL, output_field=TextField())
    rows = Batch.objects.filter(product_id__in=products).annotate(number_key=key)
    known: dict[int, list[Batch]] = {}
    here = Q(number="", pk__in=Batch.objects.filter(stock__on_hand__gt=0).values("pk"))
    for batch in rows.filter(Q(number_key__in=numbers - {""}) | here).order_by("pk"):
        known.setdefault(batch.product_id, []).append(batch)
    return known


def _meant(code: ScannedCode, batches: Iterable[Batch], *, out_of_stock: bool) -> Batch | None:
    if not code.batch_number:
        return None
    number = batch_number_key(code.batch_number)
    ranked = sorted(
        batches, key=lambda batch: (batch.expiry_date == code.expiry, batch.state != BatchState.ACTIVE)
    )
    for batch in reversed(ranked):
        if batch.number and batch_number_key(batch.number) == number:
            return batch
    for batch in reversed(ranked):
        if out_of_stock and not batch.number and batch.expiry_date in (None, code.expiry):
            return batch
    return None
