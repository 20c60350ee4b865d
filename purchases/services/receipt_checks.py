"""What a delivery must say before anything is posted: every row is looked at, every mistake is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import FieldError
from inventory.selectors import last_unit_costs, product_units, resolve_products
from purchases.errors import InvalidOrderLines
from purchases.models import PurchaseOrderLine
from purchases.services.receipt_lines import Goods, ReceiptRow
from purchases.services.units import buying_unit
from users.enums import NearExpiryRule
from users.selectors import get_organization, local_today

__all__ = ["check_rows", "goods_of", "short_dated"]

_MOST = 2_000_000_000
_LONGEST = timedelta(days=30 * 366)


def check_rows(rows: Sequence[ReceiptRow], order_lines: Mapping[int, PurchaseOrderLine]) -> None:
    """Raise InvalidOrderLines naming every row that cannot be: unknown line, no quantity, expired goods.

    Under the rule `refuse`, goods that expire too soon are a mistake as well; under `warn` they are taken.
    """
    organization, today = get_organization(), local_today()
    errors: list[FieldError] = []
    if not rows:
        errors.append(FieldError("lines", "empty", _("A receipt names what came")))
    refuse = organization.near_expiry_rule == NearExpiryRule.REFUSE
    soonest = today + timedelta(days=organization.near_expiry_days) if refuse else today
    for place, row in enumerate(rows):
        at = f"lines[{place}]"
        if row.line_id is not None and row.line_id not in order_lines:
            errors.append(FieldError(f"{at}.line", "not_found", _("The order has no such line")))
        if row.line_id is None and row.product_id is None:
            errors.append(FieldError(f"{at}.line", "required", _("Name an order line or a product")))
        if row.paid_quantity < 0 or row.free_quantity < 0 or row.paid_quantity + row.free_quantity > _MOST:
            errors.append(FieldError(f"{at}.paid_quantity", "out_of_range", _("Not a quantity")))
        elif row.paid_quantity + row.free_quantity == 0:
            errors.append(FieldError(f"{at}.paid_quantity", "required", _("Nothing came in this row")))
        errors += _contradictions(at, row, order_lines.get(row.line_id or 0))
        errors += _expiry_errors(at, row, today, soonest)
    if errors:
        raise InvalidOrderLines(errors=errors)


def _contradictions(at: str, row: ReceiptRow, line: PurchaseOrderLine | None) -> list[FieldError]:
    """Product, unit and cost of an order line are the order's: whoever names others counted something else."""
    if line is None:
        return []
    kept = {None, line.product_id, line.product.merged_into_id}
    detail = _("The order says otherwise")
    said = [
        ("product", row.product_id in kept),
        ("unit", row.unit_id in (None, line.unit_id)),
        ("unit_cost", row.unit_cost in (None, line.unit_cost)),
    ]
    return [FieldError(f"{at}.{name}", "differs", detail) for name, agrees in said if not agrees]


def _expiry_errors(at: str, row: ReceiptRow, today: date, soonest: date) -> list[FieldError]:
    if row.expiry is None:
        return []
    if row.expiry < today:
        return [FieldError(f"{at}.expiry", "expired", _("These goods have expired"))]
    if row.expiry < soonest:
        return [FieldError(f"{at}.expiry", "expires_too_soon", _("These goods expire too soon to be taken"))]
    if row.expiry > today + _LONGEST:
        return [FieldError(f"{at}.expiry", "out_of_range", _("No goods keep that long"))]
    return []


def short_dated(rows: Sequence[ReceiptRow]) -> list[int]:
    """Places of rows that expire sooner than goods should: taken, and said."""
    organization, today = get_organization(), local_today()
    if organization.near_expiry_rule == NearExpiryRule.ACCEPT:
        return []
    soonest = today + timedelta(days=organization.near_expiry_days)
    return [place for place, row in enumerate(rows) if row.expiry is not None and row.expiry < soonest]


def goods_of(rows: Sequence[ReceiptRow]) -> dict[tuple[int, int | None], Goods]:
    """Unit and price of goods without an order line. Three queries at most. Raises InvalidOrderLines."""
    loose = [(place, row) for place, row in enumerate(rows) if row.line_id is None]
    if not loose:
        return {}
    products = resolve_products([row.product_id for _place, row in loose if row.product_id is not None])
    units = product_units(products.values())
    costs = last_unit_costs(products.values())
    found: dict[tuple[int, int | None], Goods] = {}
    errors: list[FieldError] = []
    for place, row in loose:
        at = f"lines[{place}]"
        product = products.get(row.product_id or 0)
        if product is None:
            errors.append(FieldError(f"{at}.product", "not_found", _("There is no such product")))
            continue
        unit = buying_unit(units.get(product, ()), row.unit_id)
        if unit is None:
            detail = _("The unit does not belong to the product, or may not be bought")
            errors.append(FieldError(f"{at}.unit", "not_of_product", detail))
            continue
        if row.unit_cost is not None and row.unit_cost < 0:
            errors.append(FieldError(f"{at}.unit_cost", "negative", _("May not be below zero")))
        if row.paid_quantity and row.unit_cost is None:
            errors.append(FieldError(f"{at}.unit_cost", "required", _("Say what one unit costs")))
        held = found.get((row.product_id or 0, row.unit_id))
        if held is not None and row.unit_cost is not None and held.unit_cost != row.unit_cost:
            errors.append(FieldError(f"{at}.unit_cost", "differs", _("One product, one price a receipt")))
        found[row.product_id or 0, row.unit_id] = Goods(
            product_id=product,
            unit_id=unit.id,
            unit_factor=unit.factor,
            unit_cost=row.unit_cost or Decimal(0),
            last_cost=costs.get(product),
        )
    if errors:
        raise InvalidOrderLines(errors=errors)
    return found
