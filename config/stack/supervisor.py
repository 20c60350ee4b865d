"""Starts the processes of a local stack, keeps them alive, and stops them in order."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

from config.stack.layout import (
    DATABASE,
    ENGINE_DATABASE,
    PROJECT,
    STOPPING,
    Layout,
    mark_lock,
    write_private,
)
from config.stack.processes import birth, end_group, is_free, kill_group

_READY_SECONDS = 120
_CALM_SECONDS = 30  # a child that lived this long starts again at once
_PORT_SECONDS = 5
_LONGEST_PAUSE = 30.0


def say(text: str) -> None:
    """To whoever still listens: a terminal may have gone."""
    with suppress(OSError):
        print(text, flush=True)


class StartFailed(RuntimeError):
    """A step before serving failed; its output is in the message."""


@dataclass
class Child:
    """One long-running process and how often it had to be started again."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.5
    again_at: float = 0.0


@dataclass
class Supervisor:
    """One running stack. Use ``with running_stack(layout):`` or ``serve``."""

    layout: Layout
    say: Callable[[str], None] = say
    stopping: bool = False
    children: list[Child] = field(default_factory=list)
    lock: IO[str] | None = None
    busy: bool = False  # a process is being started: a signal waits until it is written down
    parent: int = field(default_factory=os.getppid)

    def start(self) -> None:
        """Everything up to the point where the web answers ``/health/ready/``."""
        self.lock = self.layout.lock()
        self._end_leftovers()
        if not _soon_free(self.layout.port):
            raise StartFailed(f"port {self.layout.port} is taken; choose another with PORT=…")
        self.layout.move_taken_ports()
        self._start_servers()
        self._prepare()
        for name, command in self._commands():
            self._launch(Child(name, command))
        self._wait_until_ready()

    def stop(self) -> None:
        """Processes first, then Valkey, then PostgreSQL: nobody loses what it was writing to."""
        self.stopping = True
        if self.lock is None:  # it never was ours
            return
        mark_lock(self.lock, STOPPING)
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        for child in self.children:
            self._end(child)
        for server in (getattr(self, "_valkey", None), getattr(self, "_postgres", None)):
            if server is not None:
                server.stop()
        (self.layout.folder / "pids.json").unlink(missing_ok=True)
        self.lock.close()

    def watch(self) -> None:
        """Start again what died, with growing pauses, until asked to stop."""
        while not self.stopping:
            if "MAKELEVEL" in os.environ and os.getppid() != self.parent:
                return  # the make that started us was killed, and nobody else would stop us
            self._revive_servers()
            for child in self.children:
                self._revive(child)
            time.sleep(0.2)

    # -- servers and preparation ------------------------------------------------------------------------------

    def _start_servers(self) -> None:
        if self.layout.needs_postgres:
            self.say("Starting PostgreSQL")
            self._postgres = self.layout.postgres()
            with self._undisturbed():
                self._postgres.start()
                self._remember_pids()
            self._postgres.create_database(DATABASE)
            self._postgres.create_database(ENGINE_DATABASE)
        if self.layout.needs_valkey:
            self.say("Starting Valkey")
            self._valkey = self.layout.valkey()
            with self._undisturbed():
                self._valkey.start()
                self._remember_pids()

    def _revive_servers(self) -> None:
        """PostgreSQL and Valkey too; whoever used them reconnects."""
        for server in (getattr(self, "_postgres", None), getattr(self, "_valkey", None)):
            if server is None or server.process is None or server.process.poll() is None:
                continue
            self.say(f"{type(server).__name__} ended with {server.process.returncode}; starting it again")
            with self._undisturbed():
                server.start()
                self._remember_pids()

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """A signal that comes inside is answered at the end: no process starts without being remembered."""
        self.busy = True
        try:
            yield
        finally:
            self.busy = False
        if self.stopping:
            raise Stopped

    def _prepare(self) -> None:
        python, folder = sys.executable, self.layout.folder
        (folder / "media").mkdir(exist_ok=True)
        if self.layout.needs_engine:
            self._prepare_engine(python, folder)
        text = "Preparing the database (the first start seeds the demo pharmacy)"
        self._step(text, [python, "manage.py", "prepare", "--demo"])

    def _prepare_engine(self, python: str, folder: Path) -> None:
        engine = [python, "-m", "ocr_engine.manage"]
        keys = ["--key-file", str(folder / "engine.key"), "--secret-file", str(folder / "engine.secret")]
        (folder / "engine").mkdir(exist_ok=True)
        for name in ("engine.key", "engine.secret"):  # named in the environment before they are made
            (folder / name).touch(mode=0o600)
        self._step("Preparing the engine", [*engine, "migrate", "--verbosity=0"])
        self._step(None, [*engine, "provision", "--name", "local", *keys])

    def _step(self, text: str | None, command: list[str]) -> None:
        if text:
            self.say(text)
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=self.layout.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # Ctrl-C reaches the supervisor, which ends in order
        )
        with (self.layout.logs / "start.log").open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
        if done.returncode:
            raise StartFailed(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")

    def _commands(self) -> Iterable[tuple[str, list[str]]]:
        python, folder = sys.executable, self.layout.folder
        gunicorn = [python, "-m", "gunicorn", "--worker-class=gthread", "--threads=4", "--access-logfile=-"]
        celery = [python, "-m", "celery"]
        quiet = ["--loglevel=INFO", "--without-gossip", "--without-mingle"]
        if self.layout.needs_engine:
            address = f"--bind=127.0.0.1:{self.layout.remembered.engine_port}"
            yield "engine", [*gunicorn, "--workers=1", address, "ocr_engine.wsgi"]
            sweep = ["-B", "-s", str(folder / "engine-beat")]
            yield "engine-worker", [*celery, "-A", "ocr_engine.celery", "worker", *sweep, "-c", "1", *quiet]
        yield "worker", [*celery, "-A", "config", "worker", "-c", "2", *quiet]
        pidfile = f"--pidfile={folder / 'beat.pid'}"
        (folder / "beat.pid").unlink(missing_ok=True)
        yield "beat", [*celery, "-A", "config", "beat", "--loglevel=INFO", pidfile]
        yield "web", [*gunicorn, "--workers=2", f"--bind=0.0.0.0:{self.layout.port}", "config.wsgi"]

    # -- children ---------------------------------------------------------------------------------------------

    def _launch(self, child: Child) -> None:
        if child not in self.children:
            self.children.append(child)
        with self._undisturbed(), (self.layout.logs / f"{child.name}.log").open("ab") as log:
            child.process = subprocess.Popen(
                child.command,
                cwd=PROJECT,
                env=self.layout.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            child.started = time.monotonic()
            self._remember_pids()

    def _revive(self, child: Child) -> None:
        if child.process is None or child.process.poll() is None or self.stopping:
            return
        now = time.monotonic()
        if not child.again_at:
            if now - child.started > _CALM_SECONDS:
                child.pause = 0.5
            child.again_at = now + child.pause
            child.pause = min(child.pause * 2, _LONGEST_PAUSE)
            kill_group(child.process.pid)  # what a master killed with -9 has forked may hold its port
            self.say(f"{child.name} ended with {child.process.returncode}; starting it again")
        if now >= child.again_at:
            child.again_at = 0.0
            self._launch(child)

    def _end(self, child: Child) -> None:
        if child.process is None:
            return
        born = birth(child.process.pid)
        if born is not None:
            end_group(child.process.pid, born)
        kill_group(child.process.pid)
        child.process.wait()

    def _remember_pids(self) -> None:
        """Write down who we started, so that the next start can clear up after a kill -9."""
        started = [(child.process, False) for child in self.children]
        started += [(getattr(getattr(self, "_valkey", None), "process", None), False)]
        started += [(getattr(getattr(self, "_postgres", None), "process", None), True)]
        pids = [
            (process.pid, birth(process.pid), is_postgres)
            for process, is_postgres in started
            if process is not None
        ]
        write_private(self.layout.folder / "pids.json", [row for row in pids if row[1]])

    def _end_leftovers(self) -> None:
        """Stop what a killed supervisor left running: workers first, PostgreSQL last."""
        file = self.layout.folder / "pids.json"
        if not file.exists():
            return
        for pid, born, is_postgres in json.loads(file.read_text()):
            end_group(pid, born, first=signal.SIGINT if is_postgres else signal.SIGTERM)
        file.unlink()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        url = f"http://127.0.0.1:{self.layout.port}/health/ready/"
        while not self.stopping:
            self._fail_if_ended("web")
            try:
                with urlopen(url, timeout=5):
                    return
            except (URLError, OSError):
                if time.monotonic() > deadline:
                    raise StartFailed(f"the web did not answer; see {self.layout.logs}/web.log") from None
                time.sleep(0.2)

    def _fail_if_ended(self, name: str) -> None:
        child = next(child for child in self.children if child.name == name)
        if child.process is not None and child.process.poll() is not None:
            log = (self.layout.logs / f"{name}.log").read_text(errors="replace")[-2000:]
            raise StartFailed(f"{name} ended with {child.process.returncode}:\n{log}")


def _soon_free(port: int) -> bool:
    """What a killed stack left on ``port`` may need a moment to go."""
    deadline = time.monotonic() + _PORT_SECONDS
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


@contextmanager
def running_stack(layout: Layout, say: Callable[[str], None] = say) -> Iterator[Supervisor]:
    """A stack that is up inside the block and stopped after it, whatever happens."""
    supervisor = Supervisor(layout, say)
    stop_on_signals(supervisor)
    try:
        supervisor.start()
        yield supervisor
    finally:
        supervisor.stop()


class Stopped(BaseException):
    """A signal asked us to stop while we were starting."""


def stop_on_signals(supervisor: Supervisor) -> None:
    """SIGINT, SIGTERM and SIGHUP stop the stack in order; a background child starts with SIGINT ignored."""

    def asked(number: int, frame: FrameType | None) -> None:
        if supervisor.stopping:
            return
        supervisor.stopping = True
        if not supervisor.busy:
            raise Stopped

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if name is signal.SIGHUP and signal.getsignal(name) is signal.SIG_IGN:
            continue  # started by nohup, to outlive its terminal
        signal.signal(name, asked)
