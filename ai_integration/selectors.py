"""Reads of the gateway."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db.models import QuerySet

from ai_integration.enums import ENDED
from ai_integration.errors import JobNotFound, NoResult
from ai_integration.models import OcrJob, OcrResult

__all__ = [
    "JobProgress",
    "get_job",
    "job_progress",
    "job_result",
    "list_jobs",
    "progress_of_jobs",
    "raw_result",
]


@dataclass(frozen=True)
class JobProgress:
    """Pages read of pages in all (0 until known), and why it failed where it did."""

    job_id: UUID
    status: str
    done: int
    total: int
    error_code: str
    error_message: str
    error_retryable: bool

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


def list_jobs() -> QuerySet[OcrJob]:
    return OcrJob.objects.prefetch_related("documents__file")


def get_job(job_id: UUID) -> OcrJob:
    job = list_jobs().filter(pk=job_id).first()
    if job is None:
        raise JobNotFound
    return job


def job_progress(job_id: UUID) -> JobProgress:
    """Raises JobNotFound."""
    found = progress_of_jobs([job_id])
    if job_id not in found:
        raise JobNotFound
    return found[job_id]


def progress_of_jobs(job_ids: list[UUID]) -> dict[UUID, JobProgress]:
    """One query for a page of offers."""
    rows = OcrJob.objects.filter(pk__in=job_ids).values_list(
        "pk", "status", "progress_done", "progress_total", "error_code", "error_message", "error_retryable"
    )
    return {row[0]: JobProgress(*row) for row in rows}


def job_result(job_id: UUID) -> dict[str, Any]:
    """The contract document of the latest run that has one; it was validated when it arrived. Raises NoResult."""
    document: dict[str, Any] = orjson.loads(raw_result(job_id))
    return document


def raw_result(job_id: UUID) -> bytes:
    """The JSON as the engine sent it. Raises NoResult."""
    result = OcrResult.objects.filter(job_id=job_id).order_by("-run").first()
    if result is None:
        raise NoResult
    return gzip.decompress(result.body)
