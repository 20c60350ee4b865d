"""What holds of stock and books whatever happened before, asked in SQL of the rows themselves."""

from django.db import connection

#: Name -> a query that answers no row while the statement holds.
STATEMENTS = {
    "stock is the sum of its movements": """
        SELECT stock.id FROM inventory_stock AS stock
        LEFT JOIN (SELECT batch_id, location_id, sum(quantity) AS quantity, sum(value_amount) AS value
                   FROM inventory_stockmovement GROUP BY 1, 2) AS moved USING (batch_id, location_id)
        WHERE stock.on_hand <> coalesce(moved.quantity, 0) OR stock.value_amount <> coalesce(moved.value, 0)
    """,
    "no movement is without a stock row": """
        SELECT moved.id FROM inventory_stockmovement AS moved
        LEFT JOIN inventory_stock AS stock USING (batch_id, location_id) WHERE stock.id IS NULL
    """,
    "what is reserved is the open reservations": """
        SELECT stock.id FROM inventory_stock AS stock
        LEFT JOIN (SELECT stock_id, sum(quantity) AS quantity FROM inventory_reservation
                   WHERE state = 'open' GROUP BY 1) AS held ON held.stock_id = stock.id
        WHERE stock.reserved <> coalesce(held.quantity, 0)
    """,
    "nothing is negative": """
        SELECT id FROM inventory_stock
        WHERE on_hand < 0 OR value_amount < 0 OR reserved < 0 OR reserved > on_hand
           OR (on_hand = 0 AND value_amount <> 0)
    """,
    "every entry balances": """
        SELECT entry_id FROM capital_journalline GROUP BY entry_id
        HAVING sum(debit) <> sum(credit) OR count(*) < 2
    """,
    "the stock account is the value of the stock": """
        SELECT 1 FROM (SELECT coalesce(sum(line.debit - line.credit), 0) AS booked
                       FROM capital_journalline AS line JOIN capital_account AS account ON account.id = line.account_id
                       WHERE account.role = 'stock') AS books,
                      (SELECT coalesce(sum(value_amount), 0) AS carried FROM inventory_stock) AS shelf
        WHERE books.booked <> shelf.carried
    """,
    "nobody is promised less than nothing": """
        SELECT party_id FROM capital_commitment GROUP BY party_id HAVING sum(amount) < 0
    """,
    "what is committed is what open orders still expect": """
        SELECT 1 FROM (SELECT coalesce(sum(amount), 0) AS promised FROM capital_commitment) AS books,
                      (SELECT coalesce(sum(line.amount - line.released_amount), 0) AS goods
                       FROM purchases_purchaseorderline AS line JOIN purchases_purchaseorder AS o ON o.id = line.order_id
                       WHERE o.committed_at IS NOT NULL) AS lines,
                      (SELECT coalesce(sum(fee_amount), 0) AS fees FROM purchases_purchaseorder
                       WHERE committed_at IS NOT NULL AND NOT fee_released) AS orders
        WHERE books.promised <> lines.goods + orders.fees
    """,
}


def broken_statements():
    """The names of the statements that do not hold."""
    with connection.cursor() as cursor:
        broken = []
        for name, sql in STATEMENTS.items():
            cursor.execute(sql)
            if cursor.fetchone() is not None:
                broken.append(name)
    return broken


def ledgers_agree():
    assert broken_statements() == []
