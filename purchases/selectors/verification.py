"""What must hold of buying, each as a statement that finds the first document where it does not."""

from django.utils.translation import gettext_lazy as _

from core.ledger_checks import LedgerCheck

__all__ = ["LEDGER_CHECKS"]

_COMMITTED = """
WITH promised AS (
    SELECT source_id AS order_id, amount FROM capital_commitment WHERE source_kind = 'purchase_order'
    UNION ALL
    SELECT receipt.order_id::text, commitment.amount
    FROM capital_commitment AS commitment
    JOIN purchases_goodsreceipt AS receipt ON receipt.id::text = commitment.source_id
    WHERE commitment.source_kind = 'goods_receipt' AND receipt.order_id IS NOT NULL
), open AS (
    SELECT order_id, sum(amount) AS amount FROM promised GROUP BY order_id
), remaining AS (
    SELECT document.id, document.number, CASE WHEN document.committed_at IS NULL THEN 0 ELSE
        coalesce(sum(line.amount - line.released_amount), 0)
            + CASE WHEN document.fee_released THEN 0 ELSE document.fee_amount END END AS amount
    FROM purchases_purchaseorder AS document
    LEFT JOIN purchases_purchaseorderline AS line ON line.order_id = document.id
    GROUP BY document.id
)
SELECT coalesce(remaining.number, 'order ' || open.order_id) AS first_wrong,
       coalesce(remaining.amount, 0) AS expected, coalesce(open.amount, 0) AS found
FROM remaining FULL JOIN open ON open.order_id = remaining.id::text
WHERE coalesce(remaining.amount, 0) <> coalesce(open.amount, 0)
ORDER BY remaining.id
"""

_RECEIVED = """
SELECT document.number || ', line ' || line.id AS first_wrong,
       coalesce(came.paid, 0) || ' + ' || coalesce(came.free, 0) AS expected,
       line.received_qty || ' + ' || line.received_free_qty AS found
FROM purchases_purchaseorderline AS line
JOIN purchases_purchaseorder AS document ON document.id = line.order_id
LEFT JOIN (
    SELECT order_line_id, sum(paid_qty) AS paid, sum(free_qty) AS free
    FROM purchases_goodsreceiptline AS received
    JOIN purchases_goodsreceipt AS receipt ON receipt.id = received.receipt_id AND receipt.status = 'posted'
    WHERE order_line_id IS NOT NULL GROUP BY order_line_id
) AS came ON came.order_line_id = line.id
WHERE (line.received_qty, line.received_free_qty) <> (coalesce(came.paid, 0), coalesce(came.free, 0))
ORDER BY line.id
"""

_RECEIPT_SUMS = """
WITH batch AS (
    SELECT line_id, sum(value_amount) AS value, sum(quantity) AS quantity
    FROM purchases_goodsreceiptbatch GROUP BY line_id
), line AS (
    SELECT line.receipt_id, sum(line.amount) AS amount, sum(batch.value) AS value, sum(batch.quantity) AS quantity,
           sum((line.paid_qty + line.free_qty) * line.unit_factor::bigint) AS counted
    FROM purchases_goodsreceiptline AS line LEFT JOIN batch ON batch.line_id = line.id GROUP BY line.receipt_id
), moved AS (
    SELECT source_id, sum(value_amount) AS value, sum(quantity) AS quantity FROM inventory_stockmovement
    WHERE source_kind = 'goods_receipt' AND source_purpose = '' GROUP BY source_id
)
SELECT receipt.number AS first_wrong,
       receipt.goods_amount || ' / ' || coalesce(line.counted, 0) AS expected,
       'lines ' || coalesce(line.amount, 0) || ', batches ' || coalesce(line.value, 0) || ' / '
           || coalesce(line.quantity, 0) || ', movements ' || coalesce(moved.value, 0) || ' / '
           || coalesce(moved.quantity, 0) AS found
FROM purchases_goodsreceipt AS receipt
LEFT JOIN line ON line.receipt_id = receipt.id
LEFT JOIN moved ON moved.source_id = receipt.id::text
WHERE receipt.status <> 'draft' AND (
    coalesce(line.amount, 0) <> receipt.goods_amount OR coalesce(line.value, 0) <> receipt.goods_amount
    OR coalesce(moved.value, 0) <> receipt.goods_amount
    OR coalesce(line.quantity, 0) <> coalesce(line.counted, 0)
    OR coalesce(moved.quantity, 0) <> coalesce(line.counted, 0)
)
ORDER BY receipt.id
"""

_RECEIPT_ENTRY = """
SELECT receipt.number AS first_wrong, receipt.total_amount AS expected, coalesce(posted.amount, 0) AS found
FROM purchases_goodsreceipt AS receipt
LEFT JOIN (
    SELECT entry.source_id, sum(line.debit) AS amount
    FROM capital_journalentry AS entry
    JOIN capital_journalline AS line ON line.entry_id = entry.id
    JOIN capital_account AS account ON account.id = line.account_id
    WHERE entry.source_kind = 'goods_receipt' AND entry.purpose = ''
      AND account.role <> 'price_variance' -- an exchange for more than the goods had cost
    GROUP BY entry.source_id
) AS posted ON posted.source_id = receipt.id::text
WHERE receipt.status <> 'draft' AND receipt.total_amount <> coalesce(posted.amount, 0)
ORDER BY receipt.id
"""

_GRNI = """
WITH owed AS (
    SELECT supplier.party_id,
           sum(CASE WHEN item.is_credit THEN -1 ELSE 1 END
               * (item.value_amount - item.settled_value - item.cleared_value)) AS amount
    FROM purchases_supplieropenitem AS item JOIN purchases_supplier AS supplier ON supplier.id = item.supplier_id
    WHERE item.role = 'grni' GROUP BY supplier.party_id
), booked AS (
    SELECT line.party_id, sum(line.credit - line.debit) AS amount
    FROM capital_journalline AS line JOIN capital_account AS account ON account.id = line.account_id
    WHERE account.role = 'grni' GROUP BY line.party_id
)
SELECT party.name AS first_wrong, coalesce(owed.amount, 0) AS expected, coalesce(booked.amount, 0) AS found
FROM owed FULL JOIN booked USING (party_id) JOIN capital_party AS party ON party.id = party_id
WHERE coalesce(owed.amount, 0) <> coalesce(booked.amount, 0)
ORDER BY party_id
"""

_SETTLED = """
SELECT item.number AS first_wrong, coalesce(given.amount, 0) AS expected, item.settled_amount AS found
FROM purchases_supplieropenitem AS item
LEFT JOIN (
    SELECT item_id, sum(amount) AS amount FROM (
        SELECT debt_id AS item_id, amount FROM purchases_supplierallocation
        UNION ALL SELECT credit_id, amount FROM purchases_supplierallocation
    ) AS part GROUP BY item_id
) AS given ON given.item_id = item.id
WHERE item.settled_amount <> coalesce(given.amount, 0)
ORDER BY item.id
"""

_PAYMENT_ENTRY = """
SELECT payment.number AS first_wrong,
       CASE WHEN account.is_foreign THEN payment.amount ELSE payment.value_amount END AS expected,
       coalesce(CASE WHEN account.is_foreign THEN posted.foreign_amount ELSE posted.amount END, 0) AS found
FROM purchases_supplierpayment AS payment
JOIN (
    SELECT account.id, account.currency NOT IN ('', organization.currency) AS is_foreign
    FROM capital_account AS account CROSS JOIN users_organization AS organization
) AS account ON account.id = payment.account_id
LEFT JOIN (
    SELECT entry.source_id, line.account_id, sum(line.credit - line.debit) AS amount,
           sum(CASE WHEN line.credit > 0 THEN line.foreign_amount ELSE -line.foreign_amount END) AS foreign_amount
    FROM capital_journalentry AS entry JOIN capital_journalline AS line ON line.entry_id = entry.id
    WHERE entry.source_kind = 'supplier_payment' AND entry.purpose = '' GROUP BY 1, 2
) AS posted ON (posted.source_id, posted.account_id) = (payment.id::text, payment.account_id)
WHERE CASE WHEN account.is_foreign THEN payment.amount <> coalesce(posted.foreign_amount, 0)
           ELSE payment.value_amount <> coalesce(posted.amount, 0) END
ORDER BY payment.id
"""

# What it settled leaves the books at what the debts were carried at: the rest of the entry is money and exchange.
_PAYMENT_SETTLES = """
WITH given AS (
    SELECT event_id, sum(debt_value) AS debts, sum(credit_value) AS credits FROM purchases_supplierallocation
    WHERE event_kind = 'supplier_payment' AND amount > 0 GROUP BY event_id
), posted AS (
    SELECT entry.source_id, sum(line.debit - line.credit) AS amount
    FROM capital_journalentry AS entry
    JOIN capital_journalline AS line ON line.entry_id = entry.id
    JOIN capital_account AS account ON account.id = line.account_id
    WHERE entry.source_kind = 'supplier_payment' AND entry.purpose = ''
      AND account.role IN ('payable', 'grni', 'supplier_advance') GROUP BY entry.source_id
)
SELECT payment.number AS first_wrong,
       payment.value_amount - coalesce(given.credits, 0) + coalesce(given.debts, 0) AS expected,
       coalesce(posted.amount, 0) AS found
FROM purchases_supplierpayment AS payment
LEFT JOIN given ON given.event_id = payment.id::text
LEFT JOIN posted ON posted.source_id = payment.id::text
WHERE payment.value_amount - coalesce(given.credits, 0) + coalesce(given.debts, 0) <> coalesce(posted.amount, 0)
ORDER BY payment.id
"""

_APPROVED = """
SELECT proposal.number AS first_wrong, proposal.goods_amount AS expected, coalesce(ordered.amount, 0) AS found
FROM purchases_proposal AS proposal
LEFT JOIN (
    SELECT proposal_id, sum(goods_amount) AS amount FROM purchases_purchaseorder
    WHERE proposal_id IS NOT NULL GROUP BY proposal_id
) AS ordered ON ordered.proposal_id = proposal.id
WHERE CASE WHEN proposal.status = 'approved' THEN proposal.goods_amount <> coalesce(ordered.amount, 0)
           ELSE ordered.amount IS NOT NULL END
ORDER BY proposal.id
"""

_INVOICE_ENTRY = """
SELECT invoice.number AS first_wrong, invoice.value_amount AS expected, coalesce(posted.amount, 0) AS found
FROM purchases_supplierinvoice AS invoice
LEFT JOIN (
    SELECT entry.source_id, sum(line.credit - line.debit) AS amount
    FROM capital_journalentry AS entry
    JOIN capital_journalline AS line ON line.entry_id = entry.id
    JOIN capital_account AS account ON account.id = line.account_id AND account.role = 'payable'
    WHERE entry.source_kind = 'supplier_invoice' AND entry.purpose = '' GROUP BY entry.source_id
) AS posted ON posted.source_id = invoice.id::text
WHERE invoice.status IN ('posted', 'reversed') AND invoice.value_amount <> coalesce(posted.amount, 0)
ORDER BY invoice.id
"""

_INVOICE_ITEM = """
SELECT invoice.number AS first_wrong,
       (invoice.total_amount - invoice.claimed_amount) || ' ' || invoice.currency || ' / ' || invoice.value_amount AS expected,
       coalesce(item.amount, 0) || ' ' || coalesce(item.currency, '') || ' / ' || coalesce(item.value_amount, 0) AS found
FROM purchases_supplierinvoice AS invoice
LEFT JOIN purchases_supplieropenitem AS item ON (item.kind, item.document_id) = ('supplier_invoice', invoice.id)
WHERE invoice.status IN ('posted', 'reversed') AND (
    invoice.total_amount - invoice.claimed_amount <> coalesce(item.amount, 0)
    OR invoice.value_amount <> coalesce(item.value_amount, 0) OR invoice.currency <> item.currency
    OR (invoice.status = 'reversed' AND item.amount <> item.cleared_amount)
)
ORDER BY invoice.id
"""

_INVOICED = """
SELECT receipt.number || ', line ' || line.id AS first_wrong,
       coalesce(billed.quantity, 0) || ' / ' || coalesce(billed.amount, 0) AS expected,
       line.invoiced_qty || ' / ' || line.invoiced_amount AS found
FROM purchases_goodsreceiptline AS line
JOIN purchases_goodsreceipt AS receipt ON receipt.id = line.receipt_id
LEFT JOIN (
    SELECT billed.receipt_line_id, sum(billed.matched_qty + billed.returned_qty) AS quantity,
           sum(billed.value_amount + billed.returned_amount) AS amount
    FROM purchases_supplierinvoiceline AS billed
    JOIN purchases_supplierinvoice AS invoice ON invoice.id = billed.invoice_id AND invoice.status = 'posted'
    WHERE billed.receipt_line_id IS NOT NULL GROUP BY billed.receipt_line_id
) AS billed ON billed.receipt_line_id = line.id
WHERE (line.invoiced_qty, line.invoiced_amount) <> (coalesce(billed.quantity, 0), coalesce(billed.amount, 0))
ORDER BY line.id
"""

LEDGER_CHECKS = (
    LedgerCheck("order_commitments", _("What is committed is what open orders still bring"), _COMMITTED),
    LedgerCheck("order_received", _("Orders count as received what their receipts brought"), _RECEIVED),
    LedgerCheck("receipt_sums", _("Receipts, their lines, batches and movements agree"), _RECEIPT_SUMS),
    LedgerCheck("receipt_entry", _("Each receipt is in the journal with its total"), _RECEIPT_ENTRY),
    LedgerCheck(
        "grni_by_supplier", _("Goods not yet invoiced are what receipts leave open, by supplier"), _GRNI
    ),
    LedgerCheck(
        "invoice_entry", _("Each supplier invoice is in the journal with what it owes"), _INVOICE_ENTRY
    ),
    LedgerCheck("invoice_item", _("Each supplier invoice is open for what it owes"), _INVOICE_ITEM),
    LedgerCheck(
        "receipt_invoiced", _("Receipts count as invoiced what posted invoices took over"), _INVOICED
    ),
    LedgerCheck("items_settled", _("What is settled is the sum of its allocations"), _SETTLED),
    LedgerCheck("payment_entry", _("Each payment to a supplier is in the journal"), _PAYMENT_ENTRY),
    LedgerCheck(
        "payment_settles",
        _("Each payment relieves debts at what they were carried at; the rest is exchange difference"),
        _PAYMENT_SETTLES,
    ),
    LedgerCheck("proposal_orders", _("Approved proposals became orders once, others none"), _APPROVED),
)
