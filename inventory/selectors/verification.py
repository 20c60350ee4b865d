"""What must hold of the stock ledger, each as a statement that finds the first row where it does not."""

from django.utils.translation import gettext_lazy as _

from core.ledger_checks import LedgerCheck

__all__ = ["LEDGER_CHECKS"]

_SUM_OF_MOVEMENTS = """
SELECT 'batch ' || batch_id || ', location ' || location_id AS first_wrong,
       coalesce(moved.total, 0) AS expected, coalesce(stock.{column}, 0) AS found
FROM (
    SELECT batch_id, location_id, sum({moved}) AS total FROM inventory_stockmovement GROUP BY batch_id, location_id
) AS moved FULL JOIN inventory_stock AS stock USING (batch_id, location_id)
WHERE coalesce(moved.total, 0) <> coalesce(stock.{column}, 0)
ORDER BY batch_id, location_id
"""

_RESERVED = """
SELECT 'batch ' || stock.batch_id || ', location ' || stock.location_id AS first_wrong,
       coalesce(open.total, 0) AS expected, stock.reserved AS found
FROM inventory_stock AS stock LEFT JOIN (
    SELECT stock_id, sum(quantity) AS total FROM inventory_reservation WHERE state = 'open' GROUP BY stock_id
) AS open ON open.stock_id = stock.id
WHERE stock.reserved <> coalesce(open.total, 0) ORDER BY stock.id
"""

_WITHIN_BOUNDS = """
SELECT 'batch ' || batch_id || ', location ' || location_id AS first_wrong,
       '0 <= reserved <= on hand; no value without goods' AS expected,
       'on hand ' || on_hand || ', reserved ' || reserved || ', value ' || value_amount AS found
FROM inventory_stock
WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand OR value_amount < 0 OR (on_hand = 0 AND value_amount <> 0)
ORDER BY id
"""

_OF_ITS_BATCH = """
SELECT 'movement ' || movement.id AS first_wrong, 'product ' || batch.product_id AS expected,
       'product ' || movement.product_id AS found
FROM inventory_stockmovement AS movement JOIN inventory_batch AS batch ON batch.id = movement.batch_id
WHERE movement.product_id <> batch.product_id
UNION ALL
SELECT 'stock of batch ' || stock.batch_id, 'product ' || batch.product_id, 'product ' || stock.product_id
FROM inventory_stock AS stock JOIN inventory_batch AS batch ON batch.id = stock.batch_id
WHERE stock.product_id <> batch.product_id
"""

_EXACT_REVERSAL = """
SELECT 'movement ' || back.id AS first_wrong,
       -first.quantity || ' / ' || -first.value_amount || ' of batch ' || first.batch_id AS expected,
       back.quantity || ' / ' || back.value_amount || ' of batch ' || back.batch_id AS found
FROM inventory_stockmovement AS back JOIN inventory_stockmovement AS first ON first.id = back.reversal_of_id
WHERE (back.quantity, back.value_amount, back.batch_id, back.location_id)
   <> (-first.quantity, -first.value_amount, first.batch_id, first.location_id)
ORDER BY back.id
"""

_RETURNED = """
SELECT 'movement ' || issue.id AS first_wrong,
       'at most ' || -issue.quantity || ' / ' || -issue.value_amount AS expected,
       sum(back.quantity + coalesce(undone.quantity, 0)) || ' / '
           || sum(back.value_amount + coalesce(undone.value_amount, 0)) AS found
FROM inventory_stockmovement AS back
JOIN inventory_stockmovement AS issue ON issue.id = back.returned_from_id
LEFT JOIN inventory_stockmovement AS undone ON undone.reversal_of_id = back.id
WHERE back.returned_from_id IS NOT NULL
GROUP BY issue.id, issue.quantity, issue.value_amount
HAVING sum(back.quantity + coalesce(undone.quantity, 0)) > -issue.quantity
    OR sum(back.value_amount + coalesce(undone.value_amount, 0)) > -issue.value_amount
ORDER BY issue.id
"""

_MOVES_NOTHING = """
SELECT source_kind || ' ' || source_id AS first_wrong, '0 / 0' AS expected,
       sum(quantity) || ' / ' || sum(value_amount) AS found
FROM inventory_stockmovement
WHERE source_kind IN ('stock_transfer', 'product_merge')
GROUP BY source_kind, source_id
HAVING sum(quantity) <> 0 OR sum(value_amount) <> 0
ORDER BY min(id)
"""

_ADJUSTED = """
SELECT document.number AS first_wrong, line.quantity AS expected, coalesce(abs(moved.quantity), 0) AS found
FROM inventory_stockadjustment AS document
JOIN (
    SELECT adjustment_id, sum(quantity) AS quantity FROM inventory_stockadjustmentline GROUP BY adjustment_id
) AS line ON line.adjustment_id = document.id
LEFT JOIN (
    SELECT source_id, sum(quantity) AS quantity FROM inventory_stockmovement
    WHERE source_kind = 'stock_adjustment' AND source_purpose = '' GROUP BY source_id
) AS moved ON moved.source_id = document.id::text
WHERE document.status IN ('posted', 'reversed') AND line.quantity <> coalesce(abs(moved.quantity), 0)
ORDER BY document.id
"""

_COUNTED = """
SELECT document.number AS first_wrong,
       line.quantity || ' / ' || (document.gain_amount - document.loss_amount) AS expected,
       coalesce(moved.quantity, 0) || ' / ' || coalesce(moved.value_amount, 0) AS found
FROM inventory_stockcount AS document
JOIN (
    SELECT count_id, sum(coalesce(variance_qty, 0)) AS quantity, sum(coalesce(variance_value_amount, 0)) AS value_amount
    FROM inventory_stockcountline GROUP BY count_id
) AS line ON line.count_id = document.id
LEFT JOIN (
    SELECT source_id, sum(quantity) AS quantity, sum(value_amount) AS value_amount FROM inventory_stockmovement
    WHERE source_kind = 'stock_count' AND source_purpose = '' GROUP BY source_id
) AS moved ON moved.source_id = document.id::text
WHERE document.status IN ('posted', 'reversed')
  AND ((line.quantity, line.value_amount) <> (coalesce(moved.quantity, 0), coalesce(moved.value_amount, 0))
       OR line.value_amount <> document.gain_amount - document.loss_amount)
ORDER BY document.id
"""

_ON_LOAN = """
SELECT 'party ' || party_id AS first_wrong, coalesce(loan.total, 0) AS expected, coalesce(booked.total, 0) AS found
FROM (
    SELECT loan.party_id, loan.direction, sum(line.open_amount) AS total
    FROM inventory_stockloanline AS line JOIN inventory_stockloan AS loan ON loan.id = line.loan_id
    GROUP BY loan.party_id, loan.direction
) AS loan FULL JOIN (
    SELECT line.party_id, CASE account.role WHEN 'goods_lent' THEN 'lent' ELSE 'borrowed' END AS direction,
           sum(CASE account.role WHEN 'goods_lent' THEN line.debit - line.credit ELSE line.credit - line.debit END) AS total
    FROM capital_journalline AS line JOIN capital_account AS account ON account.id = line.account_id
    WHERE account.role IN ('goods_lent', 'goods_borrowed')
    GROUP BY 1, 2
) AS booked USING (party_id, direction)
WHERE coalesce(loan.total, 0) <> coalesce(booked.total, 0)
ORDER BY party_id
"""

LEDGER_CHECKS = (
    LedgerCheck(
        "stock_quantity",
        _("Stock on hand is the sum of its movements"),
        _SUM_OF_MOVEMENTS.format(column="on_hand", moved="quantity"),
    ),
    LedgerCheck(
        "stock_value",
        _("Stock value is the sum of its movements' values"),
        _SUM_OF_MOVEMENTS.format(column="value_amount", moved="value_amount"),
    ),
    LedgerCheck("stock_reserved", _("What is reserved is the sum of the open reservations"), _RESERVED),
    LedgerCheck(
        "stock_bounds", _("Nothing in stock is negative, and nothing has value without goods"), _WITHIN_BOUNDS
    ),
    LedgerCheck("movement_product", _("Movements and stock are of their batch's product"), _OF_ITS_BATCH),
    LedgerCheck("movement_reversal", _("A reversed movement is taken back exactly"), _EXACT_REVERSAL),
    LedgerCheck("movement_returns", _("No more comes back than went out"), _RETURNED),
    LedgerCheck("stock_moved_within", _("Transfers and merges neither make nor lose stock"), _MOVES_NOTHING),
    LedgerCheck("adjustment_moves", _("Each adjustment moved what it says"), _ADJUSTED),
    LedgerCheck("count_moves", _("Each count moved what its lines say"), _COUNTED),
    LedgerCheck(
        "goods_on_loan", _("The books carry for each neighbour what is open of their loans"), _ON_LOAN
    ),
)
