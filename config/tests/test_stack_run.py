"""`python -m config.stack run` as a person starts it: real servers, real signals, and kill -9."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from config.stack.layout import DATABASE, PROJECT, Layout
from config.stack.postgres import can_server_enter
from config.stack.processes import as_server_user, birth, free_port, is_free, is_root

pytestmark = pytest.mark.process
START_SECONDS = 240


class Stack:
    """One LOCAL_DIR and PORT, and the command that runs it."""

    def __init__(self, folder, *, python=sys.executable, **how):
        self.folder, self.port, self.python, self.how = folder, free_port(), python, how
        self.output = folder.with_suffix(".out")
        self.process = None

    def environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        paths = [str(PROJECT), *[path for path in sys.path if path.endswith("site-packages")]]
        ours = {"LOCAL_DIR": str(self.folder), "PORT": str(self.port), "DEMO": "empty"}
        return kept | ours | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}

    def start(self):
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [self.python, "-m", "config.stack", "run"],
                cwd=PROJECT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **self.how,
            )
        return self

    def said(self):
        return self.output.read_text(errors="replace")

    def wait_until_serving(self):
        deadline = time.monotonic() + START_SECONDS
        while "Stop with Ctrl-C" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)
        with urlopen(f"http://127.0.0.1:{self.port}/health/ready/", timeout=10) as answer:
            assert answer.status == 200
        self.output.write_text("")
        return self

    def pids(self):
        return [(pid, born) for pid, born, _ in json.loads((self.folder / "pids.json").read_text())]

    def database(self):
        layout = Layout.open(self.folder, self.port)
        return psycopg.connect(layout.postgres().url(DATABASE), autocommit=True)

    def end(self, how=signal.SIGTERM):
        """Signal it, and assert that nothing of it is left."""
        pids = self.pids()
        assert len(pids) == 7, "PostgreSQL, Valkey, web, worker, beat, engine, engine worker"
        self.process.send_signal(how)
        assert self.process.wait(timeout=90) == 0, self.said()
        assert [pid for pid, born in pids if birth(pid) == born] == []
        assert is_free(self.port)
        assert not (self.folder / "pids.json").exists()

    def clear(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=90)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def place():
    """A folder that any user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="stack-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(place):
    made = Stack(place / "one")
    made.folder.mkdir()
    yield made
    made.clear()


@pytest.fixture
def second(place):
    """Another stack, by an ordinary user where we are root."""
    how, python = {}, sys.executable
    folder = place / "two"
    folder.mkdir()
    if is_root() and (usable := _python_for_everybody()):
        python = usable
        how = as_server_user()
        os.chown(folder, how["user"], how["group"])
    made = Stack(folder, python=python, **how)
    yield made
    made.clear()


def _python_for_everybody():
    """This Python, or the system's of the same version, where an ordinary user may run it with our packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if can_server_enter(Path(python)) and can_server_enter(PROJECT):
            environment = Stack(Path("none"), python=python).environment()
            command = [python, "-c", "import config.stack.__main__"]
            tried = subprocess.run(
                command, cwd=PROJECT, env=environment, check=False, capture_output=True, **as_server_user()
            )
            if tried.returncode == 0:
                return python
    return None


def test_the_second_stack_of_the_next_test_is_an_ordinary_users():
    if is_root() and _python_for_everybody() is None:
        pytest.skip("Python or the project is closed to ordinary users here (below a private home)")


def _modes(folder):
    return [(parent, parent.stat().st_mode, parent.stat().st_uid) for parent in folder.resolve().parents]


def test_a_stack_starts_beside_another_is_killed_and_starts_again(stack, second):
    before = _modes(stack.folder)
    accounts = Path("/etc/passwd").read_bytes()
    stack.start().wait_until_serving()
    people = json.loads((stack.folder / "credentials.json").read_text())
    assert {"owner", "pharmacist", "purchaser", "cashier", "accountant", "auditor"} <= {
        person["role"] for person in people
    }
    assert _modes(stack.folder) == before, "no mode outside LOCAL_DIR changes"
    assert Path("/etc/passwd").read_bytes() == accounts, "no user is created"
    with stack.database() as database:
        database.execute("CREATE TABLE kept AS SELECT 42 AS number")

    second.start().wait_until_serving()
    assert second.port != stack.port
    second.end(signal.SIGTERM)

    left = stack.pids()
    stack.process.kill()
    stack.process.wait()
    assert [pid for pid, born in left if birth(pid) == born], "kill -9 leaves processes behind"
    stack.start().wait_until_serving()
    assert [pid for pid, born in left if birth(pid) == born] == []
    with stack.database() as database:
        assert database.execute("SELECT number FROM kept").fetchone() == (42,)
    assert json.loads((stack.folder / "credentials.json").read_text()) == people
    _one_that_dies_is_started_again(stack)
    _a_second_supervisor_is_refused(stack)
    stack.end(signal.SIGINT)


def _one_that_dies_is_started_again(stack):
    (postgres, *_) = [row for row in json.loads((stack.folder / "pids.json").read_text()) if row[2]]
    for victim in (stack.pids()[0][0], postgres[0]):
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while victim in [pid for pid, _ in stack.pids()] or len(stack.pids()) < 7:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    with stack.database() as database:
        assert database.execute("SELECT number FROM kept").fetchone() == (42,)


def _a_second_supervisor_is_refused(stack):
    other = subprocess.run(
        [stack.python, "-m", "config.stack", "run"],
        cwd=PROJECT,
        env=stack.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert other.returncode == 1
    assert "already running" in other.stderr


def test_it_stops_in_the_middle_of_starting_and_with_signals_ignored_at_birth(stack):
    """A background child of a shell starts with SIGINT ignored."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        stack.start()
    finally:
        signal.signal(signal.SIGINT, previous)
    while not (stack.folder / "pids.json").exists():
        assert stack.process.poll() is None, stack.said()
        time.sleep(0.05)
    pids = stack.pids()
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(timeout=90) == 0, stack.said()
    assert [pid for pid, born in pids if birth(pid) == born] == []


def test_a_taken_port_is_said_in_one_line(stack):
    with urlopen_blocker(stack.port):
        stack.start()
        assert stack.process.wait(timeout=90) == 1
    assert f"port {stack.port} is taken" in stack.said()
    assert "Traceback" not in stack.said()


def urlopen_blocker(port):
    """Somebody else listening on ``port``."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener
