"""Reads of documents and imports."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from files.enums import TABLES, FileKind
from files.errors import LinkExpired, StoredFileNotFound, TableUnreadable
from files.models import ImportJob, ImportRowError, StoredFile
from files.tables import TableData, parse_table

__all__ = [
    "TableData",
    "get_file",
    "list_files",
    "list_imports",
    "list_row_errors",
    "open_file",
    "read_link",
    "read_table",
    "temporary_link",
]

LINK_SECONDS = 300
_SALT = "files.link"


def get_file(file_id: UUID | str) -> StoredFile:
    """Raises StoredFileNotFound."""
    found = StoredFile.objects.filter(pk=file_id).first()
    if found is None:
        raise StoredFileNotFound(file=str(file_id))
    return found


def list_files() -> QuerySet[StoredFile]:
    return StoredFile.objects.order_by("-created_at", "pk")


def open_file(file_id: UUID | str) -> IO[bytes]:
    """The bytes, as a stream to be closed (use `with`). Raises StoredFileNotFound."""
    stored = StoredFile.objects.filter(pk=file_id).first()
    if stored is None:
        raise StoredFileNotFound(file=str(file_id))
    try:
        stream: IO[bytes] = default_storage.open(stored.storage_name, "rb")
    except FileNotFoundError:
        raise StoredFileNotFound(file=str(file_id)) from None
    return stream


def temporary_link(file_id: UUID | str, *, seconds: int = LINK_SECONDS) -> str:
    """An absolute address that gives the bytes to whoever holds it, for `seconds`."""
    expires_at = timezone.now() + timedelta(seconds=seconds)
    payload: dict[str, Any] = {"file": str(file_id), "until": expires_at.timestamp()}
    token = signing.dumps(payload, salt=_SALT)
    return f"{settings.PUBLIC_URL}{reverse('file-bytes', args=[str(file_id)])}?token={token}"


def read_link(*, file_id: UUID | str, token: str) -> StoredFile:
    """The file that a link from `temporary_link` names. Raises LinkExpired, StoredFileNotFound."""
    try:
        payload = signing.loads(token, salt=_SALT)
        good = payload["file"] == str(file_id) and payload["until"] >= timezone.now().timestamp()
    except (signing.BadSignature, KeyError, TypeError):
        good = False
    if not good:
        raise LinkExpired
    stored = StoredFile.objects.filter(pk=file_id).first()
    if stored is None:
        raise StoredFileNotFound(file=str(file_id))
    return stored


def read_table(file_id: UUID | str, *, score: Callable[[Sequence[str]], float] | None = None) -> TableData:
    """The first sheet of a stored CSV or XLSX as text.

    `score` rates a row as the header (default: the row with most words); the best of the first twenty is taken.
    Raises StoredFileNotFound, TableUnreadable (other kinds of file too), TableTooLarge.
    """
    stored = get_file(file_id)
    if stored.kind not in TABLES:
        raise TableUnreadable
    with open_file(file_id) as stream:
        return parse_table(stream, FileKind(stored.kind), score=score)


def list_imports(*, kind: str | None = None) -> QuerySet[ImportJob]:
    jobs = ImportJob.objects.select_related("file").order_by("-pk")
    return jobs if kind is None else jobs.filter(kind=kind)


def list_row_errors(*, job_id: int) -> QuerySet[ImportRowError]:
    return ImportRowError.objects.filter(job_id=job_id).order_by("row", "pk")
