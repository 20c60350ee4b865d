"""JSON as strictly as RFC 8259 has it, and no deeper than a document needs to be."""

import codecs
import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

MAX_DEPTH = 32
_SURROGATES = range(0xD800, 0xE000)


def refuse_hostile_text(value: str) -> None:
    """Raise ParseError for what PostgreSQL cannot store: NUL and lone surrogates."""
    if "\x00" in value:
        raise ParseError(_("Text may not contain a NUL character"), code="null_character")
    if not value.isascii() and any(ord(char) in _SURROGATES for char in value):
        raise ParseError(_("Text may not contain a lone surrogate"), code="lone_surrogate")


class StrictJSONParser(JSONParser):
    """Refuses NaN and Infinity, NUL, lone surrogates and nesting deeper than ``MAX_DEPTH``, with a 400."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        encoding = (parser_context or {}).get("encoding", settings.DEFAULT_CHARSET)
        try:
            text = codecs.getreader(encoding)(stream).read()
            parsed = json.loads(text, parse_constant=_refuse_constant)
        except RecursionError:
            raise ParseError(_("The JSON is nested too deep"), code="too_deep") from None
        except (ValueError, LookupError) as error:
            raise ParseError(_("The JSON is malformed: %s") % error, code="malformed_json") from None
        _walk(parsed)
        return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _walk(parsed: Any) -> None:
    """Look at every text and every level without recursion."""
    waiting = [(parsed, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            refuse_hostile_text(value)
            continue
        if not isinstance(value, dict | list):
            continue
        if depth > MAX_DEPTH:
            raise ParseError(_("The JSON is nested too deep"), code="too_deep")
        if isinstance(value, dict):
            waiting.extend((name, depth + 1) for name in value)
            waiting.extend((inner, depth + 1) for inner in value.values())
        else:
            waiting.extend((inner, depth + 1) for inner in value)
