"""The worker and its timetable."""

import logging.config
import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("pharmacio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def configure_logging(**_kwargs: object) -> None:
    """Log as Django does, and not as Celery would."""
    logging.config.dictConfig(settings.LOGGING)


# One line a sweep or nightly job. Every task here finds its work in the rows, so a missed run loses nothing.
app.conf.beat_schedule = {
    "core.forget_old_answers": {
        "task": "core.tasks.forget_old_answers",
        "schedule": crontab(hour=3, minute=5),
    },
    "rbac.seal_trails": {
        "task": "rbac.tasks.seal_trails",
        "schedule": 20.0,
        "options": {"expires": 40},
    },
    "users.send_waiting_invitations": {
        "task": "users.tasks.send_waiting_invitations",
        "schedule": crontab(minute="*/5"),
    },
    "users.forget_ended_sessions": {
        "task": "users.tasks.forget_ended_sessions",
        "schedule": crontab(hour=3, minute=25),
    },
    "files.forget_orphan_bytes": {
        "task": "files.tasks.forget_orphan_bytes",
        "schedule": crontab(hour=3, minute=35),
    },
    "files.resume_lost_imports": {
        "task": "files.tasks.resume_lost_imports",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "notifications.announce_alerts": {
        "task": "notifications.tasks.announce_alerts",
        "schedule": 60.0,
        "options": {"expires": 120},
    },
    "ai_integration.sweep_jobs": {
        "task": "ai_integration.tasks.sweep_jobs",
        "schedule": 2.0,
        "options": {"expires": 10},
    },
    "ai_integration.forget_old_callbacks": {
        "task": "ai_integration.tasks.forget_old_callbacks",
        "schedule": crontab(hour=3, minute=15),
    },
    "purchases.sweep_offers": {
        "task": "purchases.tasks.sweep_offers",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "purchases.sweep_proposals": {
        "task": "purchases.tasks.sweep_proposals",
        "schedule": 20.0,
        "options": {"expires": 40},
    },
    "purchases.age_offers": {
        "task": "purchases.tasks.age_offers",
        "schedule": crontab(minute=7),  # hourly: the pharmacy's midnight is not the server's
    },
    "purchases.tell_due_invoices": {
        "task": "purchases.tasks.tell_due_invoices",
        "schedule": crontab(minute=11),
    },
    "inventory.release_lapsed": {
        "task": "inventory.tasks.release_lapsed",
        "schedule": 60.0,
        "options": {"expires": 120},
    },
    "capital.roll_daily_totals": {
        "task": "capital.tasks.roll_daily_totals",
        "schedule": crontab(hour=2, minute=45),
    },
    "reports.run_verifications": {
        "task": "reports.tasks.run_verifications",
        "schedule": 15.0,
        "options": {"expires": 30},
    },
    "reports.verify_nightly": {
        "task": "reports.tasks.verify_nightly",
        "schedule": crontab(hour=3, minute=45),
    },
    "reports.refresh_stock_alerts": {
        "task": "reports.tasks.refresh_stock_alerts",
        "schedule": crontab(minute="*/15"),
        "options": {"expires": 600},
    },
}
