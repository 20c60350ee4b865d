"""Real processes against a test's own database: Celery worker, beat, web, and the reference engine."""

import base64
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest
import redis

from config.stack.processes import end_with_parent, free_port

_ROOT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 240
_ENGINE_NUMBERS = 32  # the engine's Valkey numbers begin here; the pharmacy's are below


@dataclass
class Running:
    """One process that a test started; its group is killed when the test ends."""

    name: str
    process: "subprocess.Popen[bytes]"
    log_file: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """kill -9, children included: what the kernel does when memory runs out."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    def stop(self) -> None:
        """SIGTERM, as a deployment does; -9 after twenty seconds."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")


@dataclass
class Engine:
    """The reference engine: its web and its worker."""

    url: str
    web: Running
    worker: Running


class Processes:
    """Starts processes of the test's stack. Ports and keys are known from the beginning, so order is free."""

    def __init__(self, folder: Path, database: str, broker: str, engines: "EngineTemplate") -> None:
        self.folder = folder
        self.started: list[Running] = []
        self.web_port, self.engine_port = free_port(), free_port()
        self.engine_key, self.engine_secret = engines.key, engines.secret
        self._engines, self._engine_database = engines, ""
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database,
            "REDIS_URL": broker,
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            "STATIC_ROOT": str(folder / "static"),
            "PUBLIC_URL": self.web_url,
            "AI_ENGINE_URL": self.engine_url,
            "AI_ENGINE_KEY": self.engine_key,
            "AI_ENGINE_SECRETS": self.engine_secret,
            "AI_CALLBACK_URL": f"{self.web_url}/api/v1/ocr/callback/",
        }

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def engine_url(self) -> str:
        return f"http://127.0.0.1:{self.engine_port}"

    def worker(self, *, concurrency: int = 2, **environment: str) -> Running:
        """A Celery worker that takes tasks already."""
        command = ["-m", "celery", "-A", "config", "worker", "-c", str(concurrency), "-l", "INFO"]
        running = self.start("worker", [*command, "--without-gossip", "--without-mingle"], **environment)
        wait_until(lambda: " ready." in running.log(), running)
        return running

    def beat(self, **environment: str) -> Running:
        """The timetable."""
        command = ["-m", "celery", "-A", "config", "beat", "-l", "INFO", "--pidfile="]
        running = self.start("beat", command, **environment)
        wait_until(lambda: "beat: Starting" in running.log(), running)
        return running

    def web(self, *, workers: int = 2, threads: int = 4, **environment: str) -> Running:
        """gunicorn on ``web_url``, answering."""
        shape = [f"--workers={workers}", f"--threads={threads}", "--worker-class=gthread"]
        command = ["-m", "gunicorn", *shape, f"--bind=127.0.0.1:{self.web_port}", "config.wsgi"]
        running = self.start("web", command, **environment)
        wait_until(lambda: answers(f"{self.web_url}/health/"), running)
        return running

    def engine(self, **environment: str) -> Engine:
        """The engine on ``engine_url`` with this test's pharmacy known to it; again after ``kill``: same data."""
        given = self._engine_environment() | environment
        shape = ["--worker-class=gthread", "--workers=1", "--threads=4"]
        command = ["-m", "gunicorn", *shape, f"--bind=127.0.0.1:{self.engine_port}", "ocr_engine.wsgi"]
        web = self.start("engine", command, **given)
        worker = self.engine_worker(**environment)
        wait_until(lambda: answers(f"{self.engine_url}/health/"), web)
        return Engine(self.engine_url, web, worker)

    def engine_worker(self, **environment: str) -> Running:
        given = self._engine_environment() | environment
        schedule = str(self.folder / "engine-beat")
        command = ["-m", "celery", "-A", "ocr_engine.celery", "worker", "-B", "-s", schedule, "-c", "1"]
        running = self.start("engine-worker", [*command, "-l", "INFO"], **given)
        wait_until(lambda: " ready." in running.log(), running)
        return running

    def start(self, name: str, arguments: list[str], **environment: str) -> Running:
        """``python`` with ``arguments`` in the test's environment."""
        log = self.folder / f"{name}-{len(self.started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=_ROOT,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - between fork and exec it makes one system call
            )
        running = Running(name, process, log)
        self.started.append(running)
        return running

    def run(self, arguments: list[str], **environment: str) -> None:
        """``python`` with ``arguments`` to its end."""
        _run(arguments, self.environment | environment)

    def end(self) -> None:
        for running in reversed(self.started):
            running.kill()
        if self._engine_database:
            _on_server(f'DROP DATABASE IF EXISTS "{self._engine_database}" WITH (FORCE)')

    def _engine_environment(self) -> dict[str, str]:
        number = int(self.environment["REDIS_URL"].rpartition("/")[2]) + _ENGINE_NUMBERS
        broker = self.environment["REDIS_URL"].rpartition("/")[0] + f"/{number}"
        if not self._engine_database:
            self._engine_database = self._engines.copy()
            client = redis.Redis.from_url(broker)
            client.flushdb()
            client.close()
        return self._addresses(broker)

    def _addresses(self, broker: str) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "ocr_engine.settings",
            "ENGINE_DATABASE_URL": _server_url(self._engine_database),
            "ENGINE_REDIS_URL": broker,
            "ENGINE_DATA_DIR": str(self.folder / "engine"),
            "ENGINE_OUTBOUND_HOSTS": f"127.0.0.1:{self.web_port}",
            "ENGINE_SWEEP_SECONDS": "1",
        }


class EngineTemplate:
    """The engine's database with this run's pharmacy in it: made when first wanted, copied for each test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = "ocr_" + secrets.token_urlsafe(32)
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self.name = ""

    def copy(self) -> str:
        """The name of a new database."""
        if not self.name:
            name = f"engine_{secrets.token_hex(4)}"
            _on_server(f'CREATE DATABASE "{name}"')
            self._fill(name)
            self.name = name
        copy = f"{self.name}_{secrets.token_hex(4)}"
        _on_server(f'CREATE DATABASE "{copy}" TEMPLATE "{self.name}"')
        return copy

    def _fill(self, name: str) -> None:
        key, secret = self.folder / "engine.key", self.folder / "engine.secret"
        key.write_text(self.key)
        secret.write_text(self.secret)
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "ocr_engine.settings",
            "ENGINE_DATABASE_URL": _server_url(name),
            "ENGINE_REDIS_URL": os.environ["REDIS_URL"],
            "ENGINE_DATA_DIR": str(self.folder),
        }
        _run(["-m", "ocr_engine.manage", "migrate", "--verbosity=0"], environment)
        names = ["--name", "test", "--key-file", str(key), "--secret-file", str(secret)]
        _run(["-m", "ocr_engine.manage", "provision", *names], environment)


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command,
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_READY_SECONDS,
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"


def _on_server(statement: str) -> None:
    with psycopg.connect(_server_url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _server_url(database: str) -> str:
    """A database on the run's own server (a fault test's cluster holds the pharmacy's alone)."""
    return os.environ["TEST_DATABASE_URL"].rpartition("/")[0] + f"/{database}"


def answers(url: str) -> bool:
    """Whether a GET there succeeds."""
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def wait_until(
    condition: Callable[[], object], running: Running | None = None, *, seconds: float = _READY_SECONDS
) -> None:
    """Poll until ``condition`` holds; fails the test with the log of ``running`` when it ends or time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if running is not None and not running.is_alive():
            pytest.fail(f"{running.name} ended with {running.process.returncode}:\n{running.log()[-4000:]}")
        if time.monotonic() > deadline:
            log = running.log()[-4000:] if running is not None else ""
            pytest.fail(f"not within {seconds:g} s\n{log}")
        time.sleep(0.05)


@pytest.fixture(scope="session")
def _engines(tmp_path_factory) -> Iterator[EngineTemplate]:
    made = EngineTemplate(tmp_path_factory.mktemp("engine"))
    yield made
    if made.name:
        _on_server(f'DROP DATABASE "{made.name}"')


@pytest.fixture
def processes(request, tmp_path, settings, _engines) -> Iterator[Processes]:
    """See tests/README.md. On the database of ``durable_db`` where the test asks for it, else ``committed_db``."""
    wanted = "durable_db" if "durable_db" in request.fixturenames else "committed_db"
    database = request.getfixturevalue(wanted)
    made = Processes(tmp_path, database.url, database.broker, _engines)
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]  # theirs, without the quick one of conftest.py
    settings.AI_ENGINE_URL = made.engine_url
    settings.AI_ENGINE_KEY = made.engine_key
    settings.AI_ENGINE_SECRETS = [made.engine_secret]
    settings.AI_CALLBACK_URL = made.environment["AI_CALLBACK_URL"]
    yield made
    made.end()
