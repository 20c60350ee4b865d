"""What runs on the timetable."""

from celery import shared_task

from core.sealing import seal_events, write_head


@shared_task
def seal_trails() -> None:
    """Every 20 s: seal what was committed since; once a day write the head of the chain to file storage."""
    seal_events()
    write_head()
