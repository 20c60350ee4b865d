"""The engine's contract at run time: bodies in, validated documents out."""

from __future__ import annotations

import gzip
import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import orjson
from django.utils.translation import gettext as _

from ai_integration.errors import InvalidResult, ResultTooLarge
from core.errors import FieldError

__all__ = ["MAX_BODY_BYTES", "MAX_LINES", "SCHEMA_PATH", "inflate", "parse_result", "parse_status", "schema"]

SCHEMA_PATH: Final = Path(__file__).parent / "ocr-v1.schema.json"
MAX_LINES: Final = 50_000
MAX_BODY_BYTES: Final = 96 * 1024 * 1024  # inflated; 50,000 lines with every field filled are about 55 MB
CHUNK_BYTES: Final = 1024 * 1024
GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


@cache
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SCHEMA_PATH.read_text())
    return loaded


@cache
def _validator(definition: str) -> Any:
    return jsonschema_rs.validator_for({**schema(), "$ref": f"#/$defs/{definition}"})


def inflate(body: bytes, *, limit: int = MAX_BODY_BYTES) -> bytes:
    """A gzip body as JSON bytes, never more than `limit` of them in memory. Raises InvalidResult, ResultTooLarge."""
    inflater = zlib.decompressobj(wbits=GZIP_WINDOW)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise InvalidResult(_("The gzip body is damaged")) from error
    if len(plain) > limit:
        raise ResultTooLarge(limit=limit)
    if not inflater.eof:
        raise InvalidResult(_("The gzip body is cut off"))
    return plain


def parse_result(body: bytes) -> dict[str, Any]:
    """The contract's `result`. Raises InvalidResult naming the first wrong value, ResultTooLarge."""
    if len(body) > MAX_BODY_BYTES:
        raise ResultTooLarge(limit=MAX_BODY_BYTES)
    document = _parse(body)
    lines = document.get("lines")
    if isinstance(lines, list) and len(lines) > MAX_LINES:
        raise ResultTooLarge(limit=MAX_LINES, lines=len(lines))
    _validate(document, "result")
    names = [line["line_id"] for line in document.get("lines", ())]
    if len(set(names)) != len(names):
        raise InvalidResult(
            errors=[FieldError("lines", "duplicate_line_id", _("Two lines have the same line_id"))]
        )
    return document


def parse_status(body: bytes, definition: str) -> dict[str, Any]:
    """The contract's `job_accepted` or `job_status`."""
    document = _parse(body)
    _validate(document, definition)
    return document


def compress(body: bytes) -> bytes:
    return gzip.compress(body, 6)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidResult(_("The body is not JSON: %s") % error) from error
    if not isinstance(document, dict):
        raise InvalidResult(_("The body is not a JSON object"))
    return document


def _validate(document: dict[str, Any], definition: str) -> None:
    try:
        _validator(definition).validate(document)
    except jsonschema_rs.ValidationError as error:
        path = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path
        ).lstrip(".")
        raise InvalidResult(errors=[FieldError(path, "invalid", str(error.message)[:300])]) from error
