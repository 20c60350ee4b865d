from celery import shared_task

from capital import services


@shared_task
def roll_daily_totals() -> int:
    """Nightly; a missed run is caught up by the next."""
    return services.roll_daily_totals()
