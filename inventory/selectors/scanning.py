"""What a scanned code means: product, unit, batch and expiry. Shared codes answer all they may mean."""

from dataclasses import dataclass
from datetime import date

from biip import BiipException, ParseConfig, parse
from biip.gs1_messages import GS1Message

from core.text import normalise_digits
from inventory.enums import IdentifierKind
from inventory.keys import identifier_key
from inventory.models import Batch, ProductIdentifier, ProductUnit
from inventory.selectors.products import selling_units

_MAX_CODE = 200
#: Scanners send FNC1 as the group separator; people type a bar for it.
_CONFIG = ParseConfig(separator_chars=("\x1d", "|"))


@dataclass(frozen=True)
class ScannedCode:
    """The code taken apart. ``batch_number`` and ``expiry`` come with GS1 codes only."""

    text: str
    gtin: str = ""
    batch_number: str = ""
    expiry: date | None = None
    serial: str = ""


@dataclass(frozen=True)
class ScanMatch:
    """One product that the code may name; ``batch_id`` where that batch is known here."""

    product_id: int
    name: str
    unit_id: int
    unit_name: str
    factor: int
    batch_id: int | None
    batch_state: str


def read_code(text: str) -> ScannedCode:
    """Take an EAN, GTIN, UPC or GS1 code apart: as scanners send it, or as printed with its brackets.

    A GS1 expiry without a day is the last day of its month. What is no such code comes back as its text alone.
    """
    plain = normalise_digits(text).strip()[:_MAX_CODE]
    try:
        if plain.startswith("("):
            return _from_message(plain, GS1Message.parse_hri(plain, config=_CONFIG))
        parsed = parse(plain, config=_CONFIG)
    except (BiipException, ValueError):
        return ScannedCode(text=plain)
    message = parsed.gs1_message
    if message is not None and message.element_strings.get(ai="01") is not None:
        return _from_message(plain, message)
    return ScannedCode(text=plain, gtin=parsed.gtin.as_gtin_14() if parsed.gtin else "")


def _from_message(plain: str, message: GS1Message) -> ScannedCode:
    values = {element.ai.ai: element for element in message.element_strings}
    expiry = values.get("17")
    return ScannedCode(
        text=plain,
        gtin=values["01"].value if "01" in values else "",
        batch_number=values["10"].value if "10" in values else "",
        expiry=expiry.date if expiry is not None else None,
        serial=values["21"].value if "21" in values else "",
    )


def scan(text: str) -> tuple[ScannedCode, list[ScanMatch]]:
    """The code and every active product that carries it; none and several are both ordinary answers."""
    code = read_code(text)
    keys = {identifier_key(kind, code.text) for kind in (IdentifierKind.GTIN, IdentifierKind.INTERNAL)}
    if code.gtin:
        keys.add(identifier_key(IdentifierKind.GTIN, code.gtin))
    found = (
        ProductIdentifier.objects.filter(
            key__in=keys - {""}, product__is_active=True, product__merged_into__isnull=True
        )
        .select_related("product", "unit")
        .order_by("product_id", "pk")
    )
    named: dict[int, ProductIdentifier] = {}
    for row in found:
        named.setdefault(row.product_id, row)
    units = selling_units(set(named))
    batches = _batches(code, set(named))
    return code, [
        _match(row, row.unit or units[product], batches.get(product)) for product, row in named.items()
    ]


def _batches(code: ScannedCode, products: set[int]) -> dict[int, Batch]:
    if not code.batch_number or not products:
        return {}
    rows = Batch.objects.filter(product_id__in=products, number=code.batch_number)
    if code.expiry is not None:
        rows = rows.filter(expiry_date=code.expiry)
    return {batch.product_id: batch for batch in rows.order_by("-pk")}


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
