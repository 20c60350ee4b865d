"""What runs on the timetable."""

from celery import shared_task

from core.actors import SYSTEM
from reports import services
from reports.verification import run_waiting_verifications, verify_everything


@shared_task
def refresh_stock_alerts() -> None:
    """Every quarter of an hour: low, expiring and expired stock, and imports that failed."""
    services.refresh_stock_alerts()
    services.refresh_import_alerts()


@shared_task
def run_verifications() -> None:
    """Looks at ledgers and trail that were asked for."""
    run_waiting_verifications()


@shared_task
def verify_nightly() -> None:
    """Every night: do the ledgers agree, is the trail whole? An alert while not."""
    verify_everything(actor=SYSTEM)
