"""What runs on the timetable."""

from celery import shared_task

from reports import services


@shared_task
def refresh_stock_alerts() -> None:
    """Every quarter of an hour: low, expiring and expired stock, and imports that failed."""
    services.refresh_stock_alerts()
    services.refresh_import_alerts()
