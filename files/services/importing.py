"""Imports as people ask for them: begin, let run, cancel. The work itself is in `files.imports.work`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.audit import record_audit
from core.tasks import enqueue_after_commit
from core.transactions import lock_rows
from files.enums import ENDED, TABLES, ImportMode, ImportStatus
from files.errors import ImportNotReady, UnsupportedFileType
from files.imports.base import importer_for
from files.models import ImportJob
from files.selectors import get_file
from files.tasks import work_on_import

__all__ = ["cancel_import", "create_import", "start_run"]


def create_import(
    *,
    kind: str,
    file_id: UUID | str,
    actor: Actor,
    mode: ImportMode = ImportMode.ALL_OR_NOTHING,
    options: Mapping[str, Any] | None = None,
    run_when_checked: bool = False,
) -> ImportJob:
    """A job for a stored table; checking begins after commit. Raises UnsupportedFileType, InvalidInput."""
    stored = get_file(file_id)
    if stored.kind not in TABLES:
        raise UnsupportedFileType(accepted=[str(item) for item in TABLES])
    cleaned = importer_for(kind).clean_options(options or {})
    with transaction.atomic():
        job = ImportJob.objects.create(
            kind=kind,
            file=stored,
            mode=mode,
            options=cleaned,
            run_when_checked=run_when_checked,
            **_made_by(actor),
            heartbeat_at=timezone.now(),
        )
        enqueue_after_commit(work_on_import, job.pk)
    return job


def _made_by(actor: Actor) -> dict[str, Any]:
    """Whose rights the work in the background has."""
    return {
        "actor_id": actor.id,
        "actor_name": actor.name,
        "actor_kind": actor.kind,
        "actor_scopes": None if actor.scopes is None else sorted(actor.scopes),
    }


def start_run(*, job_id: int, actor: Actor, mode: ImportMode | None = None) -> ImportJob:
    """Let a checked job run. Raises ImportNotReady; asking twice is refused the second time."""
    with transaction.atomic():
        job = lock_rows(ImportJob.objects.filter(pk=job_id)).get()
        if job.status != ImportStatus.PREVIEWED:
            raise ImportNotReady(status=job.status)
        job.mode = mode or job.mode
        if job.error_count and job.mode == ImportMode.ALL_OR_NOTHING:
            raise ImportNotReady(_("Some rows have errors. Mend them, or import only the valid rows."))
        job.status, job.heartbeat_at = ImportStatus.RUNNING, timezone.now()
        for name, value in _made_by(actor).items():
            setattr(job, name, value)
        job.progress_done, job.progress_total = 0, (job.create_count or 0) + (job.update_count or 0)
        job.save()
        enqueue_after_commit(work_on_import, job.pk)
    return job


def cancel_import(*, job_id: int, actor: Actor) -> ImportJob:
    """Stop a job; one that runs is undone whole. Raises ImportNotReady once it has ended."""
    with transaction.atomic():
        job = lock_rows(ImportJob.objects.filter(pk=job_id)).get()
        if job.status in ENDED:
            raise ImportNotReady(status=job.status)
        job.status, job.finished_at = ImportStatus.CANCELLED, timezone.now()
        job.save(update_fields=["status", "finished_at", "updated_at"])
        record_audit(action="files.cancel_import", actor=actor, target_kind="import", target_id=job.pk)
    return job
