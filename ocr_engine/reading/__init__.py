"""Reads offers: PDF in, lines out. A pure core: no Django, no database, no network. See README.md."""

from ocr_engine.reading.errors import ReadingError
from ocr_engine.reading.process import read_document
from ocr_engine.reading.result import Reading, merge_readings

__all__ = ["Reading", "ReadingError", "merge_readings", "read_document"]
