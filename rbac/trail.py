"""Is the audit trail whole? Walks the chain of seals from the first on and names the first row that is wrong.

Found are: an event that was edited or deleted, a seal that was edited, deleted or moved, a chain that ends before the
head in file storage or is not the one that head belongs to, a head that was forged or removed, an event never sealed.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef
from django.utils import timezone

from core.enums import Trail
from core.models import AuditHead, AuditSeal
from core.sealing import EVENTS, FIELDS, HEADS, head_signature, keys, mac_of

__all__ = ["TrailVerdict", "Wrong", "check_trail"]

_CHUNK = 5_000
#: The sealer follows within a minute; this long afterwards an event without a seal means that one is missing.
_SEALED_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Wrong:
    """The first row that is not as it was sealed. ``code`` says how, ``position`` where in the chain."""

    code: str
    position: int | None = None
    trail: str = ""
    event_id: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        place = f" at position {self.position}" if self.position is not None else ""
        event = f", {self.trail} event {self.event_id}" if self.event_id is not None else ""
        return f"{self.code}{place}{event}{': ' if self.detail else ''}{self.detail}"


@dataclass(frozen=True)
class TrailVerdict:
    """How many seals were checked, how many heads, and what is wrong, if anything."""

    seals: int
    heads: int
    wrong: Wrong | None

    @property
    def is_ok(self) -> bool:
        return self.wrong is None

    def as_result(self) -> dict[str, Any]:
        """One row of a `Verification`."""
        return {
            "check": "audit_trail",
            "ok": self.is_ok,
            "first_wrong": str(self.wrong) if self.wrong else "",
            "expected": "",
            "found": asdict(self.wrong) if self.wrong else {"seals": self.seals, "heads": self.heads},
        }


def check_trail() -> TrailVerdict:
    """Read-only. Time and memory: one pass, a few thousand rows at a time."""
    walk = _Walk()
    heads = sorted(_heads())
    wrong = walk.run() or _check_heads(heads) or _first_unsealed()
    return TrailVerdict(seals=walk.position, heads=len(heads), wrong=wrong)


class _Walk:
    """The chain as far as it was followed."""

    def __init__(self) -> None:
        self.position, self.mac, self.keys = 0, "", keys()

    def run(self) -> Wrong | None:
        while seals := list(
            AuditSeal.objects.filter(position__gt=self.position).order_by("position")[:_CHUNK]
        ):
            events = _events_of(seals)
            for seal in seals:
                wrong = self._follow(seal, events.get((seal.trail, seal.event_id)))
                if wrong:
                    return wrong
        return None

    def _follow(self, seal: AuditSeal, event: dict[str, Any] | None) -> Wrong | None:
        def wrong(code: str, detail: str = "") -> Wrong:
            return Wrong(code, seal.position, seal.trail, seal.event_id, detail)

        expected = self.position + 1
        if seal.position != expected:
            return Wrong("seal_deleted", expected, detail=f"the next seal has position {seal.position}")
        if seal.previous_mac != self.mac:
            return wrong("chain_broken", "it does not follow the seal before it")
        key = self.keys.get(seal.key_id)
        if key is None:
            return wrong("key_unknown", f"no key {seal.key_id!r} is set")
        if event is None:
            return wrong("event_deleted")
        mac = mac_of(
            key=key,
            key_id=seal.key_id,
            position=seal.position,
            previous_mac=seal.previous_mac,
            trail=seal.trail,
            event=event,
        )
        if not compare_digest(mac, seal.mac):
            return wrong("event_edited", f"{event['action']} by {event['actor_name']}")
        self.position, self.mac = seal.position, seal.mac
        return None


def _events_of(seals: list[AuditSeal]) -> dict[tuple[str, int], dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for trail in Trail.values:
        ids = [seal.event_id for seal in seals if seal.trail == trail]
        rows = EVENTS[trail].objects.filter(pk__in=ids).values(*FIELDS[trail])  # type: ignore[attr-defined]
        found |= {(trail, row["id"]): row for row in rows}
    return found


def _heads() -> Iterator[str]:
    try:
        yield from (name for name in default_storage.listdir(HEADS)[1] if name.endswith(".json"))
    except FileNotFoundError:  # none was written yet
        return


def _check_heads(names: list[str]) -> Wrong | None:
    """Each head is signed by a key of ours and names a seal that is there."""
    ring = keys()
    macs: dict[int, tuple[str, str]] = {}
    for name in names:
        try:
            with default_storage.open(f"{HEADS}/{name}") as file:
                content = json.loads(file.read())
            signature = head_signature(key=ring[content["key"]], content=content)
            genuine = compare_digest(signature, content["signature"])
        except (KeyError, TypeError, ValueError):
            genuine = False
        if not genuine:
            return Wrong("head_forged", detail=name)
        macs[content["position"]] = (content["mac"], name)
    sealed = dict(AuditSeal.objects.filter(position__in=macs).values_list("position", "mac"))
    for position, (mac, name) in sorted(macs.items()):
        if position not in sealed:
            return Wrong("chain_truncated", position, detail=f"{name} ends with a seal that is gone")
        if sealed[position] != mac:
            return Wrong("chain_replaced", position, detail=f"{name} holds another seal")
    for head in AuditHead.objects.order_by("head_date"):
        if head.name.rpartition("/")[2] not in names:
            return Wrong("head_missing", head.position, detail=head.name)
    return None


def _first_unsealed() -> Wrong | None:
    before = timezone.now() - _SEALED_WITHIN
    for trail in Trail.values:
        seals = AuditSeal.objects.filter(trail=trail, event_id=OuterRef("pk"))
        rows = EVENTS[trail].objects.filter(~Exists(seals), occurred_at__lt=before)  # type: ignore[attr-defined]
        event = rows.order_by("pk").values("id", "action", "actor_name").first()
        if event:
            detail = f"{event['action']} by {event['actor_name']}"
            return Wrong("event_unsealed", None, trail, event["id"], detail)
    return None
