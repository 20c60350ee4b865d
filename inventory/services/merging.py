"""Two rows that are one product: stock moves over, the old row points on, the ledger keeps its ids."""

from collections.abc import Sequence

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.sources import Source
from core.transactions import lock_rows, require_transaction
from inventory.enums import BatchState, ControlClass, MovementKind
from inventory.errors import CannotMerge, ProductMissing
from inventory.models import (
    Batch,
    Location,
    Product,
    ProductAlias,
    ProductIdentifier,
    ProductUnit,
    Stock,
)
from inventory.services.posting import (
    Locked,
    add_missing_cells,
    lock_candidates,
    post_movements,
    posting_terms,
)
from inventory.services.product_rows import alias_rows, fill_keys, substances_for
from inventory.services.products import product_data
from inventory.services.receiving import BatchKey, batches_for
from inventory.services.reservations import break_overdrawn, break_reservations_on

#: The arriving half of the stock that moves over.
ARRIVAL = "in"

_KEEP_STATES = """
UPDATE inventory_batch AS kept
SET state = old.state, state_reason = old.state_reason, state_changed_at = now(), updated_at = now()
FROM inventory_batch AS old, unnest(%s::bigint[], %s::bigint[]) AS pair(old_id, kept_id)
WHERE old.id = pair.old_id AND kept.id = pair.kept_id AND old.state <> kept.state AND old.state <> 'active'
  AND kept.state <> 'recalled'
RETURNING kept.id
"""


def merge_products(*, product_id: int, into_id: int, actor: Actor) -> Product:
    """Merge ``product_id`` into ``into_id``: its stock (quantity and value), names and codes go over.

    A batch that was recalled or quarantined stays so, be any of it there or not. Reservations on the old rows, and on
    what is blocked by it, are broken. The stricter control class stays. What was merged
    into the old product before now points to the new one. Raises ProductMissing, CannotMerge.
    """
    require_transaction()
    locked = {p.pk: p for p in lock_rows(Product.objects.filter(pk__in={product_id, into_id}))}
    for wanted in (product_id, into_id):
        if wanted not in locked:
            raise ProductMissing(product=wanted)
    old, kept = locked[product_id], locked[into_id]
    _check(old, kept)
    _move_stock(old, kept, actor)
    _move_names(old, kept)
    now = timezone.now()
    Product.objects.filter(merged_into=old).update(merged_into=kept, updated_at=now)
    Product.objects.filter(pk=old.pk).update(merged_into=kept, is_active=False, updated_at=now)
    data = product_data(kept)
    fill_keys(kept, data, substances_for(data.ingredients))
    if ControlClass.is_lower(kept.control_class, old.control_class):
        kept.control_class = old.control_class
    kept.save(update_fields=["search_key", "composition_key", "control_class", "updated_at"])
    record_audit(
        action="inventory.merge_product", actor=actor, target_kind="product", target_id=kept.pk,
        summary=f"{old} -> {kept}", data={"merged": old.pk},
    )  # fmt: skip
    return kept


def _check(old: Product, kept: Product) -> None:
    if old.pk == kept.pk:
        raise CannotMerge(_("A product cannot be merged into itself"))
    if old.merged_into_id or kept.merged_into_id:
        raise CannotMerge(_("One of these products was merged before"))
    bases = dict(
        ProductUnit.objects.filter(product__in=(old, kept), is_base=True).values_list("product_id", "name")
    )
    if bases.get(old.pk) != bases.get(kept.pk):
        raise CannotMerge(
            _("They are counted in different base units"), units=[bases.get(old.pk), bases.get(kept.pk)]
        )


def _move_stock(old: Product, kept: Product, actor: Actor) -> None:
    """Batches are locked, and made, before their stock is locked, empty rows among it: goods arrive there. Who receives
    goods makes their batch first, too, and then waits for rows.
    """
    places = list(Location.objects.values_list("pk", flat=True))
    source = Source("product_merge", str(old.pk))
    terms = posting_terms()
    batches = list(lock_rows(Batch.objects.filter(product__in=[old, kept])))
    leaving_batches = [batch for batch in batches if batch.product_id == old.pk]
    here = set(Stock.objects.filter(product=old, on_hand__gt=0).values_list("batch_id", flat=True))
    _make_batches(kept, leaving_batches, here)
    locked = lock_candidates(
        product_ids=[old.pk, kept.pk], location_ids=places, whole_locations=places, source=source
    )
    leaving = [row for row in locked.rows if row.product_id == old.pk and row.on_hand]
    targets = _target_batches(kept, leaving_batches, locked)
    if not leaving:
        return
    add_missing_cells(
        cells={(kept.pk, targets[row.batch_id], row.location_id) for row in leaving}, rows=locked.rows
    )
    cells = {(row.batch_id, row.location_id): row.id for row in locked.rows if row.product_id == kept.pk}
    out, into = [], []
    for line, row in enumerate(leaving):
        gone = row.pick(line, -row.on_hand, -row.value_amount, MovementKind.MERGE)
        out.append(gone)
        into.append(
            gone._replace(
                stock_id=cells[targets[row.batch_id], row.location_id],
                product_id=kept.pk,
                batch_id=targets[row.batch_id],
                quantity=row.on_hand,
                value_amount=row.value_amount,
                purpose=ARRIVAL,
            )
        )
        row.take(row.on_hand, terms.currency)
    break_overdrawn(rows=leaving)
    post_movements(picks=[*out, *into], source=source, actor=actor, business_date=terms.today)


def _target_batches(kept: Product, batches: Sequence[Batch], locked: Locked) -> dict[int, int]:
    """For each of ``batches`` that is there or blocked the batch of ``kept`` with the same number and expiry, blocked
    as it is: what was reserved of that is given up.
    """
    here = {row.batch_id for row in locked.rows if row.on_hand}
    targets = _make_batches(kept, batches, here)
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_STATES, [list(targets), list(targets.values())])
        blocked = {pk for (pk,) in cursor.fetchall()}
    break_reservations_on(stock_ids=[row.id for row in locked.rows if row.batch_id in blocked])
    return targets


def _make_batches(kept: Product, batches: Sequence[Batch], here: set[int]) -> dict[int, int]:
    """The batch of ``kept`` for each of ``batches`` that is ``here`` or blocked, made where it is missing."""
    moving = [batch for batch in batches if batch.pk in here or batch.state != BatchState.ACTIVE]
    keys = {batch.pk: BatchKey(kept.pk, batch.number, batch.expiry_date) for batch in moving}
    months = {batch.expiry_date for batch in moving if batch.expiry_is_month}
    made = batches_for(list(keys.values()), months=months)
    return {pk: made[key] for pk, key in keys.items()}


def _move_names(old: Product, kept: Product) -> None:
    names = [old.name_en, old.name_ar, *(alias.alias for alias in old.aliases.all())]
    own = {name for name in (kept.name_en, kept.name_ar) if name}
    ProductAlias.objects.bulk_create(
        alias_rows(kept, [name for name in names if name and name not in own]), ignore_conflicts=True
    )
    factors = {unit.factor: unit for unit in kept.units.all()}
    codes = list(old.identifiers.select_related("unit"))
    ProductIdentifier.objects.bulk_create(
        [
            ProductIdentifier(
                product=kept,
                unit=factors.get(code.unit.factor) if code.unit else None,
                kind=code.kind,
                value=code.value,
                key=code.key,
            )
            for code in codes
        ],
        ignore_conflicts=True,
    )
    old.identifiers.all().delete()
