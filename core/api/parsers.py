"""JSON as strictly as RFC 8259 has it, and no deeper than a document needs to be."""

import codecs
import json
from collections.abc import Callable, Mapping
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
        _walk(parsed, self.look_at_text)
        return parsed

    look_at_text: Callable[[str], None] = staticmethod(refuse_hostile_text)


class ReplacingJSONParser(StrictJSONParser):
    """For what has happened already: in a text, what cannot be stored becomes U+FFFD and spoils nothing beside it."""

    look_at_text = staticmethod(lambda _value: None)

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        return _replaced(super().parse(*args, **kwargs))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _replaced(value: Any) -> Any:
    """No deeper than ``MAX_DEPTH``: that was looked at before."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_replaced(inner) for inner in value]
    if isinstance(value, dict):
        return {_replaced(name): _replaced(inner) for name, inner in value.items()}
    return value


def _walk(parsed: Any, look_at_text: Callable[[str], None]) -> None:
    """Look at every text and every level without recursion."""
    waiting = [(parsed, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            look_at_text(value)
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
