"""Statements that stay planned in a connection, forget the plan when a migration spoils it, and let go of it when it ends."""

import gc
import json
import weakref
from threading import Thread

import pytest
from django.db import DataError, NotSupportedError, connection, transaction

from core.models import AuditEvent
from core.prepared import run_prepared

pytestmark = pytest.mark.django_db


def test_a_closed_connection_is_let_go_of():
    seen = []

    def ask():
        run_prepared("SELECT 1")
        seen.append(weakref.ref(connection.connection))
        connection.close()
        run_prepared("SELECT 1")
        seen.append(weakref.ref(connection.connection))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    gc.collect()
    assert [one() for one in seen] == [None, None]


def test_a_statement_works_again_after_one_that_failed():
    with transaction.atomic():
        with pytest.raises(DataError), transaction.atomic():
            run_prepared("SELECT 4 / %s::int", [0])
        assert run_prepared("SELECT 4 / %s::int", [2]) == [(2,)]


def _a_table():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE plans AS SELECT 1 AS kept")


def _migrated():
    """The type of a column changes as another session would change it: psycopg does not notice."""
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN ALTER TABLE plans ALTER kept TYPE text; END $$")


def test_a_plan_from_before_a_migration_is_made_again():
    seen = []

    def ask():
        _a_table()
        seen.append(run_prepared("SELECT kept FROM plans"))
        _migrated()
        seen.append(run_prepared("SELECT kept FROM plans"))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == [[(1,)], [("1",)]]


def test_in_a_transaction_it_is_over_with_the_rollback():
    _a_table()
    run_prepared("SELECT kept FROM plans")
    _migrated()
    with pytest.raises(NotSupportedError), transaction.atomic():
        run_prepared("SELECT kept FROM plans")
    assert run_prepared("SELECT kept FROM plans") == [("1",)]


@pytest.mark.urls("core.tests.urls")
def test_a_request_begins_again_and_nobody_notices(client):
    def asked(text):
        body = json.dumps({"text": text})
        return client.post("/notes/", body, "application/json", headers={"Idempotency-Key": text})

    _a_table()
    run_prepared("SELECT kept FROM plans")
    _migrated()
    assert asked("plan").status_code == 201
    assert AuditEvent.objects.count() == 1
    unlucky = asked("deadlock")  # every time
    assert (unlucky.status_code, unlucky.json()["code"], unlucky["Retry-After"]) == (503, "try_again", "1")
    assert AuditEvent.objects.count() == 1
