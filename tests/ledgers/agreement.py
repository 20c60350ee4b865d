"""What holds of stock and books whatever happened before.

The checks that the pharmacy runs every night (`reports.verification`) are asked first. They are part of the product, though,
and may be wrong together with it: so the heart of DESIGN section 7 stands here once more, one naive statement each, that
shares neither a query nor a table of sums with the product. A daily total, an open item or a summary is not asked here.
"""

from decimal import Decimal

from django.db import connection

from capital.selectors import capital_summary
from reports.verification import check_ledgers

#: Name -> a query that answers a row for each thing that is wrong. What a table is called is all that they know.
STATEMENTS = {
    "debits are credits": """
        SELECT entry_id FROM capital_journalline GROUP BY entry_id HAVING sum(debit) <> sum(credit)
    """,
    "stock is the sum of its movements": """
        SELECT 1 FROM (
            SELECT batch_id, location_id, quantity, value_amount FROM inventory_stockmovement
            UNION ALL SELECT batch_id, location_id, -on_hand, -value_amount FROM inventory_stock
        ) AS both_sides
        GROUP BY batch_id, location_id HAVING sum(quantity) <> 0 OR sum(value_amount) <> 0
    """,
    "the stock account is the value of the stock": """
        SELECT 1 WHERE (
            SELECT coalesce(sum(line.debit - line.credit), 0) FROM capital_journalline AS line
            JOIN capital_account AS account ON account.id = line.account_id WHERE account.role = 'stock'
        ) <> (SELECT coalesce(sum(value_amount), 0) FROM inventory_stockmovement)
    """,
    "nothing is negative": """
        SELECT id FROM inventory_stock WHERE least(on_hand, value_amount, reserved, on_hand - reserved) < 0
        UNION ALL SELECT party_id FROM capital_commitment GROUP BY party_id HAVING sum(amount) < 0
        UNION ALL SELECT id FROM purchases_supplieropenitem WHERE least(amount - settled_amount - cleared_amount, settled_amount, cleared_amount) < 0
    """,
}
#: DESIGN section 2: cash - payables (GRNI included) - open commitments - reserve. What is committed is what sent orders
#: still bring, and what they ask for bringing it.
_SPENDABLE = """
    SELECT (SELECT coalesce(sum(line.debit - line.credit), 0) FROM capital_journalline AS line
            JOIN capital_account AS account ON account.id = line.account_id
            WHERE account.role IN ('cash', 'bank', 'payable', 'grni'))
         - (SELECT coalesce(sum(line.amount - line.released_amount), 0) FROM purchases_purchaseorderline AS line
            JOIN purchases_purchaseorder AS document ON document.id = line.order_id
            WHERE document.committed_at IS NOT NULL)
         - (SELECT coalesce(sum(fee_amount), 0) FROM purchases_purchaseorder
            WHERE committed_at IS NOT NULL AND NOT fee_released)
         - (SELECT capital_reserve FROM users_organization)
"""


def broken_statements() -> list[str]:
    """The names of the naive statements that do not hold."""
    with connection.cursor() as cursor:
        broken = [name for name, sql in STATEMENTS.items() if _answers(cursor, sql)]
        if spendable(cursor) != capital_summary().spendable:
            broken.append("spendable is what DESIGN says")
    return broken


def spendable(cursor) -> Decimal:
    cursor.execute(_SPENDABLE)
    return cursor.fetchone()[0]


def _answers(cursor, sql) -> bool:
    cursor.execute(sql)
    return cursor.fetchone() is not None


def ledgers_agree() -> None:
    """Everything: the naive statements, and every check of the product."""
    assert broken_statements() == []
    assert [row for row in check_ledgers() if not row["ok"]] == []
