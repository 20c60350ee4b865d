from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction

from core import transactions
from core.actors import SYSTEM
from core.audit import record_audit
from core.models import AuditEvent
from core.numbering import next_number, next_numbers
from core.transactions import require_transaction

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE core_auditevent SET action = 'forged'",
        "DELETE FROM core_auditevent",
        "TRUNCATE core_auditevent",
    ],
)
def test_the_audit_trail_refuses_raw_sql(attack):
    record_audit(action="a", actor=SYSTEM, target_kind="t", target_id=1)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert AuditEvent.objects.get().action == "a"


def test_numbers_have_no_gaps_and_start_again_each_year():
    assert next_number("PO", 2026) == "PO-2026-0001"
    assert next_numbers("PO", 2026, 2) == ["PO-2026-0002", "PO-2026-0003"]
    assert next_number("PO", 2027) == "PO-2027-0001"


def test_a_number_of_a_document_that_failed_is_given_again():
    with transaction.atomic():
        next_number("PO", 2026)
        transaction.set_rollback(True)
    assert next_number("PO", 2026) == "PO-2026-0001"


def test_ledgers_do_not_post_outside_a_transaction(monkeypatch):
    monkeypatch.setattr(transactions, "connection", SimpleNamespace(in_atomic_block=False))
    with pytest.raises(RuntimeError):
        require_transaction()
