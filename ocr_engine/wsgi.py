"""`gunicorn ocr_engine.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "ocr_engine.settings"

import ocr_engine.celery  # noqa: F401  (the web process sends tasks through this application)

application = get_wsgi_application()
