"""What goods cost us, as the ledger tells it. Shown and estimated with, never posted."""

from collections.abc import Iterable
from decimal import Decimal

from django.db import connection

from core.money import round_unit_price
from inventory.enums import BOUGHT

_LAST_COST = """
SELECT wanted.product_id, last.value_amount / last.quantity
FROM unnest(%s::bigint[]) AS wanted(product_id)
CROSS JOIN LATERAL (
    SELECT value_amount, quantity FROM inventory_stockmovement AS movement
    WHERE movement.product_id = wanted.product_id AND movement.kind = ANY(%s) AND movement.quantity > 0
      AND movement.value_amount > 0
    ORDER BY movement.business_date DESC, movement.id DESC LIMIT 1
) AS last
"""


def last_unit_costs(product_ids: Iterable[int]) -> dict[int, Decimal]:
    """The cost of a base unit at each product's last paid receipt; products never bought are absent."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_COST, [sorted(set(product_ids)), sorted(str(kind) for kind in BOUGHT)])
        return {product: round_unit_price(cost) for product, cost in cursor.fetchall()}
