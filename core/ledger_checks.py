"""What every ledger check is: one statement that finds what is wrong.

An app states its own in ``<app>/selectors/verification.py`` as ``LEDGER_CHECKS``; reports adds those that span apps, runs
them all (``manage.py verify_ledgers``, nightly) and raises the alert. A new document adds its check in a few lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.functional import Promise

__all__ = ["LedgerCheck", "run_ledger_checks"]


@dataclass(frozen=True)
class LedgerCheck:
    """``sql`` answers (first_wrong, expected, found) for each row that is wrong, the first first; none where all agree.

    ``first_wrong`` names the row so that a person finds it: a document, or a batch and its location. ``label`` says what
    holds. Without parameters: a ``%`` stands for itself.
    """

    name: str
    label: str | Promise
    sql: str


def run_ledger_checks(checks: Iterable[LedgerCheck]) -> list[dict[str, Any]]:
    """One row a check: {check, ok, first_wrong, expected, found}. A check is one statement, so it sees one moment.

    Whole tables are compared, and nothing wrong is the rule. A planner without statistics, told that one row is enough,
    compares each row with each other one (minutes for 40,000 order lines): it is told to hash or sort.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        found = [_run(cursor, check) for check in checks]
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
        return found


def _run(cursor: Any, check: LedgerCheck) -> dict[str, Any]:
    cursor.execute(f"SELECT first_wrong, expected, found FROM ({check.sql}) AS wrong LIMIT 1")  # noqa: S608 - constants of ours
    row = cursor.fetchone()
    first_wrong, expected, found = row or ("", "", "")
    return {
        "check": check.name,
        "ok": row is None,
        "first_wrong": str(first_wrong),
        "expected": _text(expected),
        "found": _text(found),
    }


def _text(value: Any) -> str:
    return "" if value is None else str(value)
