"""The catalogue's verbs: create, change. Set-based, so that an import of 20,000 rows is one of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.transactions import lock_rows, require_transaction
from inventory.enums import ControlClass, IdentifierKind, StorageClass
from inventory.errors import BaseUnitFrozen, ControlClassLowered, ProductMerged, ProductMissing
from inventory.models import (
    Product,
    ProductAlias,
    ProductIdentifier,
    ProductIngredient,
    ProductUnit,
    StockMovement,
)
from inventory.services.product_rows import (
    alias_rows,
    check_products,
    choose_defaults,
    fill_keys,
    identifier_rows,
    ingredient_rows,
    scalar_fields,
    substances_for,
    unit_rows,
)
from inventory.types import IdentifierData, IngredientData, ProductData, UnitData

_BULK = 2_000


def create_product(*, data: ProductData, actor: Actor) -> Product:
    """One product with its units, codes, names and ingredients. Raises LineInvalid naming fields."""
    check_products([data], prefix="")
    (product,) = create_products(rows=[data], actor=actor)
    return product


def create_products(*, rows: Sequence[ProductData], actor: Actor) -> list[Product]:
    """Products in the order of ``rows``, in a number of statements that grows only by the 2,000.

    Raises LineInvalid naming ``rows[i].field``; then nothing was created.
    """
    require_transaction()
    check_products(rows)
    substances = substances_for(ingredient for row in rows for ingredient in row.ingredients)
    products = []
    for row in rows:
        product = Product(**scalar_fields(row))
        fill_keys(product, row, substances)
        products.append(product)
    Product.objects.bulk_create(products, batch_size=_BULK)
    pairs = list(zip(products, rows, strict=True))
    units = [unit_rows(product, row) for product, row in pairs]
    ProductUnit.objects.bulk_create([unit for group in units for unit in group], batch_size=_BULK)
    _create(
        ProductIdentifier,
        (
            item
            for (product, row), group in zip(pairs, units, strict=True)
            for item in identifier_rows(product, row, group)
        ),
    )
    _create(ProductAlias, (alias for product, row in pairs for alias in alias_rows(product, row.aliases)))
    _create(
        ProductIngredient,
        (item for product, row in pairs for item in ingredient_rows(product, row, substances)),
    )
    _say_created(products, actor)
    return products


def _create(model: Any, rows: Iterable[Any]) -> None:
    ready = list(rows)
    if ready:
        model.objects.bulk_create(ready, batch_size=_BULK)


def _say_created(products: Sequence[Product], actor: Actor) -> None:
    if len(products) == 1:
        record_audit(
            action="inventory.create_product", actor=actor, target_kind="product", target_id=products[0].pk,
            summary=str(products[0]),
        )  # fmt: skip
    elif products:
        record_audit(
            action="inventory.create_products", actor=actor, target_kind="product", target_id=products[0].pk,
            summary=f"{len(products)} products", data={"first": products[0].pk, "last": products[-1].pk},
        )  # fmt: skip


def update_product(
    *,
    product_id: int,
    changes: Mapping[str, Any],
    actor: Actor,
    check: Callable[[Product], None] | None = None,
) -> Product:
    """Change what ``changes`` names, fields of ProductData; a list given replaces the one there was.

    A unit with an ``id`` is changed, one without is added, one not listed goes. ``check`` looks at the locked row
    first. Raises ProductMissing, ProductMerged, LineInvalid, BaseUnitFrozen, ControlClassLowered; IntegrityError where
    a unit that goes is in use.
    """
    require_transaction()
    product = _locked(product_id)
    if check is not None:
        check(product)
    if ControlClass.is_lower(changes.get("control_class", product.control_class), product.control_class):
        raise ControlClassLowered(products=[product.pk])
    prefetch_related_objects([product], "ingredients__substance")
    before = product_data(product)
    after = replace(before, **changes)
    check_products([after], prefix="")
    substances = substances_for(after.ingredients)
    for name, value in scalar_fields(after).items():
        setattr(product, name, value)
    fill_keys(product, after, substances)
    product.updated_at = timezone.now()
    product.save()
    if "units" in changes:
        _replace_units(product, after)
    if {"units", "identifiers"} & changes.keys():
        product.identifiers.all().delete()
        _create(ProductIdentifier, identifier_rows(product, after, list(product.units.all())))
    if "aliases" in changes:
        product.aliases.all().delete()
        _create(ProductAlias, alias_rows(product, after.aliases))
    if {"ingredients", "strength"} & changes.keys():
        product.ingredients.all().delete()
        _create(ProductIngredient, ingredient_rows(product, after, substances))
    record_audit(
        action="inventory.update_product", actor=actor, target_kind="product", target_id=product.pk,
        summary=str(product), data={"fields": sorted(changes)},
    )  # fmt: skip
    return product


def lower_control_class(
    *, product_id: int, control_class: ControlClass, reason: str, actor: Actor
) -> Product:
    """Let a product be sold under a milder rule than before. What it moved stays in the controlled register.

    Raises ProductMissing, ProductMerged, InvalidInput where there is no reason or the class is not lower.
    """
    require_transaction()
    product = _locked(product_id)
    errors = []
    if not reason.strip():
        errors.append(FieldError("reason", "required", _("Say why")))
    if not ControlClass.is_lower(control_class, product.control_class):
        detail = _("This is no lower class than it has")
        errors.append(FieldError("control_class", "not_lower", detail))
    if errors:
        raise InvalidInput(errors=errors)
    before, product.control_class = product.control_class, control_class
    product.save(update_fields=["control_class", "updated_at"])
    record_audit(
        action="inventory.lower_control_class", actor=actor, target_kind="product", target_id=product.pk,
        summary=f"{product} {before} -> {control_class}: {reason.strip()}",
    )  # fmt: skip
    return product


def _locked(product_id: int) -> Product:
    product = lock_rows(Product.objects.filter(pk=product_id)).first()
    if product is None:
        raise ProductMissing(product=product_id)
    if product.merged_into_id:
        raise ProductMerged(into=product.merged_into_id)
    return product


def product_data(product: Product) -> ProductData:
    """``product`` as it stands, in the shape it was created from."""
    units = list(product.units.all())
    codes = list(product.identifiers.all())
    names = {unit.pk: unit.name for unit in units}
    return ProductData(
        name_en=product.name_en,
        name_ar=product.name_ar,
        brand=product.brand,
        strength=product.strength,
        form=product.form,
        pack=product.pack,
        control_class=ControlClass(product.control_class),
        storage_class=StorageClass(product.storage_class),
        category_id=product.category_id,
        manufacturer_id=product.manufacturer_id,
        min_stock_qty=product.min_stock_qty,
        max_stock_qty=product.max_stock_qty,
        monthly_use_qty=product.monthly_use_qty,
        is_active=product.is_active,
        units=[_unit_data(unit, codes) for unit in units],
        identifiers=[
            IdentifierData(code.value, IdentifierKind(code.kind), names.get(code.unit_id or 0, ""))
            for code in codes
            if code.unit_id is None
        ],
        aliases=[alias.alias for alias in product.aliases.all()],
        ingredients=[
            IngredientData(item.substance.name, item.strength) for item in product.ingredients.all()
        ],
    )


def _unit_data(unit: ProductUnit, codes: Sequence[ProductIdentifier]) -> UnitData:
    return UnitData(
        id=unit.pk,
        name=unit.name,
        name_ar=unit.name_ar,
        factor=unit.factor,
        may_buy=unit.may_buy,
        may_sell=unit.may_sell,
        is_default_buy=unit.is_default_buy,
        is_default_sell=unit.is_default_sell,
        barcodes=tuple(code.value for code in codes if code.unit_id == unit.pk),
    )


def _replace_units(product: Product, after: ProductData) -> None:
    """Bring the stored units to what ``after`` lists: by id, else by name."""
    stored = list(product.units.all())
    by_id = {unit.pk: unit for unit in stored}
    by_name = {unit.name: unit for unit in stored}
    wanted = unit_rows(product, after)
    for data, unit in zip(after.units, wanted, strict=True):
        known = by_id.get(data.id or 0) or by_name.get(unit.name)
        if known is not None:
            unit.pk = known.pk
    kept = {unit.pk for unit in wanted if unit.pk}
    _check_base_unit(product, stored, wanted)
    choose_defaults(wanted)
    ProductUnit.objects.filter(product=product).exclude(pk__in=kept).delete()
    # Flags are lifted first: two units may trade places as the usual one.
    ProductUnit.objects.filter(product=product).update(is_default_buy=False, is_default_sell=False)
    columns = [field.name for field in ProductUnit._meta.fields if field.name not in ("id", "product")]  # noqa: SLF001 - documented API
    ProductUnit.objects.bulk_update([unit for unit in wanted if unit.pk], columns)
    ProductUnit.objects.bulk_create([unit for unit in wanted if not unit.pk])


def _check_base_unit(product: Product, stored: Sequence[ProductUnit], wanted: Sequence[ProductUnit]) -> None:
    old = next(unit for unit in stored if unit.is_base)
    new = next(unit for unit in wanted if unit.is_base)
    if (old.pk, old.name) == (new.pk, new.name):
        return
    if StockMovement.objects.filter(product=product).exists():
        raise BaseUnitFrozen(unit=old.name)
