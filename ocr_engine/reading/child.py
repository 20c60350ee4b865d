"""The disposable child: `python -m ocr_engine.reading.child`, a request on stdin, JSON lines on stdout.

Its limits are set before the first byte of the document is looked at.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from ocr_engine.reading import limits
from ocr_engine.reading.errors import ReadingError

__all__ = ["main"]


def main() -> None:
    """Answer one request, then end. Whatever goes wrong leaves as one error line, or as an exit signal."""
    _limit_resources()
    try:
        _read(json.loads(sys.stdin.readline()))
    except ReadingError as error:
        _say({"event": "error", "code": error.code, "message": error.message, "retryable": error.retryable})
    except MemoryError:
        _say(_error("resource_limit", "The document asks for more memory than one may have."))
    except RecursionError:
        _say(_error("malformed", "The document is nested too deeply to be honest."))


def _read(request: dict[str, Any]) -> None:
    # Imported under the limits: what these libraries allocate counts too.
    from ocr_engine.reading.document import Options, read_pages  # noqa: PLC0415
    from ocr_engine.reading.inspection import inspect_pdf  # noqa: PLC0415

    pages = inspect_pdf(request["path"], max_pages=request["max_pages"])
    _allow_cpu(limits.cpu_seconds(pages))
    _say({"event": "pages", "total": pages})
    options = Options(languages=tuple(request["languages"]), hints=request["hints"])
    read = read_pages(
        request["path"],
        options=options,
        progress=lambda done: _say({"event": "progress", "done": done, "total": pages}),
    )
    _say({"event": "result", **read})


def _limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.MEMORY_BYTES, limits.MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    most = limits.cpu_seconds(sys.maxsize)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds(), most))


def _allow_cpu(seconds: int) -> None:
    """Only the soft limit moves, and only below the hard one set at the start."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, limits.cpu_seconds(sys.maxsize)))


def _error(code: str, message: str) -> dict[str, Any]:
    return {"event": "error", "code": code, "message": message, "retryable": False}


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
