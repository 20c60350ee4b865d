"""Imports in the worker: check a table, apply it in one transaction. A killed worker leaves nothing half done."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.utils import IntegrityError, OperationalError
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import DomainError, FieldError
from core.history import written_by
from core.text import fold
from core.transactions import lock_rows, try_advisory_lock
from files.enums import ImportMode, ImportStatus
from files.errors import ColumnsMissing
from files.imports.base import Column, Importer, Plan, PlanItem, Row, importer_for
from files.models import ImportJob, ImportRowError
from files.selectors import read_table

__all__ = ["preview_import", "run_import"]

log = structlog.get_logger(__name__)
SAMPLES = 10
MAX_ROW_ERRORS = 5_000


class _Cancelled(Exception):
    """Somebody cancelled the job while it ran."""


def preview_import(*, job_id: int) -> None:
    """Check every row and store what would change. Harmless to call again, and twice at once."""
    _work(job_id, (ImportStatus.UPLOADED, ImportStatus.PREVIEWING), _preview)


def run_import(*, job_id: int) -> None:
    """Apply the rows in one transaction. Called again after a kill it starts from nothing, as nothing was kept."""
    _work(job_id, (ImportStatus.RUNNING,), _run)


def _work(job_id: int, due: Sequence[ImportStatus], work: Callable[[ImportJob], None]) -> None:
    """Claim the job for the length of one transaction and do the work in it; what goes wrong ends the job.

    The claim is an advisory lock that dies with its connection. The job's row is not locked meanwhile, so that
    progress can be written beside the transaction and a cancellation gets through.
    """
    try:
        with transaction.atomic():
            if not try_advisory_lock("files.import", job_id):
                return
            job = ImportJob.objects.select_related("file").filter(pk=job_id, status__in=due).first()
            if job is not None:
                work(job)
    except _Cancelled:
        log.info("import_cancelled", job=job_id)
    except DomainError as error:
        _fail(job_id, due, code=error.code, message=force_str(error), errors=error.errors)
    except IntegrityError as error:
        log.warning("import_conflict", job=job_id, error=str(error))
        _fail(job_id, due, code="conflict", message=_("The rows conflict with what is stored."))
    except OperationalError:
        raise  # the database went away: the job stays due, and the sweep sends it again
    except Exception:
        _fail(job_id, due, code="internal", message=_("The import failed. Nothing was changed."))
        raise


def _fail(
    job_id: int,
    due: Sequence[ImportStatus],
    *,
    code: str,
    message: str,
    errors: Sequence[FieldError] = (),
) -> None:
    rows = [{"field": item.field, "code": item.code, "detail": force_str(item.detail)} for item in errors]
    ImportJob.objects.filter(pk=job_id, status__in=due).update(
        status=ImportStatus.FAILED,
        error={"code": code, "message": message, "errors": rows},
        finished_at=timezone.now(),
        updated_at=timezone.now(),
    )


def _preview(job: ImportJob) -> None:
    _report(job, 0, 0, status=ImportStatus.PREVIEWING)
    importer = importer_for(job.kind)
    rows, found = _read_rows(job, importer)
    plan = importer.plan(rows, options=job.options)
    _store_plan(job, plan, rows_total=len(rows), columns=found)
    status = ImportStatus.PREVIEWED
    if job.run_when_checked and not plan.errors:
        status = ImportStatus.RUNNING
    _move(job, (ImportStatus.UPLOADED, ImportStatus.PREVIEWING), status)


def _run(job: ImportJob) -> None:
    importer = importer_for(job.kind)
    rows, found = _read_rows(job, importer)
    plan = importer.plan(rows, options=job.options)
    _store_plan(job, plan, rows_total=len(rows), columns=found)
    if plan.errors and job.mode == ImportMode.ALL_OR_NOTHING:
        _move(
            job,
            (ImportStatus.RUNNING,),
            ImportStatus.FAILED,
            error={
                "code": "rows_have_errors",
                "message": _("Some rows have errors; nothing was imported."),
                "errors": [],
            },
            finished_at=timezone.now(),
        )
        return
    _apply(job, importer, plan.items)
    _move(job, (ImportStatus.RUNNING,), ImportStatus.DONE, finished_at=timezone.now())


def _apply(job: ImportJob, importer: Importer, items: Sequence[PlanItem]) -> None:
    scopes = None if job.actor_scopes is None else frozenset(job.actor_scopes)
    actor = Actor(job.actor_id, job.actor_name, job.actor_kind, scopes)  # type: ignore[arg-type]
    total = len(items)
    for start in range(0, total, importer.chunk_size):
        if not _report(job, start, total, status=ImportStatus.RUNNING):
            raise _Cancelled
        chunk = items[start : start + importer.chunk_size]
        with written_by(actor):
            importer.apply(chunk, actor=actor, job_id=job.pk, options=job.options)
    with written_by(actor):
        importer.finish(actor=actor, job_id=job.pk, options=job.options)
    record_audit(
        action="files.run_import",
        actor=actor,
        target_kind="import",
        target_id=job.pk,
        summary=f"{job.kind}: {job.file.name}",
        data={"created": job.create_count, "updated": job.update_count, "mode": job.mode},
    )
    job.progress_done = job.progress_total = total


def _report(job: ImportJob, done: int, total: int, *, status: ImportStatus) -> bool:
    """Progress, written on a connection of its own so that it shows before the commit. False: cancelled meanwhile."""
    now = timezone.now()
    with closing(connection.copy()) as side, side.cursor() as cursor:
        cursor.execute(
            "UPDATE files_importjob SET progress_done=%s, progress_total=%s, heartbeat_at=%s, updated_at=%s,"
            " status=CASE WHEN status='uploaded' THEN %s ELSE status END"
            " WHERE id=%s RETURNING status",
            [done, total, now, now, status, job.pk],
        )
        row = cursor.fetchone()
    return row is None or row[0] != ImportStatus.CANCELLED


def _move(job: ImportJob, due: Sequence[ImportStatus], status: ImportStatus, **fields: Any) -> None:
    """The last write of the transaction: everything that was found, and the new status, if still due."""
    job.status = status
    for name, value in fields.items():
        setattr(job, name, value)
    current = lock_rows(ImportJob.objects.filter(pk=job.pk)).values_list("status", flat=True).get()
    if current not in due:
        raise _Cancelled
    job.heartbeat_at = timezone.now()
    job.save()


def _store_plan(job: ImportJob, plan: Plan, *, rows_total: int, columns: dict[str, str]) -> None:
    plan.errors.sort(key=lambda error: error.row)
    job.row_errors.all().delete()
    ImportRowError.objects.bulk_create(
        [
            ImportRowError(
                job=job,
                row=error.row,
                column=error.column,
                code=error.code,
                detail=force_str(error.detail)[:500],
            )
            for error in plan.errors[:MAX_ROW_ERRORS]
        ]
    )
    created = [item for item in plan.items if item.action == "create"]
    updated = [item for item in plan.items if item.action == "update"]
    job.rows_total = rows_total
    job.create_count, job.update_count = len(created), len(updated)
    job.unchanged_count = plan.unchanged
    job.error_count = len({error.row for error in plan.errors})
    job.columns = columns
    job.samples = {"create": _samples(created), "update": _samples(updated)}


def _samples(items: Sequence[PlanItem]) -> list[dict[str, Any]]:
    return [{"row": item.row, "values": _plain(item.summary)} for item in items[:SAMPLES]]


def _plain(value: Any) -> Any:
    """What JSON can hold; decimals and dates as text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    return force_str(value)


def _read_rows(job: ImportJob, importer: Importer) -> tuple[list[Row], dict[str, str]]:
    """The file's rows under the importer's column names, and which header was taken for which column."""
    by_name = {name: column for column in importer.columns for name in column.names()}
    table = read_table(
        job.file_id,
        score=lambda row: len({by_name[key].name for cell in row if (key := fold(cell)) in by_name}),
    )
    places: dict[str, int] = {}
    for place, cell in enumerate(table.header):
        column = by_name.get(fold(cell))
        if column is not None:
            places.setdefault(column.name, place)
    _refuse_missing([column for column in importer.columns if column.required and column.name not in places])
    names, given = [column.name for column in importer.columns], frozenset(places)
    rows = [
        Row(number, {name: cells[places[name]] if name in places else "" for name in names}, given)
        for number, cells in zip(table.row_numbers, table.rows, strict=True)
    ]
    return rows, {name: table.header[place] for name, place in places.items()}


def _refuse_missing(missing: Sequence[Column]) -> None:
    if missing:
        raise ColumnsMissing(
            errors=[
                FieldError(column.name, "missing", _("The table has no such column.")) for column in missing
            ]
        )
