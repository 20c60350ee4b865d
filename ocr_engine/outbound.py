"""The only door through which the engine connects to anyone: links to documents, and callbacks.

A pharmacy names the address, so an address is a request to reach into our network. Only hosts that the operator
listed are reached, redirects are never followed, sizes and times are bounded.
"""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import requests
from django.conf import settings

__all__ = ["AddressRefused", "DocumentTooLarge", "FetchFailed", "check_address", "fetch", "post"]

CHUNK_BYTES = 64 * 1024


class AddressRefused(Exception):
    """The address is not one that the operator listed."""


class FetchFailed(Exception):
    """The document could not be fetched; asking again may help."""


class DocumentTooLarge(Exception):
    """The document is larger than it was said to be, or than the engine takes."""


def check_address(url: str) -> None:
    """Raises AddressRefused unless `url` is plain http(s) to a listed host, without credentials in it."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError as error:
        raise AddressRefused("The address cannot be read.") from error
    host = (parts.hostname or "").lower()
    if port is None or not host or parts.username is not None or parts.password is not None:
        raise AddressRefused("The address must be http(s)://host/path without credentials.")
    if not any(_matches(entry.strip().lower(), host, port) for entry in settings.OUTBOUND_HOSTS):
        raise AddressRefused(f"{host}:{port} is not in ENGINE_OUTBOUND_HOSTS.")


def _matches(entry: str, host: str, port: int) -> bool:
    if entry.startswith("."):
        return host.endswith(entry)
    name, colon, wanted_port = entry.rpartition(":")
    if colon and wanted_port.isdigit():
        return name == host and int(wanted_port) == port
    return bool(entry) and entry == host


def fetch(url: str, *, target: Path, max_bytes: int) -> None:
    """Writes the document at `url` to `target`. Raises AddressRefused, DocumentTooLarge, FetchFailed."""
    check_address(url)
    deadline = time.monotonic() + settings.FETCH_TIMEOUT_SECONDS
    try:
        with (
            requests.get(url, stream=True, allow_redirects=False, timeout=(3, 10)) as response,
            target.open("wb") as out,
        ):
            if response.status_code != requests.codes.ok:
                raise FetchFailed(f"The address answered {response.status_code}.")
            size = 0
            for chunk in response.iter_content(CHUNK_BYTES):
                size += len(chunk)
                if size > max_bytes:
                    raise DocumentTooLarge(f"More than {max_bytes} bytes.")
                if time.monotonic() > deadline:
                    raise FetchFailed("The document took too long to arrive.")
                out.write(chunk)
    except requests.RequestException as error:
        raise FetchFailed(f"The address could not be reached: {type(error).__name__}.") from error


def post(url: str, *, body: bytes, headers: dict[str, str]) -> int:
    """Posts and returns the status code. Raises AddressRefused, FetchFailed."""
    check_address(url)
    try:
        with requests.post(
            url,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=(3, settings.CALLBACK_TIMEOUT_SECONDS),
            stream=True,
        ) as response:
            return response.status_code
    except requests.RequestException as error:
        raise FetchFailed(f"The address could not be reached: {type(error).__name__}.") from error
