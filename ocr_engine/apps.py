from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EngineConfig(AppConfig):
    name = "ocr_engine"
    label = "engine"
    verbose_name = _("OCR engine")

    def ready(self) -> None:
        """Whichever way the process started, its tasks belong to the engine's own Celery application."""
        import_module("ocr_engine.celery")
