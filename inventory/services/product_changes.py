"""Many products changed at once: what an import needs, in a constant number of statements."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from core.actors import Actor
from core.audit import record_audit
from core.transactions import lock_rows, require_transaction
from inventory.enums import ControlClass
from inventory.errors import ControlClassLowered, ProductMissing
from inventory.models import Product, ProductAlias, ProductIdentifier, ProductIngredient, Substance
from inventory.services.product_rows import (
    alias_rows,
    check_products,
    fill_keys,
    identifier_rows,
    ingredient_rows,
    scalar_fields,
    substances_for,
)
from inventory.services.products import product_data
from inventory.types import ProductChange, ProductData

_BULK = 2_000
_KEYS = ("search_key", "composition_key", "updated_at")


def change_products(*, changes: Sequence[ProductChange], actor: Actor) -> None:
    """Set columns, add codes and other names, replace ingredients.

    Raises ProductMissing, LineInvalid, ControlClassLowered.
    """
    require_transaction()
    if not changes:
        return
    products = _locked({change.product_id for change in changes})
    after = [_after(products[change.product_id], change) for change in changes]
    check_products(after)
    _refuse_lowered(changes, products)
    substances = substances_for(item for data in after for item in data.ingredients)
    now = timezone.now()
    for change, data in zip(changes, after, strict=True):
        product = products[change.product_id]
        for name, value in scalar_fields(data).items():
            setattr(product, name, value)
        fill_keys(product, data, substances)
        product.updated_at = now
    columns = [*scalar_fields(after[0]), *_KEYS]
    Product.objects.bulk_update(products.values(), columns, batch_size=_BULK)
    _save_below(
        [(products[change.product_id], change, data) for change, data in zip(changes, after, strict=True)],
        substances,
    )
    record_audit(
        action="inventory.change_products", actor=actor, target_kind="product", target_id=min(products),
        summary=f"{len(products)} products",
    )  # fmt: skip


def _locked(ids: set[int]) -> dict[int, Product]:
    rows = lock_rows(Product.objects.filter(pk__in=ids)).prefetch_related(
        "units", "identifiers", "aliases", "ingredients__substance"
    )
    products = {product.pk: product for product in rows}
    if ids - products.keys():
        raise ProductMissing(product=min(ids - products.keys()))
    return products


def _refuse_lowered(changes: Sequence[ProductChange], products: dict[int, Product]) -> None:
    lowered = [
        change.product_id
        for change in changes
        if "control_class" in change.fields
        and ControlClass.is_lower(change.fields["control_class"], products[change.product_id].control_class)
    ]
    if lowered:
        raise ControlClassLowered(products=lowered)


def _save_below(
    pairs: Sequence[tuple[Product, ProductChange, ProductData]], substances: dict[str, Substance]
) -> None:
    """Add codes and other names, replace the ingredients of those that name them."""
    ProductIdentifier.objects.bulk_create(
        [
            row
            for product, change, _data in pairs
            for row in identifier_rows(product, ProductData(identifiers=change.add_identifiers), [])
        ],
        ignore_conflicts=True,
        batch_size=_BULK,
    )
    ProductAlias.objects.bulk_create(
        [row for product, change, _data in pairs for row in alias_rows(product, change.add_aliases)],
        ignore_conflicts=True,
        batch_size=_BULK,
    )
    renewed = [(product, data) for product, change, data in pairs if change.ingredients is not None]
    ProductIngredient.objects.filter(product__in=[product for product, _data in renewed]).delete()
    ProductIngredient.objects.bulk_create(
        [row for product, data in renewed for row in ingredient_rows(product, data, substances)],
        batch_size=_BULK,
    )


def _after(product: Product, change: ProductChange) -> ProductData:
    before = product_data(product)
    return replace(
        before,
        **change.fields,
        identifiers=[*before.identifiers, *change.add_identifiers],
        aliases=[*before.aliases, *change.add_aliases],
        ingredients=before.ingredients if change.ingredients is None else change.ingredients,
    )
