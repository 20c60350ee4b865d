"""The scripts that compose mounts, run for real: secrets at first start, nightly backup and restore."""

import os
import subprocess
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from config.deploy import make_secrets
from config.stack.postgres import binaries
from core.models import AuditEvent

DEPLOY = Path(make_secrets.__file__).parent


@pytest.fixture
def owners(monkeypatch):
    """Who was given what: only root may really give."""
    given = {}
    monkeypatch.setattr(make_secrets.os, "chown", lambda path, user, _group: given.update({str(path): user}))
    return given


def read(root):
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_secrets_are_made_once(tmp_path, owners):
    make_secrets.make(tmp_path)
    first = read(tmp_path)
    make_secrets.make(tmp_path)
    assert read(tmp_path) == first
    assert len({first["app/secret_key"], first["postgres/password"], first["redis/password"]}) == 3
    assert first["postgres/password"] in first["app/database_url"]
    assert first["postgres/password"] not in first["engine/database_url"]
    assert first["engine/engine_key"] == first["app/engine_key"]


def test_secrets_are_readable_by_one_alone(tmp_path, owners):
    make_secrets.make(tmp_path)
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
        assert owners[str(path)] in (999, 10001, 10002)


def test_the_key_of_an_engine_elsewhere_replaces_our_own(tmp_path, owners, monkeypatch):
    make_secrets.make(tmp_path)
    monkeypatch.setenv("AI_ENGINE_KEY", "ocr_theirs")
    monkeypatch.setenv("AI_ENGINE_SECRETS", "whsec_new,whsec_old")
    make_secrets.make(tmp_path)
    assert (tmp_path / "app/engine_key").read_text() == "ocr_theirs"
    assert (tmp_path / "app/engine_secret").read_text() == "whsec_new,whsec_old"


@pytest.fixture
def backup(committed_db, tmp_path):
    """backup(verb, …) as the container runs it."""
    (tmp_path / "media").mkdir()
    (tmp_path / "backups").mkdir()
    database = connection.settings_dict

    def run(*arguments, **environment):
        connection.close()
        return subprocess.run(
            ["/bin/sh", str(DEPLOY / "backup.sh"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={
                "PATH": f"{binaries()}:{os.environ['PATH']}",
                "PGHOST": database["HOST"],
                "PGPORT": str(database["PORT"]),
                "PGUSER": database["USER"],
                "PGPASSWORD": database["PASSWORD"],
                "PGDATABASE": database["NAME"],
                "BACKUPS": str(tmp_path / "backups"),
                "MEDIA": str(tmp_path / "media"),
                **environment,
            },
        )

    return run


def _add(number):
    AuditEvent.objects.create(action="test", actor_kind="system", target_kind="test", target_id=str(number))


def _rows():
    return list(AuditEvent.objects.order_by("pk").values_list("pk", "target_id", "occurred_at"))


def test_backup_damage_restore_same_rows(backup, tmp_path):
    for number in range(20):
        _add(number)
    rows = _rows()
    (tmp_path / "media" / "offers").mkdir()
    (tmp_path / "media" / "offers" / "list.pdf").write_bytes(b"%PDF the original")
    done = backup("now")
    assert done.returncode == 0, done.stderr
    name = backup("list").stdout.strip()

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE core_auditevent CASCADE")
    (tmp_path / "media" / "offers" / "list.pdf").write_bytes(b"damaged")
    restored = backup("restore", name)
    assert restored.returncode == 0, restored.stderr
    assert _rows() == rows
    assert (tmp_path / "media" / "offers" / "list.pdf").read_bytes() == b"%PDF the original"
    with pytest.raises(DatabaseError), connection.cursor() as cursor:  # its triggers came back with it
        cursor.execute("UPDATE core_auditevent SET target_id = 'forged'")


def test_a_damaged_backup_is_refused_and_changes_nothing(backup, tmp_path):
    _add(1)
    backup("now")
    name = backup("list").stdout.strip()
    _add(2)
    dump = tmp_path / "backups" / name / "database.dump"
    dump.chmod(0o600)
    dump.write_bytes(dump.read_bytes()[:-100] + b"x" * 100)
    assert backup("restore", name).returncode != 0
    assert len(_rows()) == 2


def test_only_the_last_ones_stay_and_the_check_sees_an_old_one(backup, tmp_path):
    folder = tmp_path / "backups"
    for name in ("2024-01-01T000000Z", "2024-01-02T000000Z"):
        (folder / name).mkdir()
        os.utime(folder / name, (0, 0))
    assert backup("check").returncode == 0  # this container has just begun
    assert backup("now", BACKUP_KEEP="2").returncode == 0
    names = backup("list").stdout.split()
    assert len(names) == 2
    assert names[0] == "2024-01-02T000000Z"
    assert backup("check").returncode == 0


def test_a_failed_backup_leaves_no_name_behind(backup):
    done = backup("now", PGDATABASE="nowhere")
    assert done.returncode != 0
    assert backup("list").stdout == ""
