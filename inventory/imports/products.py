"""The catalogue from a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.text import fold
from files.imports import Column, Importer, Plan, PlanItem, Row, RowError, register_importer
from inventory.enums import ControlClass, IdentifierKind, PriceSource, StorageClass
from inventory.errors import ControlClassLowered
from inventory.imports.cells import CellReader
from inventory.imports.finding import Named, ProductFinder
from inventory.models import Product
from inventory.selectors import legal_maximums, price_book, selling_units
from inventory.services import (
    IdentifierData,
    IngredientData,
    PriceData,
    ProductChange,
    ProductData,
    UnitData,
    change_products,
    create_products,
    ensure_categories,
    ensure_manufacturers,
    set_selling_prices,
)
from users.selectors import local_today

_CONTROL = {fold(str(word)): value for value, label in ControlClass.choices for word in (value, label)} | {
    fold(word): value
    for word, value in (
        ("بدون وصفة", ControlClass.OTC.value),
        ("وصفة", ControlClass.PRESCRIPTION.value),
        ("rx", ControlClass.PRESCRIPTION.value),
        ("مراقب", ControlClass.CONTROLLED.value),
        ("نفسي", ControlClass.PSYCHOTROPIC.value),
        ("مخدر", ControlClass.NARCOTIC.value),
    )
}
_STORAGE = {fold(str(word)): value for value, label in StorageClass.choices for word in (value, label)} | {
    fold("براد"): StorageClass.FRIDGE.value,
    fold("حرارة الغرفة"): StorageClass.ROOM.value,
}
#: Columns that a row may change of a product that is there, and how long their text may be.
_TEXTS = {"name_en": 255, "name_ar": 255, "brand": 255, "strength": 120, "form": 120, "pack": 120}
_NUMBERS = {"min_stock": "min_stock_qty", "max_stock": "max_stock_qty", "monthly_use": "monthly_use_qty"}


@dataclass(frozen=True)
class ProductDraft:
    """One row, understood. ``product_id`` is None for a product that is new."""

    row: int
    named: Named
    fields: dict[str, Any]
    category: str
    manufacturer: str
    units: tuple[UnitData, ...]
    aliases: tuple[str, ...]
    ingredients: tuple[IngredientData, ...]
    price: Decimal | None
    product_id: int | None = None


@register_importer
class ProductImporter(Importer):
    """Products are found by barcode or national code, else by name with strength, form and pack.

    An empty cell leaves what is there alone. Units are set when a product is new and never changed by a table.
    """

    kind = "products"
    label = _("Products")
    permission = "inventory.import_products"
    columns = (
        Column("name_en", _("Name (English)"), ("english name", "trade name", "product", "name", "drug", "item"), example="Amoxil 500 mg"),
        Column("name_ar", _("Name (Arabic)"), ("arabic name", "الاسم", "اسم الصنف", "الصنف", "اسم الدواء", "الاسم العربي"), example="أموكسيل 500 مغ"),
        Column("brand", _("Brand"), ("العلامة",)),
        Column("strength", _("Strength"), ("dose", "العيار", "التركيز"), example="500 mg"),
        Column("form", _("Form"), ("dosage form", "الشكل", "الشكل الصيدلاني"), example="capsule"),
        Column("pack", _("Pack"), ("packing", "العبوة", "التعبئة"), example="16 capsules"),
        Column("ingredients", _("Ingredients"), ("substance", "composition", "generic name", "المادة الفعالة", "التركيب"), example="Amoxicillin 500 mg"),
        Column("manufacturer", _("Manufacturer"), ("maker", "company", "الشركة", "المعمل", "الشركة المصنعة")),
        Column("category", _("Category"), ("group", "الفئة", "المجموعة", "التصنيف")),
        Column("control_class", _("Control class"), ("control", "schedule", "نوع الصرف"), example="prescription"),
        Column("storage_class", _("Storage class"), ("storage", "التخزين"), example="room"),
        Column("barcode", _("Barcode"), ("ean", "gtin", "الباركود", "باركود"), example="4006381333931"),
        Column("national_code", _("National code"), ("code", "registration", "الرمز", "الكود", "رقم التسجيل")),
        Column("other_names", _("Other names"), ("aliases", "synonyms", "أسماء أخرى")),
        Column("base_unit", _("Base unit"), ("unit", "الوحدة", "الوحدة الأساسية"), example="capsule"),
        Column("strip_size", _("Base units in a strip"), ("strip", "ظرف", "عدد الظرف")),
        Column("pack_unit", _("Pack unit"), ("وحدة العبوة",), example="box"),
        Column("pack_size", _("Base units in a pack"), ("units per pack", "عدد العبوة", "سعة العبوة"), example="16"),
        Column("min_stock", _("Minimum stock"), ("minimum", "الحد الأدنى")),
        Column("max_stock", _("Maximum stock"), ("maximum", "الحد الأعلى")),
        Column("monthly_use", _("Monthly use"), ("monthly consumption", "الاستهلاك الشهري")),
        Column("selling_price", _("Selling price of the pack"), ("price", "public price", "retail price", "سعر المبيع", "السعر", "سعر العموم"), example="120"),
    )  # fmt: skip

    def plan(self, rows: Sequence[Row], *, options: Mapping[str, Any]) -> Plan:
        """Five statements, whatever the number of rows."""
        plan = Plan()
        drafts = []
        for row in rows:
            reader = CellReader(row)
            draft = _read(reader)
            if reader.errors:
                plan.errors.extend(reader.errors)
            else:
                drafts.append(draft)
        finder = ProductFinder(draft.named for draft in drafts)
        settled = _settle(drafts, finder, plan)
        self._plan_changes([draft for draft in settled if draft.product_id], plan)
        for draft in settled:
            if draft.product_id is None:
                plan.items.append(PlanItem(draft.row, "create", draft, _created(draft)))
        plan.items.sort(key=lambda item: item.row)
        return plan

    def _plan_changes(self, drafts: Sequence[ProductDraft], plan: Plan) -> None:
        products = _with_lists(draft.product_id for draft in drafts)
        today = local_today()
        book = price_book(products, on=today)
        units = selling_units(products)
        legal = legal_maximums([unit.pk for unit in units.values()], on=today)
        for draft in drafts:
            product = products[draft.product_id or 0]
            unit = units[product.pk]
            if ControlClass.is_lower(
                draft.fields.get("control_class", product.control_class), product.control_class
            ):
                title = str(ControlClassLowered.title)
                plan.errors.append(RowError(draft.row, "control_class", ControlClassLowered.code, title))
                continue
            summary = _differences(product, draft)
            before = book.price(unit.pk)
            if draft.price is not None and draft.price != before:
                summary["selling_price"] = {"from": before, "to": draft.price}
                maximum = legal.get(unit.pk)
                if maximum is not None and draft.price > maximum:
                    detail = _("The legal maximum is %(maximum)s") % {"maximum": f"{maximum:f}"}
                    plan.errors.append(
                        RowError(draft.row, "selling_price", "above_legal_maximum", str(detail))
                    )
                    continue
            if summary:
                plan.items.append(PlanItem(draft.row, "update", draft, summary))
            else:
                plan.unchanged += 1

    def apply(
        self, items: Sequence[PlanItem], *, actor: Actor, job_id: int, options: Mapping[str, Any]
    ) -> None:
        """Categories and manufacturers, then products, then prices; a constant number of statements."""
        drafts: list[ProductDraft] = [item.data for item in items]
        categories = ensure_categories(draft.category for draft in drafts)
        makers = ensure_manufacturers(draft.manufacturer for draft in drafts)
        new = [draft for draft in drafts if draft.product_id is None]
        made = create_products(rows=[_data(draft, categories, makers) for draft in new], actor=actor)
        old = [draft for draft in drafts if draft.product_id is not None]
        change_products(changes=[_change(draft, categories, makers) for draft in old], actor=actor)
        priced = {product.pk: draft.price for product, draft in zip(made, new, strict=True)}
        changed = {item.data.product_id for item in items if "selling_price" in item.summary}
        priced |= {draft.product_id or 0: draft.price for draft in old if draft.product_id in changed}
        prices = {product: price for product, price in priced.items() if price is not None}
        today = local_today()
        set_selling_prices(
            prices=[
                PriceData(unit.pk, prices[product], today) for product, unit in selling_units(prices).items()
            ],
            actor=actor,
            source=PriceSource.IMPORT,
        )


def _read(reader: CellReader) -> ProductDraft:
    texts = {name: reader.text(name, most=most) for name, most in _TEXTS.items()}
    if not texts["name_en"] and not texts["name_ar"]:
        reader.wrong("name_en", "required", _("A name in one language at least"))
    fields: dict[str, Any] = {name: value for name, value in texts.items() if value}
    for column, field in _NUMBERS.items():
        number = reader.whole(column)
        if number is not None:
            fields[field] = number
    if fields.get("max_stock_qty", 0) < fields.get("min_stock_qty", 0) and "max_stock_qty" in fields:
        reader.wrong("max_stock", "below_minimum", _("The maximum is below the minimum"))
    for column, choices in (("control_class", _CONTROL), ("storage_class", _STORAGE)):
        chosen = reader.choice(column, choices)
        if chosen:
            fields[column] = chosen
    barcode = reader.text("barcode", most=64)
    national = reader.text("national_code", most=64)
    named = Named(
        barcode, national, texts["name_en"], texts["name_ar"], texts["strength"], texts["form"], texts["pack"]
    )
    return ProductDraft(
        row=reader.row.number,
        named=named,
        fields=fields,
        category=reader.text("category", most=255),
        manufacturer=reader.text("manufacturer", most=255),
        units=_units(reader, barcode),
        aliases=tuple(reader.listed("other_names", most=255)),
        ingredients=tuple(_ingredient(part) for part in reader.listed("ingredients", most=255)),
        price=reader.amount("selling_price"),
    )


def _units(reader: CellReader, barcode: str) -> tuple[UnitData, ...]:
    """Base unit, strip and pack as the row states them; the barcode is on the largest."""
    base = reader.text("base_unit", most=60) or "piece"
    units = {base: 1}
    strip, pack = reader.whole("strip_size", least=1), reader.whole("pack_size", least=1)
    if strip and strip > 1:
        units.setdefault("strip", strip)
    if pack and pack > 1:
        units.setdefault(reader.text("pack_unit", most=60) or "box", pack)
    largest = max(units, key=lambda name: units[name])
    return tuple(
        UnitData(name, factor, barcodes=(barcode,) if barcode and name == largest else ())
        for name, factor in units.items()
    )


def _ingredient(text: str) -> IngredientData:
    """A substance and its strength, which begins at the first word with a digit: "Amoxicillin 500 mg"."""
    words = text.split(" ")
    at = next((place for place, word in enumerate(words) if place and word[:1].isdigit()), len(words))
    return IngredientData(" ".join(words[:at]), " ".join(words[at:])[:120])


def _settle(drafts: Sequence[ProductDraft], finder: ProductFinder, plan: Plan) -> list[ProductDraft]:
    """Find each draft's product; what is ambiguous or there twice becomes an error."""
    seen: dict[object, int] = {}
    settled = []
    for draft in drafts:
        found = finder.find(draft.named)
        if len(found) > 1:
            plan.errors.append(RowError(draft.row, "", "ambiguous", _("Several products here may be meant")))
            continue
        keys: list[object] = [*draft.named.code_keys(), found[0] if found else draft.named.identity()]
        first = next((seen[key] for key in keys if key in seen), None)
        if first is not None:
            detail = _("The same product stands in row %(row)d") % {"row": first}
            plan.errors.append(RowError(draft.row, "", "duplicate", str(detail)))
            continue
        seen |= dict.fromkeys(keys, draft.row)
        settled.append(replace(draft, product_id=found[0] if found else None))
    return settled


def _with_lists(ids: Any) -> dict[int, Product]:
    products = Product.objects.filter(pk__in=set(ids)).select_related("category", "manufacturer")
    return {
        product.pk: product
        for product in products.prefetch_related("identifiers", "aliases", "ingredients__substance")
    }


def _differences(product: Product, draft: ProductDraft) -> dict[str, Any]:
    """{field: {from, to}} of what the row would change."""
    changed: dict[str, Any] = {
        name: {"from": getattr(product, name), "to": value}
        for name, value in draft.fields.items()
        if getattr(product, name) != value
    }
    for name, said in (("category", draft.category), ("manufacturer", draft.manufacturer)):
        record = getattr(product, name)
        if said and (record is None or fold(said) not in (fold(record.name_en), fold(record.name_ar))):
            changed[name] = {"from": record.name if record else None, "to": said}
    codes = {(code.kind, code.key) for code in product.identifiers.all()}
    new_codes = [key for kind, key in draft.named.code_keys() if (kind, key) not in codes]
    if new_codes:
        changed["codes"] = {"from": None, "to": new_codes}
    aliases = {alias.key for alias in product.aliases.all()}
    new_aliases = [alias for alias in draft.aliases if fold(alias)[:255] not in aliases]
    if new_aliases:
        changed["other_names"] = {"from": None, "to": new_aliases}
    have = {item.substance.key for item in product.ingredients.all()}
    if draft.ingredients and {fold(item.substance)[:255] for item in draft.ingredients} != have:
        changed["ingredients"] = {"from": sorted(have), "to": [item.substance for item in draft.ingredients]}
    return changed


def _created(draft: ProductDraft) -> dict[str, Any]:
    shown = dict(draft.fields)
    if draft.price is not None:
        shown["selling_price"] = draft.price
    return shown


def _identifiers(draft: ProductDraft) -> list[IdentifierData]:
    return [
        IdentifierData(code, kind)
        for kind, code in (
            (IdentifierKind.GTIN, draft.named.barcode),
            (IdentifierKind.NATIONAL, draft.named.national_code),
        )
        if code
    ]


def _fields(draft: ProductDraft, categories: Mapping[str, int], makers: Mapping[str, int]) -> dict[str, Any]:
    fields = dict(draft.fields)
    if draft.category:
        fields["category_id"] = categories[fold(draft.category)]
    if draft.manufacturer:
        fields["manufacturer_id"] = makers[fold(draft.manufacturer)]
    return fields


def _data(draft: ProductDraft, categories: Mapping[str, int], makers: Mapping[str, int]) -> ProductData:
    return ProductData(
        **_fields(draft, categories, makers),
        units=draft.units,
        aliases=draft.aliases,
        ingredients=draft.ingredients,
        identifiers=_identifiers(draft)[1 if draft.named.barcode else 0 :],
    )


def _change(draft: ProductDraft, categories: Mapping[str, int], makers: Mapping[str, int]) -> ProductChange:
    return ProductChange(
        product_id=draft.product_id or 0,
        fields=_fields(draft, categories, makers),
        add_identifiers=tuple(_identifiers(draft)),
        add_aliases=draft.aliases,
        ingredients=draft.ingredients or None,
    )
