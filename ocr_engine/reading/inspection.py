"""Looks at a PDF before anything draws it: encrypted, broken, too long, too large."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pikepdf

from ocr_engine.reading.errors import ReadingError

__all__ = ["inspect_pdf"]

_MAGIC_WINDOW: Final = 1024  # readers accept junk before the signature, within reason


def inspect_pdf(path: str, *, max_pages: int) -> int:
    """The number of pages. Raises ReadingError: unsupported_type, encrypted, malformed, too_many_pages."""
    with Path(path).open("rb") as source:
        if b"%PDF-" not in source.read(_MAGIC_WINDOW):
            raise ReadingError("unsupported_type", "This is no PDF, whatever its name says.")
    try:
        with pikepdf.open(path) as pdf:
            pages = _count_pages(pdf, max_pages)
    except pikepdf.PasswordError as error:
        raise ReadingError(
            "encrypted", "The document is locked with a password: save it without one."
        ) from error
    except pikepdf.PdfError as error:
        raise ReadingError("malformed", "The document is broken: ask the sender for it again.") from error
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise ReadingError("malformed", "The document's page tree is broken.") from error
    if pages == 0:
        raise ReadingError("malformed", "The document has no pages.")
    if pages > max_pages:
        raise ReadingError("too_many_pages", f"The document has more than {max_pages} pages: split it.")
    return pages


def _count_pages(pdf: pikepdf.Pdf, max_pages: int) -> int:
    """As many pages as there are leaves, not as the file claims; counting stops past the limit."""
    count = 0
    for _page in pdf.pages:
        count += 1
        if count > max_pages:
            break
    return count
