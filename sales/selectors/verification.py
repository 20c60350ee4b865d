"""What must hold of selling, each as a statement that finds the first document where it does not."""

from django.utils.translation import gettext_lazy as _

from core.ledger_checks import LedgerCheck

__all__ = ["LEDGER_CHECKS"]

_SALE_SUMS = """
SELECT sale.number AS first_wrong, sale.total_amount || ', paid ' || sale.paid_amount AS expected,
       'lines ' || coalesce(line.amount, 0) || ', payments ' || coalesce(payment.amount, 0) AS found
FROM sales_sale AS sale
LEFT JOIN (SELECT sale_id, sum(amount) AS amount FROM sales_saleline GROUP BY sale_id) AS line ON line.sale_id = sale.id
LEFT JOIN (
    SELECT sale_id, sum(amount) AS amount FROM sales_salepayment GROUP BY sale_id
) AS payment ON payment.sale_id = sale.id
WHERE sale.total_amount <> coalesce(line.amount, 0) OR sale.paid_amount <> coalesce(payment.amount, 0)
   OR sale.total_amount <> sale.paid_amount - sale.change_amount + sale.rounding_amount
ORDER BY sale.id
"""

_SALE_GOODS = """
WITH line AS (
    SELECT sale_id, sum(quantity * factor) AS quantity, sum(cost_amount) AS cost FROM sales_saleline GROUP BY sale_id
), moved AS (
    SELECT source_id, -sum(quantity) AS quantity, -sum(value_amount) AS value FROM inventory_stockmovement
    WHERE source_kind = 'sale' AND source_purpose = '' GROUP BY source_id
)
SELECT sale.number AS first_wrong, coalesce(line.quantity, 0) || ' / ' || sale.cost_amount AS expected,
       'lines cost ' || coalesce(line.cost, 0) || ', movements ' || coalesce(moved.quantity, 0) || ' / '
           || coalesce(moved.value, 0) AS found
FROM sales_sale AS sale
LEFT JOIN line ON line.sale_id = sale.id
LEFT JOIN moved ON moved.source_id = sale.id::text
WHERE sale.cost_amount <> coalesce(line.cost, 0) OR sale.cost_amount <> coalesce(moved.value, 0)
   OR coalesce(line.quantity, 0) <> coalesce(moved.quantity, 0)
ORDER BY sale.id
"""

_ENTRY = """
SELECT document.number AS first_wrong, document.total_amount AS expected, coalesce(posted.amount, 0) AS found
FROM {table} AS document
LEFT JOIN (
    SELECT entry.source_id, abs(sum(line.credit - line.debit)) AS amount
    FROM capital_journalentry AS entry
    JOIN capital_journalline AS line ON line.entry_id = entry.id
    JOIN capital_account AS account ON account.id = line.account_id
    WHERE entry.source_kind = '{kind}' AND entry.purpose = '' AND account.role IN ({roles}) GROUP BY entry.source_id
) AS posted ON posted.source_id = document.id::text
WHERE document.total_amount <> coalesce(posted.amount, 0)
ORDER BY document.id
"""

_REFUND_SUMS = """
WITH line AS (
    SELECT refund_id, sum(amount) AS amount, sum(cost_amount) AS cost FROM sales_refundline GROUP BY refund_id
), payment AS (
    SELECT refund_id, sum(amount) AS amount FROM sales_refundpayment GROUP BY refund_id
), moved AS (
    SELECT source_id, sum(value_amount) AS value FROM inventory_stockmovement
    WHERE source_kind = 'refund' AND source_purpose = '' GROUP BY source_id
)
SELECT refund.number AS first_wrong, refund.total_amount || ', cost ' || refund.cost_amount AS expected,
       'lines ' || coalesce(line.amount, 0) || ', cost ' || coalesce(line.cost, 0) || ', movements '
           || coalesce(moved.value, 0) || ', paid ' || coalesce(payment.amount, 0) AS found
FROM sales_refund AS refund
LEFT JOIN line ON line.refund_id = refund.id
LEFT JOIN payment ON payment.refund_id = refund.id
LEFT JOIN moved ON moved.source_id = refund.id::text
WHERE refund.total_amount <> coalesce(line.amount, 0) OR refund.cost_amount <> coalesce(line.cost, 0)
   OR refund.cost_amount <> coalesce(moved.value, 0)
   OR refund.total_amount - refund.rounding_amount <> coalesce(payment.amount, 0)
ORDER BY refund.id
"""

_REFUNDED = """
SELECT sale.number || ' line ' || line.line AS first_wrong, 'at most ' || line.quantity || ' / ' || line.amount AS expected,
       back.quantity || ' / ' || back.amount AS found
FROM (
    SELECT sale_line_id, sum(quantity) AS quantity, sum(amount) AS amount, sum(cost_amount) AS cost
    FROM sales_refundline GROUP BY sale_line_id
) AS back
JOIN sales_saleline AS line ON line.id = back.sale_line_id
JOIN sales_sale AS sale ON sale.id = line.sale_id
WHERE back.quantity > line.quantity OR back.amount > line.amount OR back.cost > line.cost_amount
ORDER BY line.id
"""

_DRAWER = """
SELECT 'cash movement ' || movement.id AS first_wrong, movement.amount AS expected, coalesce(posted.amount, 0) AS found
FROM sales_cashmovement AS movement
LEFT JOIN (
    SELECT entry.source_id, line.account_id, abs(sum(coalesce(
               CASE WHEN line.debit > 0 THEN line.foreign_amount ELSE -line.foreign_amount END, line.debit - line.credit
           ))) AS amount
    FROM capital_journalentry AS entry JOIN capital_journalline AS line ON line.entry_id = entry.id
    WHERE entry.source_kind = 'cash_movement' AND entry.purpose = '' GROUP BY 1, 2
) AS posted ON (posted.source_id, posted.account_id) = (movement.id::text, movement.account_id)
WHERE movement.expense_id IS NULL AND movement.amount <> coalesce(posted.amount, 0)
ORDER BY movement.id
"""

# The newest shift of each drawer: what was counted at its last count, and what its documents and others moved since.
_DRAWER_HOLDS = """
WITH newest AS (
    SELECT DISTINCT ON (cash.account_id) cash.account_id, shift.id AS shift_id, shift.number,
           shift.status = 'open' AS is_open,
           CASE shift.status WHEN 'open' THEN cash.float_amount
                             ELSE cash.counted_amount - cash.handed_over_amount END AS counted,
           coalesce(shift.closed_at, shift.opened_at) AS since
    FROM sales_shiftcash AS cash JOIN sales_shift AS shift ON shift.id = cash.shift_id
    ORDER BY cash.account_id, shift.id DESC
), moved AS (
    SELECT newest.account_id, entry.source_kind, entry.purpose, entry.posted_at >= newest.since AS is_later,
           coalesce(CASE WHEN line.debit > 0 THEN line.foreign_amount ELSE -line.foreign_amount END,
                    line.debit - line.credit) AS amount,
           coalesce(CASE entry.purpose WHEN '' THEN sale.shift_id ELSE sale.reversal_shift_id END, refund.shift_id,
                    movement.shift_id) = newest.shift_id AND newest.is_open AS is_its
    FROM newest
    JOIN capital_journalline AS line ON line.account_id = newest.account_id
    JOIN capital_journalentry AS entry ON entry.id = line.entry_id
    LEFT JOIN sales_sale AS sale ON entry.source_kind = 'sale' AND sale.id::text = entry.source_id
    LEFT JOIN sales_refund AS refund ON entry.source_kind = 'refund' AND refund.id::text = entry.source_id
    LEFT JOIN sales_cashmovement AS movement
           ON entry.source_kind = 'cash_movement' AND movement.id::text = entry.source_id
), held AS (
    SELECT account_id, sum(amount) AS amount,
           sum(amount) FILTER (WHERE CASE WHEN source_kind = 'shift' THEN false
                                          WHEN source_kind IN ('sale', 'refund', 'cash_movement') THEN is_its
                                          ELSE is_later END) AS since
    FROM moved GROUP BY account_id
)
SELECT newest.number || ', account ' || newest.account_id AS first_wrong,
       newest.counted + coalesce(held.since, 0) AS expected, coalesce(held.amount, 0) AS found
FROM newest LEFT JOIN held ON held.account_id = newest.account_id
WHERE newest.counted + coalesce(held.since, 0) <> coalesce(held.amount, 0)
ORDER BY newest.account_id
"""

_CUSTOMER_PAID = """
SELECT payment.number AS first_wrong, payment.amount AS expected, coalesce(posted.amount, 0) AS found
FROM sales_customerpayment AS payment
LEFT JOIN (
    SELECT entry.source_id, sum(line.credit - line.debit) AS amount
    FROM capital_journalentry AS entry
    JOIN capital_journalline AS line ON line.entry_id = entry.id
    JOIN capital_account AS account ON account.id = line.account_id
    WHERE entry.source_kind = 'customer_payment' AND entry.purpose = ''
      AND account.role IN ('receivable', 'customer_advance') GROUP BY entry.source_id
) AS posted ON posted.source_id = payment.id::text
WHERE payment.amount <> coalesce(posted.amount, 0)
ORDER BY payment.id
"""

LEDGER_CHECKS = (
    LedgerCheck("sale_sums", _("A sale is the sum of its lines, and was paid exactly"), _SALE_SUMS),
    LedgerCheck("sale_goods", _("A sale took from stock what it sold, at the cost it says"), _SALE_GOODS),
    LedgerCheck(
        "sale_entry",
        _("Each sale is in the journal with its total"),
        _ENTRY.format(table="sales_sale", kind="sale", roles="'revenue', 'output_tax'"),
    ),
    LedgerCheck(
        "refund_sums",
        _("A refund is the sum of its lines, brought their cost back and was paid exactly"),
        _REFUND_SUMS,
    ),
    LedgerCheck(
        "refund_entry",
        _("Each refund is in the journal with its total"),
        _ENTRY.format(table="sales_refund", kind="refund", roles="'sales_returns', 'output_tax'"),
    ),
    LedgerCheck("drawer_entry", _("Cash put into or taken out of a drawer is in the journal"), _DRAWER),
    LedgerCheck(
        "drawer_holds", _("Each drawer holds what was counted, and what its shift moved since"), _DRAWER_HOLDS
    ),
    LedgerCheck("customer_payment_entry", _("Each customer payment is in the journal"), _CUSTOMER_PAID),
    LedgerCheck("refunded_of_sale", _("No more is refunded than was sold"), _REFUNDED),
)
