"""The sealed chain of audit and security events: each gets a position and an HMAC after it was committed.

A business transaction inserts its events unchained, so nothing contends on the chain. One sealer at a time follows:
mac = HMAC-SHA256(key, canonical JSON of position, key id, the previous mac and the whole event). An event that commits
late gets a later position. The key is a setting, newest first, each with an id, so that it can be changed: old seals are
checked with the key that made them. Once a day the head of the chain goes to file storage, signed, and to the log.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from core.enums import Trail
from core.models import AbstractEvent, AuditEvent, AuditHead, AuditSeal, SecurityEvent
from core.transactions import try_advisory_lock

__all__ = ["EVENTS", "FIELDS", "HEADS", "head_signature", "keys", "mac_of", "seal_events", "write_head"]

log = structlog.get_logger(__name__)
EVENTS: dict[str, type[AbstractEvent]] = {Trail.AUDIT: AuditEvent, Trail.SECURITY: SecurityEvent}
_SHARED = ("id", "action", "actor_id", "actor_name", "actor_kind", "occurred_at", "request_id", "data")
#: What of an event is sealed: all of it.
FIELDS: dict[str, tuple[str, ...]] = {
    Trail.AUDIT: (*_SHARED, "target_kind", "target_id", "summary"),
    Trail.SECURITY: (*_SHARED, "ip_address"),
}
#: The folder of the heads in file storage.
HEADS = "audit-heads"
_CHUNK = 2_000
#: No transaction stays open for longer, so an event below what was sealed this long before the last seal is sealed too.
_LONGEST_TRANSACTION = timedelta(days=1)


def keys() -> dict[str, bytes]:
    """Key id -> key, the one that seals first. `AUDIT_KEYS` holds "id:key" pairs; older ones stay to verify with."""
    pairs = (pair.strip().partition(":") for pair in settings.AUDIT_KEYS)
    return {key_id: secret.encode() for key_id, _colon, secret in pairs}


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain).encode()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"an event holds no {type(value).__name__}")


def mac_of(
    *, key: bytes, key_id: str, position: int, previous_mac: str, trail: str, event: Mapping[str, Any]
) -> str:
    """The seal of ``event`` (its `FIELDS`) at ``position``."""
    content = {"position": position, "key": key_id, "previous": previous_mac, "trail": trail, "event": event}
    return hmac.new(key, _canonical(content), hashlib.sha256).hexdigest()


def seal_events() -> int:
    """Seal what has been committed since the last time; the number sealed. Does nothing while another sealer works."""
    total = 0
    while sealed := _seal_chunk():
        total += sealed
    return total


def _seal_chunk() -> int:
    (key_id, key), *_older = keys().items()
    with transaction.atomic():
        if not try_advisory_lock("core.seal"):
            return 0
        last = AuditSeal.objects.order_by("-position").first()
        position, previous_mac = (last.position, last.mac) if last else (0, "")
        seals: list[AuditSeal] = []
        for trail in Trail.values:
            for event in _unsealed(trail, last)[: _CHUNK - len(seals)]:
                position += 1
                mac = mac_of(
                    key=key,
                    key_id=key_id,
                    position=position,
                    previous_mac=previous_mac,
                    trail=trail,
                    event=event,
                )
                seals.append(
                    AuditSeal(
                        position=position,
                        trail=trail,
                        event_id=event["id"],
                        key_id=key_id,
                        previous_mac=previous_mac,
                        mac=mac,
                    )
                )
                previous_mac = mac
        AuditSeal.objects.bulk_create(seals)
    return len(seals)


def _unsealed(trail: str, last: AuditSeal | None) -> Any:
    """Committed events without a seal, by id; only those that may be without one are looked at."""
    seals = AuditSeal.objects.filter(trail=trail)
    floor = 0
    if last is not None:
        long_ago = seals.filter(sealed_at__lt=last.sealed_at - _LONGEST_TRANSACTION)
        floor = long_ago.order_by("-position").values_list("event_id", flat=True).first() or 0
    unsealed = ~Exists(seals.filter(event_id=OuterRef("pk")))
    return EVENTS[trail].objects.filter(unsealed, pk__gt=floor).order_by("pk").values(*FIELDS[trail])  # type: ignore[attr-defined]


def head_signature(*, key: bytes, content: Mapping[str, Any]) -> str:
    """Nobody without the key can write a head, or pass off an old one as today's."""
    unsigned = {name: value for name, value in content.items() if name != "signature"}
    return hmac.new(key, _canonical({"head": unsigned}), hashlib.sha256).hexdigest()


def write_head(today: date | None = None) -> AuditHead | None:
    """Write the head of the chain to file storage, once a day; None when today's is there, or nothing is sealed yet."""
    today = today or timezone.now().date()
    last = AuditSeal.objects.order_by("-position").first()
    before = AuditHead.objects.order_by("-head_date").first()
    if last is None or (before is not None and before.head_date >= today):
        return None
    (key_id, key), *_older = keys().items()
    content: dict[str, Any] = {
        "date": today.isoformat(),
        "position": last.position,
        "mac": last.mac,
        "key": key_id,
        "previous": before.name if before else "",
    }
    content["signature"] = head_signature(key=key, content=content)
    name = default_storage.save(f"{HEADS}/{today}.json", ContentFile(json.dumps(content, indent=1).encode()))
    log.info("audit_head", **content)
    with transaction.atomic():
        if not try_advisory_lock("core.head") or AuditHead.objects.filter(head_date=today).exists():
            return None
        return AuditHead.objects.create(head_date=today, position=last.position, mac=last.mac, name=name)
