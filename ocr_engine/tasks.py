"""Thin: each fetches by id and calls one service. The imports are local because the services send these tasks."""

from __future__ import annotations

from celery import shared_task

__all__ = ["deliver_callback", "purge", "read_job", "sweep"]


@shared_task
def read_job(job_pk: str) -> None:
    from ocr_engine.services.running import run_job  # noqa: PLC0415

    run_job(job_pk)


@shared_task
def deliver_callback(job_pk: str) -> None:
    from ocr_engine.services.delivery import deliver  # noqa: PLC0415

    deliver(job_pk)


@shared_task
def sweep() -> None:
    from ocr_engine.services.recovery import resend_lost  # noqa: PLC0415

    resend_lost()


@shared_task
def purge() -> None:
    from ocr_engine.services.recovery import purge_old  # noqa: PLC0415

    purge_old()
