"""The test plumbing itself: what a test commits is seen elsewhere, and gone afterwards."""

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from config.celery import app
from core.models import AuditEvent
from tests.stack.processes import answers, wait_until


def _events():
    return AuditEvent.objects.count()


def _add(number=1):
    with transaction.atomic():
        AuditEvent.objects.create(
            action="test", actor_kind="system", target_kind="test", target_id=str(number)
        )


def test_what_is_committed_is_seen_by_other_connections(committed_db):
    _add()
    with committed_db.connect() as other:
        assert other.execute("SELECT count(*) FROM core_auditevent").fetchone() == (1,)


def test_and_is_gone_in_the_next_test(committed_db):
    assert _events() == 0
    assert connection.settings_dict["NAME"] != "pharmacio"


def test_an_ordinary_test_is_back_on_its_own_database(db):
    assert _events() == 0
    name = connections.settings["default"]["NAME"]
    assert name.startswith("test_")
    assert name.count("_") <= 2


@pytest.mark.django_db
def test_it_goes_together_with_marks_and_fixtures_that_roll_back(db, committed_db):
    _add()
    with committed_db.connect() as other:
        assert other.execute("SELECT count(*) FROM core_auditevent").fetchone() == (1,)


def test_a_race_runs_on_as_many_connections(committed_db):
    def my_backend():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]

    assert len(set(committed_db.race(*[my_backend] * 8))) == 8


def test_the_clone_goes_with_the_test(committed_db):
    mine = connection.settings_dict["NAME"]
    with committed_db.connect() as other:
        names = [name for (name,) in other.execute("SELECT datname FROM pg_database").fetchall()]
    template = mine.rpartition("_")[0]
    assert [name for name in names if name.startswith(f"{template}_") and len(name) == len(mine)] == [mine]


@pytest.mark.process
def test_a_killed_cluster_keeps_what_was_committed(durable_db):
    _add()
    half_way = psycopg.connect(durable_db.url)
    half_way.execute("CREATE TABLE half_done (id int)")
    durable_db.crash()
    half_way.close()
    durable_db.start()
    assert _events() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('half_done')")
        assert cursor.fetchone() == (None,)


@pytest.mark.process
def test_a_worker_takes_tasks_of_this_test_alone(processes):
    _add()
    worker = processes.worker()
    assert app.conf.broker_url == settings.REDIS_URL
    app.send_task("core.tasks.forget_old_answers")
    wait_until(lambda: "core.tasks.forget_old_answers" in worker.log(), worker)
    worker.kill()
    assert not worker.is_alive()


@pytest.mark.process
def test_web_and_engine_find_each_other(processes):
    processes.engine()
    web = processes.web()
    assert answers(f"{processes.web_url}/health/ready/"), web.log()
    assert answers(f"{processes.engine_url}/health/")
