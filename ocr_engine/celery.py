"""The engine's Celery application: `celery -A ocr_engine.celery worker -B`."""

import os

from celery import Celery

os.environ["DJANGO_SETTINGS_MODULE"] = "ocr_engine.settings"

app = Celery("ocr_engine")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["ocr_engine"])
