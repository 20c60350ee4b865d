"""Keeping documents: type by content, checksum, one copy of the same bytes."""

import hashlib
from collections.abc import Collection
from typing import IO, TYPE_CHECKING

from django.conf import settings
from django.core.files.base import File as DjangoFile
from django.core.files.storage import default_storage
from django.db import transaction

from core.actors import Actor
from core.audit import record_audit
from core.transactions import advisory_lock
from files.enums import FileKind
from files.errors import FileEmpty, FileTooLarge, UnsupportedFileType
from files.models import StoredFile
from files.sniffing import sniff_kind

__all__ = ["store_file"]

if TYPE_CHECKING:
    File = DjangoFile[bytes]
else:
    File = DjangoFile

_CHUNK = 1024 * 1024


def store_file(*, upload: File, actor: Actor, kinds: Collection[FileKind] = tuple(FileKind)) -> StoredFile:
    """Keep an upload, or find the same bytes again: then `.duplicate` is True and nothing is written.

    `upload` is a Django file (an uploaded one, or `ContentFile(data, name=…)`). What is refused stores neither row
    nor bytes. Raises FileEmpty, FileTooLarge, UnsupportedFileType.
    """
    size = upload.size
    if not size:
        raise FileEmpty
    if size > settings.MAX_UPLOAD_BYTES:
        raise FileTooLarge(max_bytes=settings.MAX_UPLOAD_BYTES, bytes=size)
    stream: IO[bytes] = upload.file if upload.file is not None else upload
    kind = sniff_kind(stream)
    if kind is None or kind not in kinds:
        raise UnsupportedFileType(accepted=[str(item) for item in kinds])
    digest = _sha256(stream)
    with transaction.atomic():
        # Two uploads of the same bytes queue here, so the second one finds the row of the first.
        advisory_lock("files.sha256", digest)
        known = StoredFile.objects.filter(sha256=digest).first()
        if known is not None:
            known.duplicate = True
            return known
        return _keep(upload, stream, kind, digest, actor)


def _sha256(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    stream.seek(0)
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    stream.seek(0)
    return digest.hexdigest()


def _keep(upload: File, stream: IO[bytes], kind: FileKind, digest: str, actor: Actor) -> StoredFile:
    # The name follows from the bytes: what a crash left behind is found and replaced, never added to.
    wanted = f"documents/{digest[:2]}/{digest}.{kind}"
    if default_storage.exists(wanted):
        default_storage.delete(wanted)
    saved = default_storage.save(wanted, DjangoFile(stream))
    try:
        with transaction.atomic():
            stored = StoredFile.objects.create(
                sha256=digest,
                size_bytes=upload.size,
                kind=kind,
                name=_plain_name(upload.name, kind),
                storage_name=saved,
                uploaded_by_id=actor.id,
                uploaded_by_name=actor.name,
            )
            record_audit(
                action="files.store_file",
                actor=actor,
                target_kind="file",
                target_id=str(stored.pk),
                data={"name": stored.name, "sha256": digest},
            )
    except BaseException:
        default_storage.delete(saved)
        raise
    return stored


def _plain_name(name: str | None, kind: FileKind) -> str:
    """The last part of a name, without control characters; never empty."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(char for char in last if char.isprintable()).strip()
    return plain[-200:] or f"document.{kind}"
