"""Reads of the catalogue."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Case, IntegerField, Prefetch, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from core.errors import FieldError, InvalidInput
from core.queries import one_of
from core.text import fold
from inventory.enums import ControlClass
from inventory.errors import ProductMissing
from inventory.keys import search_tokens
from inventory.models import (
    Product,
    ProductAlias,
    ProductIdentifier,
    ProductIngredient,
    ProductUnit,
)
from inventory.types import CatalogueEntry, UnitInfo

#: Among so many that fit what was written, the one of exactly that name is looked for.
_NAMESAKES = 20


def get_product(product_id: int) -> Product:
    """The product, or what it was merged into. Raises ProductMissing."""
    product = Product.objects.select_related("merged_into").filter(pk=product_id).first()
    if product is None:
        raise ProductMissing(product=product_id)
    return product.merged_into or product


def resolve_products(product_ids: Iterable[int]) -> dict[int, int]:
    """Each known id mapped to itself, or to what it was merged into; unknown ids are absent."""
    rows = Product.objects.filter(pk__in=one_of(product_ids)).values_list("pk", "merged_into_id")
    return {product: target or product for product, target in rows}


def merged_products(product_ids: Iterable[int]) -> dict[int, int]:
    """Old id -> the one of ``product_ids`` that it was merged into."""
    rows = Product.objects.filter(merged_into__in=one_of(product_ids)).values_list("pk", "merged_into_id")
    return {old: kept for old, kept in rows if kept is not None}


def control_classes(product_ids: Iterable[int]) -> dict[int, str]:
    """The control class of each product that the law restricts; goods sold without prescription are absent."""
    rows = Product.objects.filter(pk__in=set(product_ids)).exclude(control_class=ControlClass.OTC)
    return dict(rows.values_list("pk", "control_class").order_by())


def list_products() -> QuerySet[Product]:
    """Products with what their page shows, in a constant number of statements."""
    return Product.objects.select_related("category", "manufacturer", "merged_into").prefetch_related(
        "units",
        Prefetch("identifiers", ProductIdentifier.objects.order_by("pk")),
        "aliases",
        Prefetch("ingredients", ProductIngredient.objects.select_related("substance")),
    )


def search_products(
    text: str, products: QuerySet[Product] | None = None, *, include_merged: bool = False
) -> QuerySet[Product]:
    """Products whose names, other names, substances or codes hold every word of ``text``, best first.

    Spelling of hamza, ta marbuta, alef maqsura, tatweel, diacritics and digits does not matter.
    """
    found = Product.objects.all() if products is None else products
    if not include_merged:
        found = found.filter(merged_into__isnull=True)
    tokens = search_tokens(text)
    if not tokens:
        return found
    for token in tokens:
        found = found.filter(search_key__contains=token)
    starts = Q(search_key__startswith=tokens[0]) | Q(search_key__contains=f"| {tokens[0]}")
    rank = Case(When(starts, then=Value(0)), default=Value(1), output_field=IntegerField())
    return found.order_by(rank, "name_en", "name_ar", "pk")


def product_meant(text: str) -> Product:
    """The one product that a person names: by its whole name, else by words or a code that no other has.

    Raises InvalidInput naming ``product``.
    """
    words = text.strip()
    found = list(search_products(words)[:_NAMESAKES]) if words else []
    whole = [one for one in found if words.casefold() in (one.name_en.casefold(), one.name_ar.casefold())]
    named = whole or found
    if len(named) != 1:
        detail = _("“%s” names no product, or several: write more of its name.") % text
        raise InvalidInput(errors=[FieldError("product", "not_one", detail)])
    return named[0]


def alternatives_to(product: Product) -> QuerySet[Product]:
    """Other products with the same substances in the same strengths and form."""
    if not product.composition_key:
        return Product.objects.none()
    return list_products().filter(
        composition_key=product.composition_key, is_active=True, merged_into__isnull=True
    ).exclude(pk=product.pk)  # fmt: skip


def product_units(product_ids: Iterable[int]) -> dict[int, list[UnitInfo]]:
    """The units of each product, smallest first, in one statement."""
    units: dict[int, list[UnitInfo]] = defaultdict(list)
    for unit in ProductUnit.objects.filter(product_id__in=one_of(product_ids)).order_by("factor", "pk"):
        units[unit.product_id].append(
            UnitInfo(
                id=unit.pk,
                product_id=unit.product_id,
                name=unit.name,
                name_ar=unit.name_ar,
                factor=unit.factor,
                is_base=unit.is_base,
                may_buy=unit.may_buy,
                may_sell=unit.may_sell,
                is_default_buy=unit.is_default_buy,
                is_default_sell=unit.is_default_sell,
            )
        )
    return dict(units)


def catalogue_for_matching(product_ids: Iterable[int] | None = None) -> list[CatalogueEntry]:
    """What matching compares offer lines with: active products, in three statements whatever their number."""
    products = Product.objects.filter(is_active=True, merged_into__isnull=True)
    aliases: dict[int, list[str]] = defaultdict(list)
    codes: dict[int, list[str]] = defaultdict(list)
    names = ProductAlias.objects.all()
    identifiers = ProductIdentifier.objects.all()
    if product_ids is not None:
        wanted = set(product_ids)
        products = products.filter(pk__in=wanted)
        names, identifiers = names.filter(product__in=wanted), identifiers.filter(product__in=wanted)
    for product, alias in names.values_list("product_id", "alias").order_by("pk"):
        aliases[product].append(alias)
    for product, code in identifiers.values_list("product_id", "key").order_by("pk"):
        codes[product].append(code)
    columns = ("pk", "name_en", "name_ar", "brand", "strength", "form", "pack")
    return [
        CatalogueEntry(
            id=pk,
            names=tuple(name for name in (name_en, name_ar) if name),
            aliases=tuple(aliases.get(pk, ())),
            strength=strength,
            form=form,
            pack=pack,
            identifiers=tuple(codes.get(pk, ())),
            brand=brand,
        )
        for pk, name_en, name_ar, brand, strength, form, pack in products.values_list(*columns).order_by("pk")
    ]


def products_by_identifier(keys: Iterable[str]) -> dict[str, list[tuple[int, int | None]]]:
    """(product, unit or None) for each code key (``inventory.keys.identifier_key``); shared codes give several."""
    found: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    rows = ProductIdentifier.objects.filter(
        key__in=set(keys), product__is_active=True, product__merged_into__isnull=True
    )
    for key, product, unit in rows.values_list("key", "product_id", "unit_id").order_by("pk"):
        found[key].append((product, unit))
    return dict(found)


def products_by_name(names: Iterable[str]) -> dict[str, list[int]]:
    """Active products by the folded spelling of either name."""
    folded = {fold(name) for name in names}
    found: dict[str, list[int]] = defaultdict(list)
    rows = Product.objects.filter(is_active=True, merged_into__isnull=True)
    for pk, name_en, name_ar in rows.values_list("pk", "name_en", "name_ar").order_by("pk"):
        for key in {fold(name_en), fold(name_ar)} & folded:
            found[key].append(pk)
    return dict(found)


def selling_units(product_ids: Iterable[int]) -> dict[int, ProductUnit]:
    """Each product's usual selling unit, else its base unit."""
    rows = ProductUnit.objects.filter(product_id__in=one_of(product_ids)).order_by(
        "is_default_sell", "-factor"
    )
    return {unit.product_id: unit for unit in rows}
