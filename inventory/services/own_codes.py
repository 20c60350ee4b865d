"""Codes of our own for goods that carry none, so that a label can be scanned."""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.utils.translation import gettext as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError
from core.transactions import lock_rows, require_transaction
from inventory.codes import OWN_PREFIXES, own_code
from inventory.enums import IdentifierKind
from inventory.errors import LineInvalid
from inventory.keys import identifier_key
from inventory.models import Product, ProductIdentifier, ProductUnit

__all__ = ["assign_own_codes"]

_FIND_BY = """
UPDATE inventory_product AS product
SET search_key = product.search_key || ' | ' || made.codes, updated_at = now()
FROM (
    SELECT product_id, string_agg(code, ' | ' ORDER BY code) AS codes
    FROM unnest(%s::bigint[], %s::text[]) AS one(product_id, code) GROUP BY product_id
) AS made
WHERE product.id = made.product_id
"""


def assign_own_codes(*, unit_ids: Iterable[int], actor: Actor) -> dict[int, str]:
    """The scannable code of each unit: the one it has, else an EAN-13 of ours (prefix 20-29), made now.

    A code is made of the unit's number, so it is unique and stays; a prefix under which somebody else already uses
    it is passed over. The same number of statements for one unit and for a thousand. Raises LineInvalid.
    """
    require_transaction()
    wanted = list(dict.fromkeys(unit_ids))
    units = {unit.pk: unit for unit in ProductUnit.objects.filter(pk__in=wanted).order_by("pk")}
    if len(units) < len(wanted):
        detail = _("There is no such unit")
        missing = [number for number, pk in enumerate(wanted) if pk not in units]
        raise LineInvalid(errors=[FieldError(f"units[{number}]", "not_found", detail) for number in missing])
    list(lock_rows(Product.objects.filter(pk__in={unit.product_id for unit in units.values()})))
    have = _codes_of(units)
    made = _free_codes([unit for pk, unit in units.items() if pk not in have])
    ProductIdentifier.objects.bulk_create([
        ProductIdentifier(
            product_id=unit.product_id, unit=unit, kind=IdentifierKind.INTERNAL, value=code,
            key=identifier_key(IdentifierKind.INTERNAL, code),
        )
        for unit, code in made
    ])  # fmt: skip
    if made:
        with connection.cursor() as cursor:
            cursor.execute(
                _FIND_BY, [[unit.product_id for unit, _made in made], [code for _of, code in made]]
            )
        record_audit(
            action="inventory.assign_own_codes", actor=actor, target_kind="product", target_id=made[0][0].product_id,
            summary=f"{len(made)} codes",
        )  # fmt: skip
    return have | {unit.pk: code for unit, code in made}


def _codes_of(units: dict[int, ProductUnit]) -> dict[int, str]:
    rows = ProductIdentifier.objects.filter(
        unit__in=units, kind__in=(IdentifierKind.GTIN, IdentifierKind.INTERNAL)
    )
    return {row.unit_id: row.value for row in rows.order_by("-pk") if row.unit_id}


def _free_codes(units: Sequence[ProductUnit]) -> list[tuple[ProductUnit, str]]:
    candidates = {unit.pk: [own_code(unit.pk, prefix) for prefix in OWN_PREFIXES] for unit in units}
    keys = {
        identifier_key(kind, code)
        for codes in candidates.values()
        for code in codes
        for kind in (IdentifierKind.GTIN, IdentifierKind.INTERNAL)
    }
    taken = set(ProductIdentifier.objects.filter(key__in=keys).values_list("key", flat=True))
    chosen = []
    for unit in units:
        free = [
            code
            for code in candidates[unit.pk]
            if not taken & {code, identifier_key(IdentifierKind.GTIN, code)}
        ]
        if free:
            chosen.append((unit, free[0]))
    return chosen
