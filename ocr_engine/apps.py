from django.apps import AppConfig


class EngineConfig(AppConfig):
    name = "ocr_engine"
    label = "engine"
    verbose_name = "OCR engine"
