"""The way in: reads a document in a disposable child, so that no file can harm the worker.

Works from any process, a daemonic Celery child among them: the child is a fresh interpreter, never a fork.
"""

from __future__ import annotations

import hashlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from ocr_engine.reading import limits
from ocr_engine.reading.errors import ReadingError
from ocr_engine.reading.result import Reading

__all__ = ["read_document"]

Progress = Callable[[int, int], None]

_ROOT: Final = Path(__file__).resolve().parents[2]
_CHUNK: Final = 1 << 16
_IMAGE_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/tiff"})
_CRASHED_ON_MEMORY: Final = {signal.SIGXCPU, signal.SIGKILL, signal.SIGABRT, signal.SIGTRAP, signal.SIGILL}


def read_document(
    path: str,
    *,
    mime: str,
    languages: Sequence[str] = ("ar", "en"),
    max_pages: int = 300,
    hints: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Reading:
    """Read the document at `path`; `progress(done, total)` is called a page at a time.

    Raises ReadingError with one of the contract's codes. The file is read by a child with 1 GiB of address
    space and the CPU and wall time of `limits`; the caller lives on whatever the file does to that child.
    """
    if mime in _IMAGE_TYPES:
        raise ReadingError(
            "engine_unavailable",
            "This engine reads PDFs with a text layer. Ask for the original PDF, not a photo or a scan.",
        )
    if mime != "application/pdf":
        raise ReadingError("unsupported_type", f"Cannot read {mime[:100]}: send a PDF with a text layer.")
    sha256 = _sha256(path)
    request = {
        "path": path,
        "languages": list(languages),
        "max_pages": max_pages,
        "hints": dict(hints or {}),
    }
    message = _Child(request, progress).run()
    document = message["document"]
    return Reading(
        document={"sha256": sha256, **document}, lines=message["lines"], warnings=message["warnings"]
    )


def _sha256(path: str) -> str:
    try:
        if Path(path).stat().st_size > limits.max_file_bytes:
            raise ReadingError("too_large", "The file is larger than 200 MiB: split it.")
        with Path(path).open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise ReadingError("internal", "The stored document could not be opened.", retryable=True) from error


class _Child:
    """One child process and the JSON lines it says. Killed, with all it started, when its time is up."""

    def __init__(self, request: Mapping[str, Any], progress: Progress | None) -> None:
        self._request = json.dumps(request).encode() + b"\n"
        self._progress = progress
        self._deadline = time.monotonic() + limits.wall_seconds()
        self._started = time.monotonic()
        self._result: dict[str, Any] | None = None

    def run(self) -> dict[str, Any]:
        process = subprocess.Popen(
            [sys.executable, "-m", "ocr_engine.reading.child"],
            cwd=_ROOT,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert process.stdin is not None  # noqa: S101 - both are pipes: tells the type checker
        assert process.stdout is not None  # noqa: S101
        try:
            self._send(process.stdin)
            self._listen(process.stdout)
            code = process.wait(timeout=max(0.1, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise _timeout() from error
        finally:
            _end(process)
        if self._result is None:
            raise _death(code)
        return self._result

    def _send(self, stdin: IO[bytes]) -> None:
        try:
            stdin.write(self._request)
            stdin.close()
        except BrokenPipeError:
            return  # the child is gone already: its exit code says why

    def _listen(self, stdout: IO[bytes]) -> None:
        buffer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while True:
                left = self._deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise _timeout()
                chunk = os.read(stdout.fileno(), _CHUNK)
                if not chunk:
                    return
                buffer += chunk
                if len(buffer) > limits.MAX_RESULT_BYTES:
                    raise ReadingError("too_large", "The document holds more than one reading may return.")
                if b"\n" in chunk:
                    *lines, rest = bytes(buffer).split(b"\n")
                    buffer = bytearray(rest)
                    for line in lines:
                        self._heard(line)

    def _heard(self, line: bytes) -> None:
        try:
            message: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise ReadingError("internal", "The reader answered nonsense.", retryable=True) from error
        match message:
            case {"event": "pages", "total": int(total)}:
                self._deadline = self._started + limits.wall_seconds(total)
            case {"event": "progress", "done": int(done), "total": int(total)}:
                if self._progress is not None:
                    self._progress(done, total)
            case {"event": "error", "code": str(code), "message": str(text), "retryable": bool(retryable)}:
                raise ReadingError(code, text[: limits.MAX_MESSAGE_BYTES], retryable=retryable)
            case {"event": "result"}:
                self._result = message
            case _:
                raise ReadingError("internal", "The reader answered nonsense.", retryable=True)


def _environment() -> dict[str, str]:
    """Nothing of the worker's secrets reaches a process that opens strangers' files."""
    kept = {
        name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ
    }
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None and not pipe.closed:
            pipe.close()


def _timeout() -> ReadingError:
    return ReadingError("timeout", "Reading took too long: split the document.", retryable=True)


def _death(code: int) -> ReadingError:
    """A child that died without a word: by its own limits, or by a fault the file provoked."""
    if -code in _CRASHED_ON_MEMORY:
        return ReadingError("resource_limit", "The document asks for more memory or time than one may have.")
    if code < 0:
        return ReadingError("malformed", "The document is broken: it cannot be opened safely.")
    return ReadingError("internal", "The reader stopped unexpectedly.", retryable=True)
