"""Daily totals, so that a balance never sums the whole journal."""

from django.db import connection, transaction

__all__ = ["roll_daily_totals"]

_ROLL = """
WITH horizon AS (
    SELECT coalesce(max(through_line_id), 0) AS done,
           (SELECT coalesce(max(id), 0) FROM capital_journalline) AS upto
      FROM capital_dailytotal
)
INSERT INTO capital_dailytotal (account_id, party_id, business_date, debit, credit, through_line_id)
SELECT account_id, party_id, business_date, sum(debit), sum(credit), min(horizon.upto)
  FROM capital_journalline, horizon
 WHERE id > horizon.done AND id <= horizon.upto
 GROUP BY account_id, party_id, business_date
"""


def roll_daily_totals() -> int:
    """Add up the lines since the last roll-up, by account, party and day; the number of rows written.

    The table lock waits for postings under way and holds new ones back for the one statement: afterwards no
    line at or below the new horizon can appear, however transactions interleave. It gives up after 5 s
    (OperationalError) rather than make the counter wait; the next run catches up.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute("LOCK TABLE capital_journalline IN SHARE MODE")
        cursor.execute("LOCK TABLE capital_dailytotal IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(_ROLL)
        return int(cursor.rowcount)
