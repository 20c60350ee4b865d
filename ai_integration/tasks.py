"""Thin: each calls one service."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from ai_integration import services

__all__ = ["advance_job", "forget_old_callbacks", "sweep_jobs"]


@shared_task
def advance_job(job_id: str) -> None:
    services.advance(UUID(job_id))


@shared_task
def sweep_jobs() -> None:
    """Every two seconds: due jobs whose message is lost, polls, cancellations that the engine has not heard of."""
    services.sweep_jobs()


@shared_task
def forget_old_callbacks() -> None:
    """Nightly."""
    services.forget_old_callbacks()
