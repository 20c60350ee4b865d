"""The shape of POST /v1/jobs: parsed by hand, so that the service needs no schema at run time; the tests hold this
parser to contract ocr-v1.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from ocr_engine.errors import InvalidRequest

__all__ = ["DocumentRequest", "JobRequest", "parse_job_request"]

KINDS = ("offer", "supplier_invoice", "price_notice")
MAX_DOCUMENTS = 50
MAX_LANGUAGES = 10
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_UPLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_MIME = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")


@dataclass(frozen=True)
class DocumentRequest:
    sha256: str
    mime: str
    bytes: int
    url: str = ""
    upload: str = ""


@dataclass(frozen=True)
class JobRequest:
    job_id: UUID
    attempt: int
    kind: str
    documents: tuple[DocumentRequest, ...]
    callback_url: str
    languages: tuple[str, ...]
    max_pages: int
    hints: dict[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """What is asked, without how it is delivered: a retry may carry a fresh link, attempt or callback address."""
        asked = [
            self.kind,
            [[document.sha256, document.mime] for document in self.documents],
            self.languages,
            self.max_pages,
            self.hints,
        ]
        return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


def parse_job_request(raw: bytes) -> JobRequest:
    """Raises InvalidRequest, naming the field."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"Not JSON: {error}") from error
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be an object.")
    kind = body.get("kind")
    if kind not in KINDS:
        raise InvalidRequest(f"One of {', '.join(KINDS)}.", field="kind")
    documents = body.get("documents")
    if not isinstance(documents, list) or not 1 <= len(documents) <= MAX_DOCUMENTS:
        raise InvalidRequest(f"A list of 1 to {MAX_DOCUMENTS} documents.", field="documents")
    return JobRequest(
        job_id=_job_id(body.get("job_id")),
        attempt=_integer(body.get("attempt", 1), "attempt", 1000),
        kind=kind,
        documents=tuple(_document(document, f"documents[{i}]") for i, document in enumerate(documents)),
        callback_url=_address(body.get("callback_url") or "", "callback_url"),
        languages=_languages(body.get("languages", ["ar", "en"])),
        max_pages=_integer(body.get("max_pages", 300), "max_pages", 2000),
        hints=_hints(body.get("hints") or {}),
    )


def _job_id(value: object) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError as error:
        raise InvalidRequest("A UUID.", field="job_id") from error


def _integer(value: object, name: str, highest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= highest:
        raise InvalidRequest(f"A whole number from 1 to {highest}.", field=name)
    return value


def _address(value: object, name: str) -> str:
    if value == "":
        return ""
    if not isinstance(value, str) or not value.startswith(("http://", "https://")) or len(value) > 2000:  # noqa: PLR2004
        raise InvalidRequest("An http(s) address of at most 2000 characters.", field=name)
    return value


def _document(value: object, name: str) -> DocumentRequest:
    if not isinstance(value, dict):
        raise InvalidRequest("An object.", field=name)
    url, upload = _address(value.get("url") or "", f"{name}.url"), value.get("upload") or ""
    if bool(url) == bool(upload):
        raise InvalidRequest("Exactly one of url and upload.", field=name)
    sha256, mime = value.get("sha256"), value.get("mime")
    if not isinstance(sha256, str) or not _SHA256.match(sha256):
        raise InvalidRequest("64 lower-case hex digits.", field=f"{name}.sha256")
    if not isinstance(mime, str) or len(mime) > 100 or not _MIME.match(mime):  # noqa: PLR2004
        raise InvalidRequest("A media type.", field=f"{name}.mime")
    if upload and (not isinstance(upload, str) or not _UPLOAD.match(upload)):
        raise InvalidRequest("The name of a part of this request.", field=f"{name}.upload")
    return DocumentRequest(
        sha256=sha256,
        mime=mime,
        bytes=_integer(value.get("bytes"), f"{name}.bytes", 2**30),
        url=url,
        upload=upload,
    )


def _languages(value: object) -> tuple[str, ...]:
    if (
        not isinstance(value, list)
        or len(value) > MAX_LANGUAGES
        or not all(isinstance(x, str) and _LANGUAGE.match(x) for x in value)
    ):
        raise InvalidRequest("At most ten codes of two or three letters.", field="languages")
    return tuple(value) or ("ar", "en")


def _hints(value: object) -> dict[str, Any]:
    """Only the hints that the contract names: they are part of the cache key, and a stranger's key would never hit."""
    if not isinstance(value, dict):
        raise InvalidRequest("An object.", field="hints")
    hints: dict[str, Any] = {}
    if (supplier := value.get("supplier")) is not None:
        if not isinstance(supplier, str) or len(supplier) > 200 or "\0" in supplier:  # noqa: PLR2004
            raise InvalidRequest("Text of at most 200 characters.", field="hints.supplier")
        hints["supplier"] = supplier
    if (columns := value.get("columns")) is not None:
        if not isinstance(columns, dict) or len(columns) > 50:  # noqa: PLR2004
            raise InvalidRequest("At most fifty columns.", field="hints.columns")
        for key, word in columns.items():
            if not isinstance(word, str) or "\0" in key + word or len(key) > 200 or len(word) > 200:  # noqa: PLR2004
                raise InvalidRequest("Header text to field name.", field="hints.columns")
        hints["columns"] = columns
    if (order := value.get("bonus_order")) is not None:
        if order not in ("free_first", "paid_first"):
            raise InvalidRequest("free_first or paid_first.", field="hints.bonus_order")
        hints["bonus_order"] = order
    return hints
