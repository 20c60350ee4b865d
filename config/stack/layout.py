"""Where a local stack keeps its things, and the ports and secrets it remembers between starts."""

import fcntl
import json
import os
import secrets
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from config.stack.postgres import Postgres, private_home
from config.stack.processes import free_port, is_free, is_root
from config.stack.valkey import Valkey

PROJECT = Path(__file__).resolve().parent.parent.parent
STOPPING = "stopping"
_STOPPING_SECONDS = 90
DATABASE, ENGINE_DATABASE = "pharmacio", "engine"


class AlreadyRunning(RuntimeError):
    """Another supervisor holds this LOCAL_DIR."""


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass
class Remembered:
    """Made once, kept in ``state.json`` (readable by its owner alone)."""

    postgres_home: str = ""
    postgres_port: int = field(default_factory=free_port)
    postgres_password: str = field(default_factory=_secret)
    valkey_port: int = field(default_factory=free_port)
    valkey_password: str = field(default_factory=_secret)
    engine_port: int = field(default_factory=free_port)
    secret_key: str = field(default_factory=_secret)
    audit_keys: str = field(default_factory=lambda: f"first:{_secret()}")


@dataclass
class Layout:
    """One stack: its folder, its web port, and what it remembers."""

    folder: Path
    port: int
    remembered: Remembered

    @classmethod
    def open(cls, folder: Path, port: int) -> "Layout":
        """Read, or make, the state of the stack in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711 if is_root() else 0o700)  # the server's user passes through, and reads nothing
        file = folder / "state.json"
        remembered = Remembered(**json.loads(file.read_text())) if file.exists() else Remembered()
        layout = cls(folder.resolve(), port, remembered)
        layout.save()
        return layout

    def save(self) -> None:
        write_private(self.folder / "state.json", asdict(self.remembered))

    def move_taken_ports(self) -> None:
        """Pick another internal port where somebody took ours while we were down."""
        for name in ("postgres_port", "valkey_port", "engine_port"):
            if not is_free(getattr(self.remembered, name)):
                setattr(self.remembered, name, free_port())
        self.save()

    @property
    def needs_engine(self) -> bool:
        """AI_ENGINE_URL switches to an engine that runs elsewhere."""
        return not os.environ.get("AI_ENGINE_URL")

    @property
    def needs_postgres(self) -> bool:
        """DATABASE_URL (and ENGINE_DATABASE_URL for our own engine) switch to a server that runs elsewhere."""
        engine_has = os.environ.get("ENGINE_DATABASE_URL") or not self.needs_engine
        return not (os.environ.get("DATABASE_URL") and engine_has)

    @property
    def needs_valkey(self) -> bool:
        """REDIS_URL (and ENGINE_REDIS_URL) likewise."""
        engine_has = os.environ.get("ENGINE_REDIS_URL") or not self.needs_engine
        return not (os.environ.get("REDIS_URL") and engine_has)

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def credentials(self) -> Path:
        return self.folder / "credentials.json"

    @property
    def logs(self) -> Path:
        path = self.folder / "logs"
        path.mkdir(exist_ok=True)
        return path

    def postgres(self) -> Postgres:
        if not self.remembered.postgres_home:
            self.remembered.postgres_home = str(private_home(self.folder))
            self.save()
        home = Path(self.remembered.postgres_home)
        return Postgres(home, self.remembered.postgres_port, self.remembered.postgres_password)

    def valkey(self) -> Valkey:
        return Valkey(self.folder / "valkey", self.remembered.valkey_port, self.remembered.valkey_password)

    def lock(self) -> IO[str]:
        """Hold this folder until the returned file is closed; the kernel lets go when we die.

        Waits for one that is stopping; raises AlreadyRunning for one that serves.
        """
        file = (self.folder / "supervisor.lock").open("a+", encoding="ascii")
        deadline = time.monotonic() + _STOPPING_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read()
                if holder != STOPPING or time.monotonic() > deadline:
                    file.close()
                    raise AlreadyRunning(
                        f"a stack is already running in {self.folder} (process {holder}); "
                        "stop it first, or choose another with LOCAL_DIR=... PORT=..."
                    ) from None
                time.sleep(0.2)
            else:
                mark_lock(file, str(os.getpid()))
                return file

    def environment(self) -> dict[str, str]:
        """What every process of the stack finds in its environment. What the caller set wins."""
        ours = self._pharmacy() | self._engine()
        given = {name: value for name, value in os.environ.items() if value}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        return ours | given | {"PATH": path, "PYTHONUNBUFFERED": "1"}

    def _pharmacy(self) -> dict[str, str]:
        key, secret = self.folder / "engine.key", self.folder / "engine.secret"
        return {
            "SECRET_KEY": self.remembered.secret_key,
            "AUDIT_KEYS": self.remembered.audit_keys,
            "DATABASE_URL": self.postgres().url(DATABASE),
            "REDIS_URL": self.valkey().url(0),
            "PUBLIC_URL": self.base_url,
            "MEDIA_ROOT": str(self.folder / "media"),
            "STATIC_ROOT": str(self.folder / "static"),
            "LOCAL_DIR": str(self.folder),
            "AI_ENGINE_URL": f"http://127.0.0.1:{self.remembered.engine_port}",
            "AI_ENGINE_KEY_FILE": str(key),
            "AI_ENGINE_SECRETS_FILE": str(secret),
            "AI_CALLBACK_URL": f"http://127.0.0.1:{self.port}/api/v1/ocr/callback/",
        }

    def _engine(self) -> dict[str, str]:
        return {
            "ENGINE_DATABASE_URL": self.postgres().url(ENGINE_DATABASE),
            "ENGINE_REDIS_URL": self.valkey().url(1),
            "ENGINE_DATA_DIR": str(self.folder / "engine"),
            "ENGINE_OUTBOUND_HOSTS": f"127.0.0.1:{self.port}",
        }


def mark_lock(file: IO[str], text: str) -> None:
    """Say in the lock who holds it, or that they are about to let go."""
    file.truncate(0)
    file.write(text)
    file.flush()


def write_private(path: Path, content: Any) -> None:
    """``content`` as JSON at ``path``, readable by its owner alone, in one step."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
    draft.replace(path)
