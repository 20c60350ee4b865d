"""Checking Standard Webhooks signatures over bytes.

The package `standardwebhooks` decodes the body as text first, so it cannot check a gzip body, which the contract signs as
sent; and malformed headers make it raise four different things. Here every one of them is BadSignature. The package
is the oracle of the tests.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping
from typing import Final

from ai_integration.errors import BadSignature

__all__ = ["TOLERANCE_SECONDS", "verify_signature"]

TOLERANCE_SECONDS: Final = 5 * 60
MAX_ID_LENGTH: Final = 255
MAX_SIGNATURES: Final = 10
PREFIX: Final = "whsec_"


def verify_signature(
    *, body: bytes, headers: Mapping[str, str], secrets: Iterable[str], now: float | None = None
) -> str:
    """The webhook id, where one of the signatures was made with one of `secrets` within five minutes of `now`.
    `headers` with lower-case names. Raises BadSignature.
    """
    webhook_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not (
        webhook_id and len(webhook_id) <= MAX_ID_LENGTH and webhook_id.isascii() and webhook_id.isprintable()
    ):
        raise BadSignature
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):  # noqa: PLR2004
        raise BadSignature
    if abs(int(timestamp) - (time.time() if now is None else now)) > TOLERANCE_SECONDS:
        raise BadSignature
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    expected = [hmac.new(_key(secret), signed, hashlib.sha256).digest() for secret in secrets if secret]
    for signature in given.split(" ")[:MAX_SIGNATURES]:
        digest = _digest(signature)
        if digest and any(hmac.compare_digest(digest, wanted) for wanted in expected):
            return webhook_id
    raise BadSignature


def _key(secret: str) -> bytes:
    """Of a secret as the operator set it: `whsec_` and base64."""
    return base64.b64decode(secret.removeprefix(PREFIX) + "==")


def _digest(signature: str) -> bytes:
    """Of one `v1,base64`; empty where it is anything else."""
    version, _comma, encoded = signature.partition(",")
    if version != "v1":
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""
