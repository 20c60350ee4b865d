"""What must hold of the books, each as a statement that finds the first row where it does not."""

from django.utils.translation import gettext_lazy as _

from capital.enums import PARTY_ROLES
from core.ledger_checks import LedgerCheck

__all__ = ["LEDGER_CHECKS"]

_BALANCES = """
SELECT entry.number AS first_wrong, 'at least two lines, debits = credits' AS expected,
       count(line.id) || ' lines, ' || coalesce(sum(line.debit), 0) || ' / ' || coalesce(sum(line.credit), 0) AS found
FROM capital_journalentry AS entry LEFT JOIN capital_journalline AS line ON line.entry_id = entry.id
GROUP BY entry.id
HAVING count(line.id) < 2 OR sum(line.debit) IS DISTINCT FROM sum(line.credit)
ORDER BY entry.id
"""

_LINE_DATE = """
SELECT entry.number || ' line ' || line.position AS first_wrong, entry.business_date AS expected,
       line.business_date AS found
FROM capital_journalline AS line JOIN capital_journalentry AS entry ON entry.id = line.entry_id
WHERE line.business_date <> entry.business_date ORDER BY line.id
"""

_IN_PERIOD = """
SELECT entry.number AS first_wrong, period.start_date || ' - ' || period.end_date AS expected,
       entry.business_date::text AS found
FROM capital_journalentry AS entry JOIN capital_period AS period ON period.id = entry.period_id
WHERE entry.business_date NOT BETWEEN period.start_date AND period.end_date
UNION ALL
SELECT entry.number, 'closed at ' || period.closed_at, 'posted at ' || entry.posted_at
FROM capital_journalentry AS entry JOIN capital_period AS period ON period.id = entry.period_id
WHERE entry.posted_at > period.closed_at
"""

_NAMES_PARTY = """
SELECT entry.number || ' line ' || line.position AS first_wrong, 'a party' AS expected, account.code AS found
FROM capital_journalline AS line
JOIN capital_account AS account ON account.id = line.account_id
JOIN capital_journalentry AS entry ON entry.id = line.entry_id
WHERE line.party_id IS NULL
  AND account.role IN ({roles})
ORDER BY line.id
""".format(roles=", ".join(f"'{role}'" for role in PARTY_ROLES))

_DAILY = """
WITH horizon AS (SELECT coalesce(max(through_line_id), 0) AS line_id FROM capital_dailytotal),
rolled AS (
    SELECT account_id, coalesce(party_id, 0) AS party_id, business_date, sum(debit) AS debit, sum(credit) AS credit
    FROM capital_dailytotal GROUP BY 1, 2, 3
), written AS (
    SELECT account_id, coalesce(party_id, 0) AS party_id, business_date, sum(debit) AS debit, sum(credit) AS credit
    FROM capital_journalline, horizon WHERE id <= horizon.line_id GROUP BY 1, 2, 3
)
SELECT 'account ' || account.code || ', party ' || party_id || ', ' || business_date AS first_wrong,
       coalesce(written.debit, 0) || ' / ' || coalesce(written.credit, 0) AS expected,
       coalesce(rolled.debit, 0) || ' / ' || coalesce(rolled.credit, 0) AS found
FROM rolled FULL JOIN written USING (account_id, party_id, business_date)
JOIN capital_account AS account ON account.id = account_id
WHERE (coalesce(rolled.debit, 0), coalesce(rolled.credit, 0))
   <> (coalesce(written.debit, 0), coalesce(written.credit, 0))
ORDER BY business_date, account_id, party_id
"""

_BALANCE_SHEET = """
SELECT 'assets less liabilities, equity and result' AS first_wrong, 0 AS expected, sum(total.net) AS found
FROM (
    SELECT account.type, sum(line.debit - line.credit) AS net
    FROM capital_journalline AS line JOIN capital_account AS account ON account.id = line.account_id
    WHERE account.type IN ('asset', 'liability', 'equity', 'income', 'expense') GROUP BY account.type
) AS total
HAVING sum(total.net) <> 0
"""

_REVERSED = """
WITH side AS (
    SELECT entry.id, entry.reverses_id, line.account_id, coalesce(line.party_id, 0) AS party_id,
           sum(line.debit - line.credit) AS net
    FROM capital_journalentry AS entry JOIN capital_journalline AS line ON line.entry_id = entry.id
    WHERE entry.reverses_id IS NOT NULL
       OR entry.id IN (SELECT reverses_id FROM capital_journalentry WHERE reverses_id IS NOT NULL)
    GROUP BY 1, 2, 3, 4
)
SELECT entry.number AS first_wrong, -first.net AS expected, back.net AS found
FROM (SELECT * FROM side WHERE reverses_id IS NOT NULL) AS back
FULL JOIN (
    SELECT side.*, entry.id AS reversed_by FROM side
    JOIN capital_journalentry AS entry ON entry.reverses_id = side.id
) AS first ON (first.reversed_by, first.account_id, first.party_id) = (back.id, back.account_id, back.party_id)
JOIN capital_journalentry AS entry ON entry.id = coalesce(back.id, first.reversed_by)
WHERE coalesce(back.net, 0) <> -coalesce(first.net, 0)
ORDER BY entry.id
"""

_COMMITMENT = """
SELECT 'party ' || party_id AS first_wrong, 'not below 0' AS expected, sum(amount) AS found
FROM capital_commitment GROUP BY party_id HAVING sum(amount) < 0 ORDER BY party_id
"""

# Worth what its amount is at its rate (to the rounding of the currency), and moved as much where that is in our money.
_MONEY_DOCUMENT = """
SELECT document.number AS first_wrong, document.amount * document.rate AS expected,
       coalesce(posted.worth, 0) || ', money ' || coalesce(posted.money, 0) AS found
FROM (
    SELECT 'expense' AS kind, id, number, amount, rate, paid_from_id AS money_id, account_id, 1 AS sign FROM capital_expense
    UNION ALL SELECT 'ownerdrawing', id, number, amount, rate, paid_from_id, NULL, 1 FROM capital_ownerdrawing
    UNION ALL SELECT 'ownercontribution', id, number, amount, rate, paid_into_id, NULL, -1 FROM capital_ownercontribution
) AS document
LEFT JOIN capital_journalentry AS entry
  ON (entry.source_kind, entry.source_id, entry.purpose) = (document.kind, document.id::text, '')
LEFT JOIN LATERAL (
    SELECT document.sign * sum(line.credit - line.debit) FILTER (WHERE account.id = document.money_id) AS money,
           document.sign * sum(line.debit - line.credit) FILTER (
               WHERE account.id = document.account_id OR account.role IN ('owner_drawings', 'owner_capital')) AS worth
    FROM capital_journalline AS line JOIN capital_account AS account ON account.id = line.account_id
    WHERE line.entry_id = entry.id
) AS posted ON true
WHERE entry.id IS NULL
   OR abs(document.amount * document.rate - coalesce(posted.worth, 0)) > CASE document.rate WHEN 1 THEN 0 ELSE 0.5 END
   OR (document.rate = 1 AND posted.money IS DISTINCT FROM document.amount)
ORDER BY document.id
"""

LEDGER_CHECKS = (
    LedgerCheck("entry_balances", _("Each journal entry balances"), _BALANCES),
    LedgerCheck("line_date", _("Journal lines carry the date of their entry"), _LINE_DATE),
    LedgerCheck(
        "entry_period", _("Entries lie in their period, and none was posted after it was closed"), _IN_PERIOD
    ),
    LedgerCheck("line_party", _("What is somebody's names its party"), _NAMES_PARTY),
    LedgerCheck("daily_totals", _("Daily totals are the sum of the lines"), _DAILY),
    LedgerCheck("balance_sheet", _("The balance sheet balances"), _BALANCE_SHEET),
    LedgerCheck("entry_reversal", _("A reversed entry is taken back exactly"), _REVERSED),
    LedgerCheck("commitments_positive", _("No more commitment is released than was made"), _COMMITMENT),
    LedgerCheck(
        "money_documents", _("Each expense, drawing and contribution moved what it says"), _MONEY_DOCUMENT
    ),
)
