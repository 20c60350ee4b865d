"""The reference OCR engine: a service of its own, shared by many pharmacies, that speaks contract ocr-v1."""

ENGINE_NAME = "reference"
__version__ = "1.0.0"  # part of the cache key: raise it whenever a reading may come out differently
