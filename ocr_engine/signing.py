"""Standard Webhooks signatures (https://www.standardwebhooks.com) over bytes.

The package `standardwebhooks` signs text only; a gzip body is bytes, and the contract signs the body as sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable

__all__ = ["new_secret", "signed_headers"]

PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(
    *, message_id: str, body: bytes, secrets_in_use: Iterable[str], now: float | None = None
) -> dict[str, str]:
    """The three headers; one signature for each secret in use, so that either end may rotate first."""
    timestamp = str(int(time.time() if now is None else now))
    signatures = [_signature(secret, message_id, timestamp, body) for secret in secrets_in_use if secret]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX) + "==")
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
