"""Statements put off and sent in one message: in order, behind nothing that asks meanwhile, and never lost in silence."""

import select
import time
from threading import Thread

import pytest
from django.db import DataError, IntegrityError, NotSupportedError, OperationalError, connection, transaction

from core import prepared
from core.inserting import insert_rows
from core.models import DocumentSequence
from core.prepared import one_message, put_off, run_prepared

pytestmark = pytest.mark.django_db
COUNT = "SELECT count(*) FROM core_documentsequence WHERE year = %s::int"


def write(prefix, year=2031):
    insert_rows([DocumentSequence(prefix=prefix, year=year, last_number=1)])


@pytest.fixture
def messages(monkeypatch):
    """How many statements each message held that held more than one."""
    sent, exchange = [], prepared.exchange

    def spy(server, statements, **begin):
        sent.append(len(statements))
        return exchange(server, statements, **begin)

    monkeypatch.setattr(prepared, "exchange", spy)
    return sent


def in_thread(work):
    """What `work` answers on a connection of its own."""
    seen = []

    def ask():
        try:
            seen.append(work())
        finally:
            connection.close()

    thread = Thread(target=ask)
    thread.start()
    return thread, seen


def test_what_is_put_off_goes_with_the_next_statement(messages, django_assert_num_queries):
    with django_assert_num_queries(3), one_message():
        first = put_off(COUNT, [2031])
        write("A")
        assert messages == []
        assert run_prepared(COUNT, [2031]) == [(1,)]
        assert (messages, first.rows) == ([3], [(0,)])


def test_the_end_of_the_block_sends_what_is_left(messages):
    with one_message(), one_message():
        write("A")
        write("B")
    assert messages == [2]
    assert DocumentSequence.objects.filter(year=2031).count() == 2


def test_whatever_else_asks_comes_behind_what_was_put_off():
    with one_message():
        write("A")
        assert DocumentSequence.objects.filter(year=2031).count() == 1
        answer = put_off(COUNT, [2031])
        write("B")
        assert answer.rows == [(1,)]
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [2031])
            assert cursor.fetchall() == [(2,)]


def test_outside_a_block_nothing_is_put_off():
    write("A")
    assert put_off(COUNT, [2031]).rows == [(1,)]


def test_a_refusal_comes_where_it_is_sent_and_takes_everything_with_it():
    def ask():
        with transaction.atomic(), one_message():
            for prefix in ("A", "A", "B"):
                write(prefix)
            return run_prepared(COUNT, [2031])

    with pytest.raises(IntegrityError, match="document_sequence_once"):
        ask()
    assert run_prepared(COUNT, [2031]) == [(0,)]


def test_an_error_drops_what_waits_and_says_so_to_who_asks_for_it():
    answers = []

    def ask():
        with transaction.atomic(), one_message():
            answers.append(put_off(COUNT, [2031]))
            write("A")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask()
    assert run_prepared(COUNT, [2031]) == [(0,)]
    with pytest.raises(RuntimeError, match="dropped"):
        _ = answers[0].rows


def test_a_part_that_is_rolled_back_leaves_the_rest():
    def part():
        with transaction.atomic():
            write("B")
            write("B")  # would be refused, if it were sent
            raise ZeroDivisionError

    with one_message():
        write("A")
        with pytest.raises(ZeroDivisionError):
            part()
        write("C")
    assert set(DocumentSequence.objects.filter(year=2031).values_list("prefix", flat=True)) == {"A", "C"}


def test_nothing_is_put_off_in_a_transaction_that_has_failed():
    with transaction.atomic():
        with one_message():
            transaction.set_rollback(True)
            with pytest.raises(transaction.TransactionManagementError):
                write("A")
        transaction.set_rollback(False)


def test_a_value_that_cannot_be_sent_is_refused_where_it_is_given():
    with one_message(), pytest.raises(DataError, match="NUL"):
        put_off("SELECT %s::text", ["a\0b"])


def test_a_plan_that_a_migration_spoiled_is_made_again():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE plans AS SELECT 1 AS kept")
    run_prepared("SELECT kept, 2 FROM plans")
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN ALTER TABLE plans ALTER kept TYPE text; END $$")

    def ask():
        with transaction.atomic(), one_message():
            first = put_off("SELECT kept, 2 FROM plans")
            return run_prepared(COUNT, [2031]) and first.rows

    with pytest.raises(NotSupportedError):
        ask()
    assert ask() == [("1", 2)]


def test_nothing_is_put_off_outside_a_transaction(committed_db):
    with pytest.raises(RuntimeError, match="inside a transaction"), one_message():
        write("A")


def test_a_transaction_begins_with_its_first_message(committed_db):
    with transaction.atomic(), one_message():
        put_off(COUNT, [2031])
        assert run_prepared("SELECT pg_current_xact_id_if_assigned()::text") == [(None,)]
        write("A")
        assert run_prepared(COUNT, [2031]) == [(1,)]
        write("B")
        transaction.set_rollback(True)
    assert run_prepared(COUNT, [2031]) == [(0,)]


def test_more_than_a_socket_holds_goes_both_ways():
    text = "بونص" * 1_000_000
    with one_message():
        answers = [put_off("SELECT %s::text", [text]) for _each in range(4)]
        assert run_prepared("SELECT 1") == [(1,)]
    assert [one.rows for one in answers] == [[(text,)]] * 4


def test_others_work_while_one_waits():
    def ask():
        with transaction.atomic(), one_message():
            put_off("SELECT pg_sleep(0.5)::text")
            return run_prepared("SELECT 2")

    thread, seen = in_thread(ask)
    turns = 0
    while thread.is_alive():
        time.sleep(0.01)
        turns += 1
    assert seen == [[(2,)]]
    assert turns > 5  # one, where whoever waits keeps the interpreter


def test_a_connection_that_broke_says_so_and_the_next_one_works():
    def break_off():
        with transaction.atomic(), one_message():
            put_off("SELECT pg_terminate_backend(pg_backend_pid())")
            run_prepared("SELECT 2")

    def ask():
        with pytest.raises(OperationalError):
            break_off()
        return run_prepared("SELECT 3")

    thread, seen = in_thread(ask)
    thread.join()
    assert seen == [[(3,)]]


def test_whoever_is_interrupted_leaves_no_answer_to_the_next(monkeypatch):
    """As when a task's time is up: a signal raises where it waits."""

    poll = select.poll

    def interrupted():
        monkeypatch.setattr(select, "poll", poll)
        raise KeyboardInterrupt

    def wait():
        with transaction.atomic(), one_message():
            put_off("SELECT pg_sleep(0.2)::text")
            run_prepared("SELECT 4")

    def ask():
        monkeypatch.setattr(select, "poll", interrupted)
        with pytest.raises(KeyboardInterrupt):
            wait()
        return run_prepared("SELECT 5")

    thread, seen = in_thread(ask)
    thread.join()
    assert seen == [[(5,)]]
