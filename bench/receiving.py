"""What a delivery of 500 lines costs: statements, seconds, and how many times the bare rows that is.

    python -m bench.receiving

The limit is PostgreSQL copying the rows of the receipt before: one INSERT ... SELECT a table, same triggers and indexes.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bench._stack import Shelf, fill_shelf, pharmacy

LINES, ROUNDS = 500, 5
MOST_STATEMENTS, MOST_SECONDS = 15, 0.5

# Tables that a receipt fills, and the rows of receipt %(id)s in each; its copy is told apart by "-copy".
_TABLES = (
    ("purchases_goodsreceiptline", "receipt_id = %(id)s", {}),
    (
        "purchases_goodsreceiptbatch",
        "line_id IN (SELECT id FROM purchases_goodsreceiptline WHERE receipt_id = %(id)s)",
        {},
    ),
    (
        "inventory_stockmovement",
        "source_kind = 'goods_receipt' AND source_id = %(id)s::text",
        {"source_id": "source_id || '-copy'"},
    ),
)


def _copy(cursor: Any, receipt_id: int) -> None:
    """In a transaction that is rolled back."""
    for table, where, changed in _TABLES:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall()]
        values = ", ".join(changed.get(name, f'"{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {where}",  # noqa: S608
            {"id": receipt_id},
        )


def _order(shelf: Shelf, supplier_id: int) -> int:
    from core.actors import SYSTEM  # noqa: PLC0415
    from purchases.services import OrderData, OrderLineData, create_order, send_order  # noqa: PLC0415

    lines = [
        OrderLineData(product_id=product, unit_id=unit, unit_cost=Decimal("1.25"), paid_quantity=10)
        for product, unit in zip(shelf.products, shelf.units, strict=True)
    ]
    order = create_order(data=OrderData(supplier_id=supplier_id, lines=lines), actor=SYSTEM)
    return int(send_order(order_id=order.pk, actor=SYSTEM).pk)


def _receive(order_id: int, batch: str) -> int:
    from core.actors import SYSTEM  # noqa: PLC0415
    from purchases.models import PurchaseOrderLine  # noqa: PLC0415
    from purchases.services import DeliveryData, ReceiptRow, receive_order  # noqa: PLC0415
    from users.selectors import local_today  # noqa: PLC0415

    expiry = local_today() + timedelta(500)
    rows = [
        ReceiptRow(line_id=line, paid_quantity=10, batch_number=batch, expiry=expiry)
        for line in PurchaseOrderLine.objects.filter(order=order_id).values_list("pk", flat=True)
    ]
    return int(receive_order(order_id=order_id, data=DeliveryData(rows), actor=SYSTEM).pk)


def main() -> None:
    with pharmacy():
        from django.db import connection, transaction  # noqa: PLC0415
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

        from capital.enums import AccountRole  # noqa: PLC0415
        from capital.services import EntryLine, post_entry  # noqa: PLC0415
        from core.actors import SYSTEM  # noqa: PLC0415
        from core.sources import Source  # noqa: PLC0415
        from purchases.services import SupplierData, create_supplier  # noqa: PLC0415
        from users.selectors import local_today  # noqa: PLC0415

        shelf = fill_shelf(LINES)
        plenty = Decimal(10**9)
        with transaction.atomic():
            post_entry(
                source=Source("bench", "money"), business_date=local_today(), actor=SYSTEM,
                lines=[EntryLine(AccountRole.CASH, debit=plenty), EntryLine(AccountRole.OWNER_CAPITAL, credit=plenty)],
            )  # fmt: skip
        supplier = create_supplier(data=SupplierData(name="Bench Drugs"), actor=SYSTEM)
        ours, limits, statements = [], [], 0
        for number in range(ROUNDS):
            order_id = _order(shelf, supplier.pk)
            started = time.perf_counter()
            if number:
                receipt_id = _receive(order_id, f"N{number}")
                ours.append(time.perf_counter() - started)
            else:  # the first pays for imports; it counts statements instead
                with CaptureQueriesContext(connection) as caught:
                    receipt_id = _receive(order_id, "N")
                named = [query["sql"].partition(" ")[0] for query in caught]
                statements = (
                    len(named) - 1 - named.count("BEGIN") - named.count("COMMIT")
                )  # less our own SELECT
            started = time.perf_counter()
            with transaction.atomic(), connection.cursor() as cursor:
                _copy(cursor, receipt_id)
                limits.append(time.perf_counter() - started)
                transaction.set_rollback(True)
        best, limit = min(ours), min(limits)
        print(
            f"receive {LINES} lines: {statements} statements (wanted <= {MOST_STATEMENTS}), {best:.2f} s "
            f"(wanted <= {MOST_SECONDS}); its bare rows take {limit:.2f} s: {best / limit:.1f} x"
        )


if __name__ == "__main__":
    sys.exit(main())
