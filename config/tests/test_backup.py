"""`make backup` and `make restore` on a local stack's own cluster."""

import shutil
import tarfile

import psycopg
import pytest

from config.stack.backup import BrokenBackup, back_up, restore
from config.stack.layout import DATABASE, AlreadyRunning, Layout
from config.stack.postgres import temporary_folder

pytestmark = pytest.mark.process


@pytest.fixture
def layout():
    folder = temporary_folder()
    made = Layout.open(folder / "local", 1)
    (made.folder / "media").mkdir()
    yield made
    shutil.rmtree(folder, ignore_errors=True)


class Server:
    """The layout's cluster, running inside a block."""

    def __init__(self, layout):
        self.server = layout.postgres()

    def __enter__(self):
        self.server.start()
        self.server.create_database(DATABASE)
        return psycopg.connect(self.server.url(DATABASE), autocommit=True)

    def __exit__(self, *error):
        self.server.stop()


def test_backup_damage_restore_same_rows_and_documents(layout, tmp_path):
    file = tmp_path / "monday.tar"
    with Server(layout) as database:
        database.execute(
            "CREATE TABLE ledger AS SELECT n, 'سطر ' || n AS text FROM generate_series(1, 500) n"
        )
        rows = database.execute("SELECT * FROM ledger ORDER BY n").fetchall()
        database.close()
    (layout.folder / "media" / "offer.pdf").write_bytes(b"%PDF the original")

    assert back_up(layout, file) == 0
    assert file.stat().st_mode & 0o077 == 0
    with Server(layout) as database:
        database.execute("DROP TABLE ledger")
        database.close()
    (layout.folder / "media" / "offer.pdf").unlink()
    (layout.folder / "media" / "later.pdf").write_bytes(b"not in the backup")

    assert restore(layout, file) == 0
    with Server(layout) as database:
        assert database.execute("SELECT * FROM ledger ORDER BY n").fetchall() == rows
        database.close()
    assert [path.name for path in (layout.folder / "media").iterdir()] == ["offer.pdf"]


def test_a_backup_is_taken_while_the_stack_runs_and_restore_refuses(layout, tmp_path):
    file = tmp_path / "now.tar"
    with Server(layout) as database, layout.lock():
        database.execute("CREATE TABLE ledger (n int)")
        database.close()
        assert back_up(layout, file) == 0
        with pytest.raises(AlreadyRunning):
            restore(layout, file)


@pytest.mark.parametrize("kept", [600, -1])
def test_a_broken_backup_changes_nothing(layout, tmp_path, kept):
    file = tmp_path / "broken.tar"
    with Server(layout) as database:
        database.execute("CREATE TABLE ledger (n int)")
        database.close()
    back_up(layout, file)
    with tarfile.open(file) as archive:
        end = archive.getmember("complete").offset
    whole = file.read_bytes()[:end]
    file.write_bytes(whole[:kept] if kept > 0 else whole)
    with pytest.raises((BrokenBackup, tarfile.TarError)):
        restore(layout, file)
    with Server(layout) as database:
        assert database.execute("SELECT count(*) FROM ledger").fetchone() == (0,)
        database.close()
