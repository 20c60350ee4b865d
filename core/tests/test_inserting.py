"""Rows of several tables in one statement: what is read back is what ORM saves would have stored."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from core.actors import SYSTEM
from core.audit import audit_event
from core.inserting import insert_rows
from core.models import AuditEvent, DocumentSequence, IdempotencyKey, SecurityEvent
from core.numbering import next_number, number_and_ids

pytestmark = pytest.mark.django_db


def sequence(prefix="AB", number=1):
    return DocumentSequence(prefix=prefix, year=2026, last_number=number)


def event(summary="seen", **data):
    return audit_event(
        action="core.test", actor=SYSTEM, target_kind="thing", target_id=1, summary=summary, data=data
    )


def test_rows_of_several_tables_are_one_statement(django_assert_num_queries):
    rows = [sequence(f"A{number}") for number in range(40)]
    with django_assert_num_queries(1):
        insert_rows(rows, [event(a=1), event(b=["x"])], [])
    assert DocumentSequence.objects.count() == 40
    assert list(AuditEvent.objects.order_by("id").values_list("data", flat=True)) == [{"a": 1}, {"b": ["x"]}]
    assert not rows[0]._state.adding


def test_values_are_stored_as_the_orm_stores_them():
    body = b"\x00\xff"
    key = IdempotencyKey(actor="a", key="k", fingerprint="f", status_code=201, body=body, headers={"h": "ü"})
    insert_rows([key], [SecurityEvent(action="x", actor_id=None, actor_name="بونص", actor_kind="user")])
    stored = IdempotencyKey.objects.get()
    assert (bytes(stored.body), stored.headers, stored.status_code) == (body, {"h": "ü"}, 201)
    assert abs((stored.created_at - datetime.now(UTC)).total_seconds()) < 60
    named = SecurityEvent.objects.get()
    assert (named.actor_id, named.actor_name, named.ip_address) == (None, "بونص", None)


def test_a_text_that_is_too_long_is_refused_and_not_cut():
    with pytest.raises(DataError), transaction.atomic():
        insert_rows([sequence("A" * 9)])
    assert not DocumentSequence.objects.exists()


def test_one_bad_row_writes_none_of_any_table():
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([event()], [sequence("A"), sequence("A")])
    assert not AuditEvent.objects.exists()


def test_nothing_to_write_is_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert_rows([], [])


def test_keys_are_reserved_with_the_number(django_assert_num_queries):
    assert next_number("T", 2026) == "T-2026-0001"
    with django_assert_num_queries(1):
        number, (events, sequences) = number_and_ids("T", 2026, (AuditEvent, 3), (DocumentSequence, 1))
    assert number == "T-2026-0002"
    assert (len(set(events)), len(sequences)) == (3, 1)
    made = event()
    made.pk = events[1]
    insert_rows([made])
    assert AuditEvent.objects.get().pk == events[1]
    assert event().save() is None  # the sequence has moved on: no key is given twice
    assert AuditEvent.objects.count() == 2


def test_nothing_is_written_outside_a_transaction(committed_db):
    with pytest.raises(RuntimeError):
        insert_rows([sequence()])
    assert connection.in_atomic_block is False
