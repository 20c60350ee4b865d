"""Do the ledgers agree? Each app's own checks and those that span apps; kept, and an alert while not."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from capital.selectors.verification import LEDGER_CHECKS as CAPITAL_CHECKS
from core.actors import Actor
from core.enums import VerificationKind
from core.ledger_checks import LedgerCheck, run_ledger_checks
from core.models import Verification
from core.transactions import try_advisory_lock
from core.verification import finish_verification, request_verification
from inventory.selectors.verification import LEDGER_CHECKS as INVENTORY_CHECKS
from notifications.enums import AlertKind, Severity
from notifications.services import raise_alert, resolve_alert
from purchases.selectors.verification import LEDGER_CHECKS as PURCHASES_CHECKS
from rbac.selectors import check_trail
from sales.selectors.verification import LEDGER_CHECKS as SALES_CHECKS

__all__ = ["ALL_CHECKS", "check_ledgers", "label_of", "run_waiting_verifications", "verify_everything"]

_STOCK_ACCOUNT = """
SELECT 'stock account' AS first_wrong, goods.value AS expected, booked.value AS found
FROM (SELECT coalesce(sum(value_amount), 0) AS value FROM inventory_stock) AS goods,
     (SELECT coalesce(sum(line.debit - line.credit), 0) AS value
      FROM capital_journalline AS line JOIN capital_account AS account ON account.id = line.account_id
      WHERE account.role = 'stock') AS booked
WHERE goods.value <> booked.value
"""

_DOCUMENT_VALUE = """
WITH moved AS (
    SELECT source_kind, source_id, sum(value_amount) AS value, min(id) AS id
    FROM inventory_stockmovement GROUP BY source_kind, source_id
), booked AS (
    SELECT entry.source_kind, entry.source_id, sum(line.debit - line.credit) AS value
    FROM capital_journalline AS line
    JOIN capital_account AS account ON account.id = line.account_id AND account.role = 'stock'
    JOIN capital_journalentry AS entry ON entry.id = line.entry_id
    GROUP BY entry.source_kind, entry.source_id
)
SELECT source_kind || ' ' || source_id AS first_wrong, coalesce(moved.value, 0) AS expected,
       coalesce(booked.value, 0) AS found
FROM moved FULL JOIN booked USING (source_kind, source_id)
WHERE coalesce(moved.value, 0) <> coalesce(booked.value, 0)
ORDER BY moved.id, source_kind, source_id
"""

#: What each kind of document is called in the ledgers, its table, and when it says of itself that it was taken back.
_TAKEN_BACK = (
    ("sale", "sales_sale", "status = 'reversed'"),
    ("customer_payment", "sales_customerpayment", "status = 'reversed'"),
    ("goods_receipt", "purchases_goodsreceipt", "status = 'reversed'"),
    ("supplier_invoice", "purchases_supplierinvoice", "status = 'reversed'"),
    ("supplier_payment", "purchases_supplierpayment", "status = 'reversed'"),
    ("supplier_credit", "purchases_suppliercreditnote", "status = 'reversed'"),
    ("supplier_return", "purchases_supplierreturn", "status = 'reversed'"),
    ("supplier_refund", "purchases_supplierrefund", "status = 'reversed'"),
    ("stock_adjustment", "inventory_stockadjustment", "status = 'reversed'"),
    ("stock_transfer", "inventory_stocktransfer", "status = 'reversed'"),
    ("stock_count", "inventory_stockcount", "status = 'reversed'"),
    ("stock_loan", "inventory_stockloan", "status = 'reversed'"),
    ("stock_loan_settlement", "inventory_stockloansettlement", "status = 'reversed'"),
    ("expense", "capital_expense", "reversed_at IS NOT NULL"),
    ("ownerdrawing", "capital_ownerdrawing", "reversed_at IS NOT NULL"),
    ("ownercontribution", "capital_ownercontribution", "reversed_at IS NOT NULL"),
    ("year_closing", "capital_yearclosing", "reversed_at IS NOT NULL"),
)
_DOCUMENT_REVERSED = """
WITH document AS ({documents}),
posted AS (
    SELECT source_kind, source_id, bool_or(purpose = 'reversal') AS is_back FROM (
        SELECT source_kind, source_id, purpose FROM capital_journalentry
        UNION ALL SELECT source_kind, source_id, source_purpose FROM inventory_stockmovement
    ) AS part WHERE purpose IN ('', 'reversal') GROUP BY source_kind, source_id HAVING bool_or(purpose = '')
)
SELECT document.number AS first_wrong, CASE WHEN is_reversed THEN 'taken back' ELSE 'stands' END AS expected,
       CASE WHEN is_back THEN 'taken back' ELSE 'stands' END AS found
FROM document JOIN posted ON (posted.source_kind, posted.source_id) = (document.kind, document.id::text)
WHERE is_reversed <> is_back
ORDER BY document.kind, document.id
""".format(  # noqa: S608 - our own tables
    documents=" UNION ALL ".join(
        f"SELECT '{kind}' AS kind, id, number, {reversed_when} AS is_reversed FROM {table}"  # noqa: S608 - our own tables
        for kind, table, reversed_when in _TAKEN_BACK
    )
)

ALL_CHECKS: Sequence[LedgerCheck] = (
    *INVENTORY_CHECKS,
    *CAPITAL_CHECKS,
    LedgerCheck("stock_account", _("The stock account is the value of the stock"), _STOCK_ACCOUNT),
    LedgerCheck("document_value", _("Each document moved the value that it booked"), _DOCUMENT_VALUE),
    LedgerCheck(
        "document_reversed",
        _("What is called reversed was taken back in the ledgers, and nothing else"),
        _DOCUMENT_REVERSED,
    ),
    *PURCHASES_CHECKS,
    *SALES_CHECKS,
)
_LABELS = {check.name: check.label for check in ALL_CHECKS} | {
    "audit_trail": _("The sealed audit trail is whole")
}


def check_ledgers() -> list[dict[str, Any]]:
    """Every check: {check, ok, first_wrong, expected, found} each. Read-only."""
    return run_ledger_checks(ALL_CHECKS)


def label_of(name: str) -> str:
    """What a check says holds, in the reader's language; the name of one that is no more."""
    return str(_LABELS.get(name, name))


def verify_everything(*, actor: Actor) -> None:
    """Look at ledgers and trail, keep what was found, raise the alert or take it back."""
    for kind in VerificationKind.values:
        request_verification(kind=kind, actor=actor)
    run_waiting_verifications()


def run_waiting_verifications() -> int:
    """Do what was asked for and not finished; a worker that died leaves its request waiting. The number done."""
    waiting = Verification.objects.filter(finished_at__isnull=True).order_by("pk")
    return sum(_run(pk, kind) for pk, kind in waiting.values_list("pk", "kind"))


def _run(pk: int, kind: str) -> bool:
    with transaction.atomic():
        if not try_advisory_lock("core.verification", kind):  # another worker is at it
            return False
        results = check_ledgers() if kind == VerificationKind.LEDGERS else [check_trail().as_result()]
        if not finish_verification(verification_id=pk, results=results):
            return False
        _tell(kind, [row for row in results if not row["ok"]])
    return True


def _tell(kind: str, wrong: list[dict[str, Any]]) -> None:
    if not wrong:
        resolve_alert(kind=AlertKind.LEDGER_WRONG, key=kind)
        return
    first = wrong[0]
    raise_alert(
        kind=AlertKind.LEDGER_WRONG,
        key=kind,
        severity=Severity.CRITICAL,
        body_params={"detail": f"{first['check']}: {first['first_wrong']}"},
        link=reverse("admin:core_verification_changelist"),
    )
