"""The compose service `secrets`: passwords and keys as files, made at the first start and left alone afterwards.

One folder (a volume) for each who reads it, owned by that container's user. No Django and no package in it: it runs by
path, before anything is configured. A key of an engine elsewhere comes by AI_ENGINE_KEY and AI_ENGINE_SECRETS.
"""

import base64
import os
import secrets
import sys
from pathlib import Path

APP, ENGINE, POSTGRES, VALKEY = 10001, 10002, 999, 999
VALKEY_CONF = """\
requirepass {password}
dir /data
appendonly yes
databases 16
maxmemory 128mb
maxmemory-policy noeviction
"""


def keep(path: Path, owner: int, value: str, *, replace: bool = False) -> str:
    """What ``path`` holds; ``value`` where it holds nothing yet. Readable by ``owner`` alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if replace or not path.exists() or not path.read_text():
        draft = path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400), "w") as file:
            file.write(value)
        draft.replace(path)
    os.chown(path, owner, owner)
    path.chmod(0o400)
    return path.read_text()


def give(folder: Path, owner: int) -> None:
    """``owner`` may enter ``folder``, nobody else."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chown(folder, owner, owner)
    folder.chmod(0o700)


def token() -> str:
    return secrets.token_urlsafe(32)


def make(root: Path) -> None:
    """Everything the services of docker-compose.yml read below /run/secrets."""
    app, engine, postgres, valkey = (root / name for name in ("app", "engine", "postgres", "redis"))
    for folder, owner in ((app, APP), (engine, ENGINE), (postgres, POSTGRES), (valkey, VALKEY)):
        give(folder, owner)
    give(root / "backups", POSTGRES)
    database = keep(postgres / "password", POSTGRES, token())
    engine_database = keep(postgres / "engine_password", POSTGRES, token())
    broker = keep(valkey / "password", VALKEY, token())
    keep(valkey / "valkey.conf", VALKEY, VALKEY_CONF.format(password=broker), replace=True)
    keep(app / "secret_key", APP, token())
    keep(app / "audit_keys", APP, f"first:{token()}")
    keep(app / "database_url", APP, f"postgres://pharmacio:{database}@postgres:5432/pharmacio", replace=True)
    keep(app / "redis_url", APP, f"redis://:{broker}@redis:6379/0", replace=True)
    keep(engine / "secret_key", ENGINE, token())
    keep(
        engine / "database_url",
        ENGINE,
        f"postgres://engine:{engine_database}@postgres:5432/engine",
        replace=True,
    )
    keep(engine / "redis_url", ENGINE, f"redis://:{broker}@redis:6379/1", replace=True)
    given_key, given_secret = os.environ.get("AI_ENGINE_KEY"), os.environ.get("AI_ENGINE_SECRETS")
    own_secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    key = keep(app / "engine_key", APP, given_key or f"ocr_{token()}", replace=bool(given_key))
    secret = keep(app / "engine_secret", APP, given_secret or own_secret, replace=bool(given_secret))
    keep(engine / "engine_key", ENGINE, key, replace=True)
    keep(engine / "engine_secret", ENGINE, secret.partition(",")[0], replace=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
