"""A pytest plugin (`-p config.stack.pytest_plugin`, in pyproject.toml).

One throw-away PostgreSQL and one Valkey for a whole test run, started before Django reads its settings.

The xdist controller starts them and hands their addresses to its workers; each worker has its own database
(pytest-django names it), copied from one that is migrated once (tests/stack/databases.py), and its own Valkey number.
TEST_DATABASE_URL and TEST_REDIS_URL use servers that run already.
"""

import atexit
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Callable

import psycopg

from config.stack import postgres, valkey

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
_running: list[Callable[[], object]] = []


def _start_servers() -> None:
    folder = postgres.temporary_folder(in_memory=True)
    _running.append(lambda: shutil.rmtree(folder, ignore_errors=True))
    if "TEST_DATABASE_URL" not in os.environ:
        database = postgres.throwaway(folder / "postgres")
        _running.append(database.stop)
        os.environ["TEST_DATABASE_URL"] = database.url("pharmacio")
    else:
        _running.append(_drop_template)
    if "TEST_REDIS_URL" not in os.environ:
        broker = valkey.throwaway(folder / "valkey")
        _running.append(broker.stop)
        os.environ["TEST_REDIS_URL"] = broker.url(0)
    os.environ["TEST_TEMPLATE"] = f"template_{secrets.token_hex(4)}"
    os.environ["TEST_MEDIA_ROOT"] = str(folder / "media")


def _drop_template() -> None:
    """From a server that goes on running."""
    server, name = os.environ["TEST_DATABASE_URL"].rpartition("/")[0], os.environ["TEST_TEMPLATE"]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for left in (name, f"{name}_draft"):
            connection.execute(f'DROP DATABASE IF EXISTS "{left}" WITH (FORCE)')


def _stop_servers() -> None:
    while _running:
        _running.pop()()


def _exit(number: int, frame: object) -> None:
    sys.exit(128 + number)


if not _WORKER:
    signal.signal(signal.SIGTERM, _exit)  # so that atexit is heard
    atexit.register(_stop_servers)  # also when a server fails to start, or on Ctrl-C
    _start_servers()
_number = int(_WORKER.removeprefix("gw") or 0) + 1 if _WORKER else 0
os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
os.environ["REDIS_URL"] = os.environ["TEST_REDIS_URL"].rsplit("/", 1)[0] + f"/{_number}"
os.environ["MEDIA_ROOT"] = f"{os.environ['TEST_MEDIA_ROOT']}/{_WORKER or 'main'}"
os.environ.setdefault("SECRET_KEY", "for-tests-only-" * 4)
os.environ["EMAIL_URL"] = "memorymail://"
os.environ["LOG_LEVEL"] = "WARNING"


def pytest_unconfigure() -> None:
    """Stop what was started."""
    _stop_servers()
