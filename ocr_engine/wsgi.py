"""`gunicorn ocr_engine.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "ocr_engine.settings"

application = get_wsgi_application()
