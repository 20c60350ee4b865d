"""Statements that stay planned in a connection, forget the plan when a migration spoils it, and let go of it when it ends."""

import gc
import json
import weakref
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Thread

import psycopg
import pytest
from django.db import DataError, NotSupportedError, OperationalError, connection, transaction

from core.models import AuditEvent
from core.prepared import run_prepared
from core.transactions import in_transaction, is_passing

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
    run_prepared("SELECT kept, 1 FROM plans")
    _migrated()
    with pytest.raises(NotSupportedError), transaction.atomic():
        run_prepared("SELECT kept, 1 FROM plans")
    assert run_prepared("SELECT kept, 1 FROM plans") == [("1", 1)]


@pytest.mark.urls("core.tests.urls")
def test_a_request_begins_again_and_nobody_notices(client):
    def asked(text):
        body = json.dumps({"text": text})
        return client.post("/notes/", body, "application/json", headers={"Idempotency-Key": text})

    _a_table()
    run_prepared("SELECT kept FROM plans")
    _migrated()
    assert asked("plan").status_code == 201
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert asked("plan that somebody dropped").status_code == 201
    assert AuditEvent.objects.count() == 2
    unlucky = asked("deadlock")  # every time
    assert (unlucky.status_code, unlucky.json()["code"], unlucky["Retry-After"]) == (503, "try_again", "1")
    assert AuditEvent.objects.count() == 2


def test_what_is_never_supported_is_not_tried_again():
    tried = []

    def ask():
        tried.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM core_auditevent FOR UPDATE")

    with pytest.raises(NotSupportedError) as refused:
        in_transaction(ask)
    assert (len(tried), is_passing(refused.value)) == (1, False)


def test_values_arrive_as_they_are_given():
    given = {
        "text": "O'Brien %s $1 بونص \\ \n",
        "nothing": None,
        "amount": Decimal("-12345678901234.00010000"),
        "day": date(2026, 3, 14),
        "moment": datetime(2026, 3, 14, 22, 30, 5, 123456, tzinfo=UTC),
        "big": 2**40,
        "yes": True,
        "words": ["retail", "trade"],
    }
    sql = """
        SELECT %(text)s::text, %(nothing)s::text, %(amount)s::numeric, %(day)s::date, %(moment)s::timestamptz,
               %(big)s::bigint, %(yes)s::boolean, %(words)s::text[], %(text)s::text, 7 %% 4
    """
    assert run_prepared(sql, given) == [(*given.values(), given["text"], 3)]


def test_a_text_that_c_would_cut_is_refused():
    with pytest.raises(DataError, match="NUL"):
        run_prepared("SELECT %s::text", ["a\0b"])


def test_plans_outlive_a_rollback():
    def plans():
        return run_prepared("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 40 %%'")

    with transaction.atomic():
        run_prepared("SELECT 40 + %s::int", [2])
    with pytest.raises(DataError), transaction.atomic():
        run_prepared("SELECT 4 / %s::int", [0])
    assert plans() == [(1,)]
    assert run_prepared("SELECT 40 + %s::int", [2]) == [(42,)]
    assert plans() == [(1,)]


def test_a_plan_that_somebody_dropped_is_made_again():
    seen = []

    def ask():
        seen.extend(run_prepared("SELECT 1"))
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
        seen.extend(run_prepared("SELECT 1"))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == [(1,), (1,)]


def test_a_connection_that_broke_says_so_and_the_next_one_works():
    seen = []

    def ask():
        try:
            run_prepared("SELECT pg_terminate_backend(pg_backend_pid())")
        except OperationalError as error:
            seen.append(type(error))
        connection.close_if_unusable_or_obsolete()
        seen.extend(run_prepared("SELECT 1"))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == [OperationalError, (1,)]


def test_a_connection_that_died_between_requests_is_replaced_before_the_first_statement():
    """The server was started again meanwhile; a request may begin with a statement of ours."""
    seen = []

    def ask():
        (pid,) = run_prepared("SELECT pg_backend_pid()")[0]
        with psycopg.connect(
            connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"]
        ) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.health_check_enabled, connection.health_check_done = True, False
        seen.extend(run_prepared("SELECT 1"))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == [(1,)]


def test_nothing_runs_in_a_transaction_that_has_failed():
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            run_prepared("SELECT 1")
        transaction.set_rollback(False)
