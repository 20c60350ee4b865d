"""Bytes that no row names: what a crash, or a transaction rolled back after storing, left behind."""

from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from files.models import StoredFile

#: Younger bytes may belong to a transaction that has not committed yet.
_LEFT_ALONE = timedelta(days=1)


def forget_orphan_bytes() -> int:
    """Delete stored bytes that are a day old and no row names. Answers how many."""
    before = timezone.now() - _LEFT_ALONE
    gone = 0
    for folder in _folders():
        names = [f"documents/{folder}/{name}" for name in default_storage.listdir(f"documents/{folder}")[1]]
        known = set(StoredFile.objects.filter(storage_name__in=names).values_list("storage_name", flat=True))
        for name in names:
            if name not in known and default_storage.get_modified_time(name) < before:
                default_storage.delete(name)
                gone += 1
    return gone


def _folders() -> Iterator[str]:
    try:
        yield from default_storage.listdir("documents")[0]
    except FileNotFoundError:  # nothing was ever stored
        return
