"""Databases that tests may commit to: clones of the migrated one, dropped afterwards, never flushed."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import StringIO
from threading import Barrier, Event
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import cache as django_cache
from django.core.handlers.base import BaseHandler
from django.core.management import call_command
from django.db import connections

from config.stack.postgres import Postgres, binaries, temporary_folder
from config.stack.processes import free_port

_WAITS_FOR_ME = (
    "SELECT EXISTS (SELECT 1 FROM pg_locks"
    " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
)


@dataclass(frozen=True)
class CommittedDatabase:
    """A database of this test alone; what it commits, every connection and process sees."""

    url: str
    broker: str

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """One more connection, in autocommit mode, beside Django's."""
        return psycopg.connect(self.url, autocommit=True)

    def race(self, *calls: Callable[[], Any]) -> list[Any]:
        """Run ``calls`` at the same moment, each on its own connection; results or exceptions, in order."""
        barrier = Barrier(len(calls))

        def run(call: Callable[[], Any]) -> Any:
            try:
                connections["default"].ensure_connection()
                barrier.wait(timeout=30)
                return call()
            except Exception as error:  # noqa: BLE001 - a race test looks at who lost, and how
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    def meet(
        self, step: tuple[Any, str], first: Callable[[], Any], second: Callable[[], Any], patch: Any
    ) -> list[Any]:
        """Run two calls that meet halfway: ``first`` stops before ``step`` (a function of a module) until ``second``
        has ended or waits for a lock that ``first`` holds. ``patch``: pytest's monkeypatch.
        """
        reached, ended, real = Event(), Event(), getattr(*step)

        def halt(*args: Any, **kwargs: Any) -> Any:
            reached.set()
            while not ended.wait(0.02) and not _somebody_waits():
                pass
            return real(*args, **kwargs)

        def follow() -> Any:
            reached.wait(timeout=30)
            try:
                return second()
            finally:
                ended.set()

        patch.setattr(*step, halt)
        return self.race(first, follow)


def _somebody_waits() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute(_WAITS_FOR_ME)
        return bool(cursor.fetchone()[0])


def _address(database: dict[str, Any]) -> str:
    password = quote(database["PASSWORD"], safe="")
    return (
        f"postgres://{database['USER']}:{password}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )


@contextmanager
def _django_on(**changed: Any) -> Iterator[None]:
    """Django's connections (of every thread) go to another database inside the block."""
    target = connections.settings["default"]
    kept = {name: target[name] for name in changed}
    connections.close_all()
    target.update(changed)
    try:
        yield
    finally:
        connections.close_all()
        target.update(kept)


@contextmanager
def _clone(admin: str, template: str) -> Iterator[str]:
    """A copy of ``template``, dropped afterwards whoever is still connected."""
    name = f"{template}_{secrets.token_hex(4)}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [template]
        )
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield name
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _forget_messages() -> None:
    """Nothing that an earlier test sent or cached reaches this one."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    client.close()
    django_cache.close()


def _commits(request) -> str:
    """The fixture by which this test commits for real, if it does."""
    asked = request.fixturenames
    if "durable_db" in asked:
        return "durable_db"
    return "committed_db" if {"committed_db", "processes"} & set(asked) else ""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request,
    django_db_modify_db_settings_parallel_suffix,
    django_db_keepdb,
    django_db_createdb,
    django_db_blocker,
) -> None:
    """The workers of one run copy one migrated database, which the first of them makes."""
    is_kept = django_db_keepdb and not django_db_createdb
    if hasattr(request.config, "workerinput") and not is_kept:
        with django_db_blocker.unblock():
            _make_template(os.environ["TEST_TEMPLATE"])
        connections.settings["default"]["TEST"]["TEMPLATE"] = os.environ["TEST_TEMPLATE"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """The roles stand in every database, as in a pharmacy that runs: writing them again cost half of a small test."""
    if apps.is_installed("rbac"):
        with django_db_blocker.unblock():
            call_command("sync_permissions", stdout=StringIO())
        connections.close_all()


def _make_template(name: str) -> None:
    """It has its name when it is complete. Who comes meanwhile waits."""
    with psycopg.connect(_admin_url(), autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        draft = f"{name}_draft"
        admin.execute(f'CREATE DATABASE "{draft}"')
        with _django_on(NAME=draft):
            call_command("migrate", run_syncdb=True, verbosity=0)
        admin.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')


@pytest.fixture
def db(request) -> None:
    """pytest-django's, except beside ``committed_db``: there it is the same database, and nothing rolls back."""
    request.getfixturevalue(_commits(request) or "_django_db_helper")


@pytest.fixture(autouse=True)
def _django_db_marker(request) -> None:
    """pytest-django's, with the same exception: a module may mark all its tests and commit in one."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")


@pytest.fixture
def committed_db(django_db_setup, django_db_blocker) -> Iterator[CommittedDatabase]:
    """Real commits, seen by other connections, threads and processes. Instead of ``transactional_db``."""
    template = connections.settings["default"]["NAME"]
    connections.close_all()
    with django_db_blocker.unblock(), _clone(_admin_url(), template) as name:
        with _django_on(NAME=name):
            _load_middleware()
            _forget_messages()
            yield CommittedDatabase(_address(connections.settings["default"]), settings.REDIS_URL)
        _forget_messages()


@cache
def _load_middleware() -> None:
    """Before several clients do at once, in the first race of a run: its counters can be registered once a process."""
    BaseHandler().load_middleware()


def _admin_url() -> str:
    return _address(connections.settings["default"] | {"NAME": "postgres"})


@dataclass(frozen=True)
class DurableDatabase(CommittedDatabase):
    """A database on a cluster of its own, with fsync on, whose server may be stopped hard."""

    server: Postgres

    def crash(self) -> None:
        """Immediate stop, as when the power goes: recovery on the next start."""
        self.server.stop(signal.SIGQUIT)

    def start(self) -> None:
        self.server.start()
        connections.close_all()


@pytest.fixture(scope="session")
def _durable_cluster(django_db_setup) -> Iterator[Postgres]:
    with _own_cluster() as server:
        server.create_database("template")
        _copy(_address(connections.settings["default"]), server.url("template"))
        yield server


def _copy(source: str, target: str) -> None:
    """What the database at one address holds, to another server: quicker than to migrate again."""
    command = [binaries() / "pg_dump", "--format=custom", "--compress=none", source]
    dump = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    command = [binaries() / "pg_restore", "--no-owner", "--single-transaction", f"--dbname={target}"]
    subprocess.run(command, check=True, input=dump)


@contextmanager
def _own_cluster() -> Iterator[Postgres]:
    folder = temporary_folder(in_memory=True)
    server = Postgres(folder / "postgres", free_port(), secrets.token_urlsafe(16), tied=True)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _place(server: Postgres, database: str) -> dict[str, Any]:
    return {
        "HOST": "127.0.0.1",
        "PORT": server.port,
        "USER": "pharmacio",
        "PASSWORD": server.password,
        "NAME": database,
    }


@pytest.fixture
def durable_db(_durable_cluster, django_db_blocker) -> Iterator[DurableDatabase]:
    """``committed_db`` for fault tests: ``crash()`` and ``start()`` its server."""
    server = _durable_cluster
    name = f"fault_{secrets.token_hex(4)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "template"')
    with django_db_blocker.unblock(), _django_on(**_place(server, name)):
        _forget_messages()
        yield DurableDatabase(_address(connections.settings["default"]), settings.REDIS_URL, server)
        _forget_messages()
    if server.process is None or server.process.poll() is not None:
        server.start()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
