"""The frame: settings, urls, celery. Knows every app; no app knows it."""

import gc

# Loading us makes a million objects that stay, and Python's own threshold looks through all of them again and again
# meanwhile: a quarter of the time that a process takes to start. What requests leave behind is still found.
gc.set_threshold(50_000, 10, 10)

from config.celery import app as celery_app  # noqa: E402  (after the threshold)

__all__ = ["celery_app"]
