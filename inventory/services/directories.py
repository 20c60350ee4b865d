"""The short lists behind the catalogue and the stock: categories, manufacturers, places."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.db.models import Model

from core.actors import Actor
from core.audit import record_audit
from core.text import clean, fold
from core.transactions import lock_rows, require_transaction
from inventory.errors import DocumentMissing, LocationInUse
from inventory.models import Category, Location, Manufacturer, Stock

Record = TypeVar("Record", Category, Location, Manufacturer)
Check = Callable[[Any], None]


def save_category(
    *, changes: Mapping[str, Any], actor: Actor, category_id: int | None = None, check: Check | None = None
) -> Category:
    """Create a category, or change ``category_id``. Raises DocumentMissing; IntegrityError for a name in use."""
    return _save(Category, category_id, changes, actor, check)


def save_manufacturer(
    *,
    changes: Mapping[str, Any],
    actor: Actor,
    manufacturer_id: int | None = None,
    check: Check | None = None,
) -> Manufacturer:
    """Create a manufacturer, or change ``manufacturer_id``."""
    return _save(Manufacturer, manufacturer_id, changes, actor, check)


def save_location(
    *, changes: Mapping[str, Any], actor: Actor, location_id: int | None = None, check: Check | None = None
) -> Location:
    """Create a place, or change ``location_id``. A new usual place takes over from the old one.

    Raises LocationInUse for a place that is given up while goods lie there: nobody could move or sell them.
    """
    require_transaction()
    if (
        changes.get("is_active") is False
        and Stock.objects.filter(location=location_id, on_hand__gt=0).exists()
    ):
        raise LocationInUse(location=location_id)
    if changes.get("is_default"):
        Location.objects.filter(is_default=True).update(is_default=False)
    return _save(Location, location_id, changes, actor, check)


def ensure_categories(names: Iterable[str]) -> dict[str, int]:
    """The ids of categories by folded name, made where neither name of one is it. Two statements."""
    return _ensure(Category, names)


def ensure_manufacturers(names: Iterable[str]) -> dict[str, int]:
    """The ids of manufacturers by folded name, made where neither name of one is it. Two statements."""
    return _ensure(Manufacturer, names)


def _ensure(model: type[Category] | type[Manufacturer], names: Iterable[str]) -> dict[str, int]:
    require_transaction()
    wanted = {fold(name): clean(name) for name in names if fold(name)}
    if not wanted:
        return {}
    rows = _all(model).values_list("pk", "name_en", "name_ar")
    known = {fold(name): pk for pk, *both in rows for name in both if name}
    missing = {key: name for key, name in wanted.items() if key not in known}
    made = _all(model).bulk_create(
        [model(**{"name_ar" if _is_arabic(name) else "name_en": name}) for name in missing.values()]
    )
    return known | {key: record.pk for key, record in zip(missing, made, strict=True)}


def _is_arabic(name: str) -> bool:
    return any("\u0600" <= char <= "\u06ff" for char in name)


def _all(model: type[Model]) -> Any:
    return model._default_manager.all()  # noqa: SLF001 - documented API


def _save(
    model: type[Record],
    record_id: int | None,
    changes: Mapping[str, Any],
    actor: Actor,
    check: Check | None,
) -> Record:
    require_transaction()
    record = model() if record_id is None else lock_rows(_rows(model, record_id)).first()
    if record is None:
        raise DocumentMissing(id=record_id)
    if check is not None:
        check(record)
    for name, value in changes.items():
        setattr(record, name, clean(value) if isinstance(value, str) else value)
    record.save()
    kind = str(model._meta.model_name)  # noqa: SLF001 - documented API
    record_audit(
        action=f"inventory.save_{kind}", actor=actor, target_kind=kind, target_id=record.pk,
        summary=str(record), data={"fields": sorted(changes)},
    )  # fmt: skip
    return record


def _rows(model: type[Model], record_id: int) -> Any:
    return _all(model).filter(pk=record_id)
