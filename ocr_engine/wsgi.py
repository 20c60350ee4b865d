"""`gunicorn ocr_engine.wsgi`."""

import codecs
import os
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ["DJANGO_SETTINGS_MODULE"] = "ocr_engine.settings"

#: As ``codecs.lookup`` names them.
_TEXT_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "ascii", "iso8859-1")


class TextRequest(WSGIRequest):
    """A request whose ``charset`` counts only where it is a text encoding; else it is UTF-8.

    Python names compressions and ciphers among its codecs, and Django decodes with whatever is named: 50 kB of
    ``zlib`` would inflate past every limit.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        kind, named = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        if _is_text_encoding(named.get("charset", "utf-8")):
            super()._set_content_type_params(meta)  # type: ignore[misc]  # the stubs leave it out
        else:
            self.content_type, self.content_params = kind, named


def _is_text_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name).name in _TEXT_ENCODINGS
    except (LookupError, ValueError):  # a name with a NUL
        return False


application: WSGIHandler = get_wsgi_application()
application.request_class = TextRequest
