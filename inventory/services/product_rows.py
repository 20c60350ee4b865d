"""Product data checked and turned into rows; how many products there are never changes the number of statements."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from core.errors import FieldError
from core.text import clean, fold
from inventory.enums import IdentifierKind
from inventory.errors import LineInvalid
from inventory.keys import barcode_kind, composition_key, identifier_key, search_key, strength_key
from inventory.models import (
    Product,
    ProductAlias,
    ProductIdentifier,
    ProductIngredient,
    ProductUnit,
    Substance,
)
from inventory.types import IdentifierData, IngredientData, ProductData, UnitData

MAX_FACTOR = 1_000_000
_BULK = 2_000


def check_products(rows: Sequence[ProductData], *, prefix: str = "rows[{0}].") -> None:
    """Raise LineInvalid naming, for every row, what cannot be stored."""
    errors = [
        FieldError(prefix.format(number) + error.field, error.code, error.detail)
        for number, row in enumerate(rows)
        for error in product_errors(row)
    ]
    if errors:
        raise LineInvalid(errors=errors)


def product_errors(row: ProductData) -> Iterable[FieldError]:
    """What is wrong with one product's data."""
    if not clean(row.name_en) and not clean(row.name_ar):
        yield FieldError("name_en", "required", _("A product needs a name in one language at least"))
    if (
        row.min_stock_qty is not None
        and row.max_stock_qty is not None
        and row.max_stock_qty < row.min_stock_qty
    ):
        yield FieldError("max_stock_qty", "below_minimum", _("The maximum is below the minimum"))
    yield from unit_errors(row.units)
    names = {clean(unit.name) for unit in row.units}
    for number, identifier in enumerate(row.identifiers):
        if identifier.unit_name and identifier.unit_name not in names:
            yield FieldError(f"identifiers[{number}].unit_name", "unknown_unit", _("There is no such unit"))


def unit_errors(units: Sequence[UnitData]) -> Iterable[FieldError]:
    """One base unit, each name once, whole factors, one usual unit for buying and one for selling."""
    if not units:
        return
    seen: set[str] = set()
    for number, unit in enumerate(units):
        name = clean(unit.name)
        if not name:
            yield FieldError(f"units[{number}].name", "required", _("A unit needs a name"))
        if name in seen:
            yield FieldError(f"units[{number}].name", "duplicate", _("This unit is named twice"))
        seen.add(name)
        if not 1 <= unit.factor <= MAX_FACTOR:
            yield FieldError(f"units[{number}].factor", "out_of_range", _("Must be between 1 and 1,000,000"))
    if sum(unit.factor == 1 for unit in units) != 1:
        yield FieldError("units", "one_base_unit", _("Exactly one unit must be the base unit, with factor 1"))
    for flag in ("is_default_buy", "is_default_sell"):
        if sum(getattr(unit, flag) for unit in units) > 1:
            yield FieldError(f"units.{flag}", "duplicate", _("Only one unit can be the usual one"))


def scalar_fields(row: ProductData) -> dict[str, object]:
    """The columns that ``row`` states outright."""
    return {
        "name_en": clean(row.name_en),
        "name_ar": clean(row.name_ar),
        "brand": clean(row.brand),
        "strength": clean(row.strength),
        "strength_key": strength_key(row.strength),
        "form": clean(row.form),
        "pack": clean(row.pack),
        "control_class": row.control_class,
        "storage_class": row.storage_class,
        "category_id": row.category_id,
        "manufacturer_id": row.manufacturer_id,
        "min_stock_qty": row.min_stock_qty,
        "max_stock_qty": row.max_stock_qty,
        "monthly_use_qty": row.monthly_use_qty,
        "is_active": row.is_active,
    }


def substances_for(ingredients: Iterable[IngredientData]) -> dict[str, Substance]:
    """Substances by folded name, made where they are missing."""
    named = {fold(ingredient.substance)[:255]: clean(ingredient.substance) for ingredient in ingredients}
    named.pop("", None)
    if not named:
        return {}
    known = Substance.objects.in_bulk(list(named), field_name="key")
    missing = [Substance(name=name[:255], key=key) for key, name in named.items() if key not in known]
    if missing:
        Substance.objects.bulk_create(missing, ignore_conflicts=True, batch_size=_BULK)
        known = Substance.objects.in_bulk(list(named), field_name="key")
    return known


def fill_keys(product: Product, row: ProductData, substances: dict[str, Substance]) -> None:
    """Set what the product is found and compared by, from everything ``row`` says."""
    parts = [
        (substances[key].pk, strength_key(ingredient.strength or row.strength))
        for ingredient in row.ingredients
        if (key := fold(ingredient.substance)[:255]) in substances
    ]
    product.composition_key = composition_key(parts, row.form)
    product.search_key = search_key([
        row.name_en, row.name_ar, row.brand, row.strength, row.form, row.pack, *row.aliases,
        *(ingredient.substance for ingredient in row.ingredients),
        *(identifier.value for identifier in row.identifiers),
        *(code for unit in row.units for code in unit.barcodes),
    ])  # fmt: skip


def unit_rows(product: Product, row: ProductData) -> list[ProductUnit]:
    """The product's units; the largest that may be bought (sold) is the usual one where none is marked."""
    units = list(row.units) or [UnitData(name=row.base_unit or "piece", factor=1)]
    rows = [
        ProductUnit(
            product=product,
            name=clean(unit.name),
            name_ar=clean(unit.name_ar),
            factor=unit.factor,
            is_base=unit.factor == 1,
            may_buy=unit.may_buy,
            may_sell=unit.may_sell,
            is_default_buy=unit.is_default_buy,
            is_default_sell=unit.is_default_sell,
        )
        for unit in units
    ]
    choose_defaults(rows)
    return rows


def choose_defaults(rows: Sequence[ProductUnit]) -> None:
    """Mark the largest unit that may be bought (sold) as the usual one, where none is marked."""
    for may, flag in (("may_buy", "is_default_buy"), ("may_sell", "is_default_sell")):
        able = [unit for unit in rows if getattr(unit, may)]
        if able and not any(getattr(unit, flag) for unit in rows):
            setattr(max(able, key=lambda unit: unit.factor), flag, True)


def identifier_rows(
    product: Product, row: ProductData, units: Sequence[ProductUnit]
) -> list[ProductIdentifier]:
    """The product's codes, each once, the barcodes of its units among them."""
    by_name = {unit.name: unit for unit in units}
    stated = [
        IdentifierData(code, barcode_kind(code), clean(unit.name))
        for unit in row.units
        for code in unit.barcodes
    ]
    rows: dict[tuple[str, str], ProductIdentifier] = {}
    for data in [*stated, *row.identifiers]:
        key = identifier_key(data.kind, data.value)
        if key:
            rows.setdefault(
                (data.kind, key),
                ProductIdentifier(
                    product=product,
                    unit=by_name.get(clean(data.unit_name)),
                    kind=IdentifierKind(data.kind),
                    value=clean(data.value),
                    key=key,
                ),
            )
    return list(rows.values())


def alias_rows(product: Product, aliases: Iterable[str]) -> list[ProductAlias]:
    named = {fold(alias)[:255]: clean(alias)[:255] for alias in aliases}
    return [ProductAlias(product=product, alias=alias, key=key) for key, alias in named.items() if key]


def ingredient_rows(
    product: Product, row: ProductData, substances: dict[str, Substance]
) -> list[ProductIngredient]:
    rows: dict[int, ProductIngredient] = {}
    for ingredient in row.ingredients:
        substance = substances.get(fold(ingredient.substance)[:255])
        if substance is not None:
            rows[substance.pk] = ProductIngredient(
                product=product,
                substance=substance,
                strength=clean(ingredient.strength),
                strength_key=strength_key(ingredient.strength),
            )
    return list(rows.values())
