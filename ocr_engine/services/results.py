"""What a reading becomes: the body of callback and result, and the cache of equal bytes."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from ocr_engine import ENGINE_NAME, __version__
from ocr_engine.models import CachedReading, Job, JobStatus
from ocr_engine.versions import model_versions

__all__ = ["Cached", "build_body", "cache_key", "cached_reading", "store_reading"]

GZIP_LEVEL = 5


@dataclass(frozen=True)
class Cached:
    status: str
    pages: int
    parts: dict[str, Any]


def cache_key(job: Job) -> str:
    """Of bytes, engine version and options; empty where a result is not shared. Only offers are: a wholesaler
    publishes them, while an invoice concerns one pharmacy.
    """
    if job.kind != "offer":
        return ""
    said = {
        "documents": [[document.sha256, document.mime] for document in job.documents.all()],
        "version": __version__,
        "models": model_versions(),
        "languages": job.languages,
        "max_pages": job.max_pages,
        "hints": job.hints,
    }
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def cached_reading(key: str) -> Cached | None:
    row = CachedReading.objects.filter(cache_key=key).first()
    if row is None:
        return None
    row.save(update_fields=["used_at"])
    return Cached(status=row.status, pages=row.pages, parts=orjson.loads(gzip.decompress(row.body)))


def store_reading(key: str, *, status: JobStatus, parts: dict[str, Any]) -> None:
    """Whole readings only: what could not be read today may be readable with other models tomorrow."""
    if status != JobStatus.SUCCEEDED:
        return
    CachedReading.objects.get_or_create(
        cache_key=key,
        defaults={
            "status": status,
            "pages": len(parts["document"]["pages"]),
            "body": gzip.compress(orjson.dumps(parts), GZIP_LEVEL),
        },
    )


def build_body(
    job: Job, *, status: JobStatus, parts: dict[str, Any] | None, error: dict[str, Any] | None
) -> bytes:
    """The contract's `result`, gzip."""
    body = {
        "type": f"job.{status}",
        "job_id": str(job.job_id),
        "attempt": job.attempt,
        "status": str(status),
        "engine": {"name": ENGINE_NAME, "version": __version__, "models": model_versions()},
        "document": parts["document"] if parts else None,
        "lines": parts["lines"] if parts else [],
        "warnings": parts["warnings"] if parts else [],
        "error": error,
    }
    return gzip.compress(orjson.dumps(body), GZIP_LEVEL)
