"""Thin: each finds its work in the rows, so a missed run loses nothing."""

from celery import shared_task
from django.db import transaction

from inventory.services import release_lapsed_reservations


@shared_task
def release_lapsed() -> None:
    """Give back what was reserved until a time that has passed, and what has expired meanwhile."""
    with transaction.atomic():
        release_lapsed_reservations()
