from importlib import import_module

from django.apps import AppConfig


class EngineConfig(AppConfig):
    name = "ocr_engine"
    label = "engine"
    verbose_name = "OCR engine"

    def ready(self) -> None:
        """Whichever way the process started, its tasks belong to the engine's own Celery application."""
        import_module("ocr_engine.celery")
