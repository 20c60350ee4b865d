"""Backup and restore of a local stack: the database and the stored documents in one file.

Production does the same with the scripts that docker-compose.yml mounts.
"""

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from config.stack.layout import DATABASE, AlreadyRunning, Layout
from config.stack.postgres import Postgres, binaries

_LAST = "complete"  # the archive's last member: without it the file was cut off


class BrokenBackup(RuntimeError):
    """The file is not all of a backup."""


def back_up(layout: Layout, file: Path) -> int:
    """Write database and documents to ``file`` (a tar). Works while the stack runs: the dump is one snapshot.

    Documents are copied after the dump, so whatever the dump names is there.
    """
    with _database(layout) as server, tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "database.dump"
        command = [str(binaries() / "pg_dump"), "--format=custom", f"--file={dump}", server.url(DATABASE)]
        subprocess.run(command, check=True)
        draft = file.with_name(f"{file.name}.part")
        with tarfile.open(draft, "w") as archive:
            archive.add(dump, "database.dump")
            media = layout.folder / "media"
            if media.exists():
                archive.add(media, "media")
            archive.addfile(tarfile.TarInfo(_LAST))
        draft.chmod(0o600)
        draft.replace(file)
    print(f"Wrote {file} ({file.stat().st_size:,} bytes)")
    return 0


def restore(layout: Layout, file: Path) -> int:
    """Put back what ``file`` holds. Refuses while the stack runs; the old state stays until the new one is in."""
    with layout.lock(), tempfile.TemporaryDirectory() as folder, _started(layout) as server:
        with tarfile.open(file) as archive:
            _unpack(archive, Path(folder), file)
        if not (Path(folder) / _LAST).exists():
            raise BrokenBackup(f"{file} ends too early: it is not a whole backup, and nothing was changed")
        _restore_database(server, Path(folder) / "database.dump")
        _restore_media(layout, Path(folder) / "media")
    print(f"Restored {file}")
    return 0


def _unpack(archive: tarfile.TarFile, folder: Path, file: Path) -> None:
    """Plain files and folders below ``folder`` only. Python before 3.11.4 has no filter for that."""
    for member in archive.getmembers():
        inside = not Path(member.name).is_absolute() and ".." not in Path(member.name).parts
        if not inside or not (member.isfile() or member.isdir()):
            raise BrokenBackup(
                f"{file} holds {member.name!r}, which no backup of ours does; nothing was changed"
            )
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
    else:
        archive.extractall(folder)  # noqa: S202 - every member was looked at


def _restore_database(server: Postgres, dump: Path) -> None:
    """Into a fresh database beside the old one; swapped only when complete."""
    fresh = f"{DATABASE}_restored"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{fresh}"')
        connection.execute(f'CREATE DATABASE "{fresh}"')
        target = f"--dbname={server.url(fresh)}"
        command = [str(binaries() / "pg_restore"), "--no-owner", "--exit-on-error", target, str(dump)]
        subprocess.run(command, check=True)
        connection.execute(f'DROP DATABASE IF EXISTS "{DATABASE}"')
        connection.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{DATABASE}"')


def _restore_media(layout: Layout, source: Path) -> None:
    media, old = layout.folder / "media", layout.folder / "media.old"
    shutil.rmtree(old, ignore_errors=True)
    if media.exists():
        media.rename(old)
    if source.exists():
        shutil.copytree(source, media)
    else:
        media.mkdir()
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _started(layout: Layout) -> Iterator[Postgres]:
    server = layout.postgres()
    server.start()
    server.create_database(DATABASE)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _database(layout: Layout) -> Iterator[Postgres]:
    """The running stack's server, or one that runs for the moment."""
    try:
        lock = layout.lock()
    except AlreadyRunning:
        yield layout.postgres()
        return
    with lock, _started(layout) as server:
        yield server
