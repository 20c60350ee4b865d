"""Settings of the engine: its own project, its own database; everything comes from ENGINE_* variables."""

from __future__ import annotations

import tempfile
from pathlib import Path

import environ

env = environ.FileAwareEnv()  # NAME_FILE names a file that holds NAME: how secrets arrive in a container

DEBUG = env.bool("ENGINE_DEBUG", default=False)
SECRET_KEY = env.str("ENGINE_SECRET_KEY", default="unused: the engine has no session, no cookie and no form")
ALLOWED_HOSTS = env.list(
    "ENGINE_ALLOWED_HOSTS", default=["*"]
)  # bearer keys guard it, no cookie depends on the host

INSTALLED_APPS = ["ocr_engine.apps.EngineConfig"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]  # Content-Length
APPEND_SLASH = False
ROOT_URLCONF = "ocr_engine.urls"
WSGI_APPLICATION = "ocr_engine.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

DATABASES = {"default": env.db("ENGINE_DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

DATA_DIR = Path(env.str("ENGINE_DATA_DIR", default=str(Path(tempfile.gettempdir()) / "ocr-engine")))
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # the job's JSON; documents are files and go to disk
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

# Limits. A job beyond them is refused when it arrives, never half accepted.
MAX_UPLOAD_BYTES = env.int("ENGINE_MAX_UPLOAD_BYTES", default=100 * 1024 * 1024)
MAX_LINES = 50_000  # of one result, as the contract says
MAX_LIVE_JOBS = env.int("ENGINE_MAX_LIVE_JOBS", default=200)  # of one pharmacy
MAX_STARTS = env.int("ENGINE_MAX_STARTS", default=3)  # a document that ends its worker this often is given up

# Where the engine may connect to, for documents by link and for callbacks: "host", "host:port" or ".domain".
# Empty: nowhere; pharmacies then upload and poll.
OUTBOUND_HOSTS = env.list("ENGINE_OUTBOUND_HOSTS", default=[])
FETCH_TIMEOUT_SECONDS = env.int("ENGINE_FETCH_TIMEOUT_SECONDS", default=20)
CALLBACK_TIMEOUT_SECONDS = env.int("ENGINE_CALLBACK_TIMEOUT_SECONDS", default=30)
CALLBACK_DELAYS_SECONDS = env.list(
    "ENGINE_CALLBACK_DELAYS_SECONDS", cast=int, default=[2, 5, 15, 60, 300, 1800, 7200, 21600]
)

SWEEP_SECONDS = env.int("ENGINE_SWEEP_SECONDS", default=5)
REQUEUE_AFTER_SECONDS = env.int("ENGINE_REQUEUE_AFTER_SECONDS", default=30)
KEEP_RESULTS_DAYS = env.int("ENGINE_KEEP_RESULTS_DAYS", default=7)
KEEP_READINGS_DAYS = env.int("ENGINE_KEEP_READINGS_DAYS", default=90)

CELERY_BROKER_URL = env.str("ENGINE_REDIS_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = env.int("ENGINE_TASK_SECONDS", default=900)
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + 30
CELERY_TASK_DEFAULT_QUEUE = env.str("ENGINE_QUEUE", default="ocr-engine")
# Below callbacks and sweep: what is read already does not wait for what is still to be read.
CELERY_TASK_ROUTES = {"ocr_engine.tasks.read_job": {"priority": 6}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_TASK_TIME_LIMIT + 60,  # longer than any task, or a slow one would run twice
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "ocr_engine.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "purge": {"task": "ocr_engine.tasks.purge", "schedule": 3600, "options": {"expires": 3600}},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("ENGINE_LOG_LEVEL", default="INFO")},
    # These two log every page object of a hostile file.
    "loggers": {"pikepdf": {"level": "ERROR"}, "PIL": {"level": "ERROR"}},
}
