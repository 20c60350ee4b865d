"""What labels say: names, today's price, the code of the unit; in a constant number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.templatetags.workbench import money
from inventory.enums import IdentifierKind, LabelKind, LabelLayout, PriceTier
from inventory.labels import Label, labels_pdf
from inventory.models import Batch, Product, ProductIdentifier, ProductUnit, SellingPrice
from inventory.selectors.prices import price_book
from inventory.selectors.products import resolve_products
from users.selectors import get_organization, local_today

__all__ = ["LabelWish", "labels_for", "print_labels", "repriced_units", "usual_units"]

#: Codes that a scanner reads off a pack.
_SCANNED = (IdentifierKind.GTIN, IdentifierKind.INTERNAL)


@dataclass(frozen=True)
class LabelWish:
    """Labels of one unit, or of one batch of it."""

    unit_id: int
    copies: int = 1
    batch_id: int | None = None


def labels_for(
    wishes: Sequence[LabelWish], *, kind: LabelKind, with_batch: bool = False, tier: str = PriceTier.RETAIL
) -> list[Label]:
    """A label for every copy, in the order asked. Unknown units are left out. Seven statements."""
    units = ProductUnit.objects.select_related("product").in_bulk({wish.unit_id for wish in wishes})
    products = {unit.product_id for unit in units.values()}
    book = price_book(products, on=local_today(), tier=tier)
    codes = _codes(units.values())
    batches = Batch.objects.in_bulk({wish.batch_id for wish in wishes if wish.batch_id})
    currency = get_organization().currency
    labels: list[Label] = []
    for wish in wishes:
        unit = units.get(wish.unit_id)
        if unit is None:
            continue
        batch = batches.get(wish.batch_id or 0) if with_batch else None
        price = book.price(unit.pk, wish.batch_id)
        label = Label(
            name_ar=unit.product.name_ar,
            name_en=unit.product.name_en,
            unit=unit.name_ar or unit.name,
            price="" if price is None else f"{money(price)} {currency}",
            code=codes.get(unit.pk, ""),
            batch=batch.number if batch else "",
            expiry=_expiry_text(batch),
            kind=kind,
        )
        labels += [label] * wish.copies
    return labels


def print_labels(
    wishes: Sequence[LabelWish],
    *,
    layout: LabelLayout,
    kind: LabelKind = LabelKind.SHELF,
    with_batch: bool = False,
    skip: int = 0,
    tier: str = PriceTier.RETAIL,
) -> tuple[bytes, int]:
    """The labels as a PDF, and how many they are."""
    labels = labels_for(wishes, kind=kind, with_batch=with_batch, tier=tier)
    return labels_pdf(labels, layout, skip=skip), len(labels)


def _expiry_text(batch: Batch | None) -> str:
    if batch is None or batch.expiry_date is None:
        return ""
    return f"{batch.expiry_date:%Y-%m}" if batch.expiry_is_month else batch.expiry_date.isoformat()


def _codes(units: Iterable[ProductUnit]) -> dict[int, str]:
    """The code of each unit: its own, else the product's where it is the usual selling unit; a GTIN before our own."""
    listed = list(units)
    own: dict[int, str] = {}
    general: dict[int, str] = {}
    rows = ProductIdentifier.objects.filter(
        product_id__in={unit.product_id for unit in listed}, kind__in=_SCANNED
    )
    for row in sorted(rows.order_by("pk"), key=lambda row: row.kind != IdentifierKind.GTIN):
        place: Mapping[int, str] = own if row.unit_id else general
        if (row.unit_id or row.product_id) not in place:
            (own if row.unit_id else general)[row.unit_id or row.product_id] = row.value
    return {
        unit.pk: own.get(unit.pk) or (general.get(unit.product_id, "") if unit.is_default_sell else "")
        for unit in listed
    }


def usual_units(product_ids: Iterable[int]) -> list[int]:
    """The usual selling unit of each active product, by name; what was merged stands for what it became."""
    wanted = set(resolve_products(product_ids).values())
    rows = Product.objects.filter(pk__in=wanted, is_active=True, units__is_default_sell=True)
    return list(rows.order_by("name_en", "name_ar", "pk").values_list("units__pk", flat=True))


def repriced_units(since: date, until: date) -> list[int]:
    """The units whose retail price began in ``since``..``until``, by name: the shelves that show an old price."""
    rows = SellingPrice.objects.filter(
        tier=PriceTier.RETAIL, valid_from__range=(since, until), batch__isnull=True,
        unit__product__is_active=True, unit__product__merged_into__isnull=True,
    )  # fmt: skip
    names = (
        "unit__product__name_en",
        "unit__product__name_ar",
        "unit__product_id",
        "unit__factor",
        "unit_id",
    )
    found = rows.order_by(*names).values_list("unit_id", flat=True)
    return list(dict.fromkeys(found))
