"""Sales that a till made while the line was down, sent afterwards: each once, and none lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from core.actors import Actor
from core.audit import record_audit
from core.errors import DomainError, NotFound
from core.transactions import advisory_lock, lock_rows
from sales.enums import ReplayStatus
from sales.errors import ReplaySettled
from sales.models import Sale, SaleReplay
from sales.services.alerts import tell_refused_sales
from sales.services.selling import sell
from sales.types import SaleData, SellerRights

__all__ = ["OutageSale", "ReplayAnswer", "dismiss_replay", "replay_sale", "retry_replay"]

Problem = dict[str, Any]


@dataclass(frozen=True)
class OutageSale:
    """One sale as its till kept it: ``data`` is what ``body`` says, or ``problem`` why that cannot be read."""

    till_id: int
    key: str
    occurred_at: datetime
    body: Mapping[str, Any]
    data: SaleData | None
    problem: Problem | None = None


@dataclass(frozen=True)
class ReplayAnswer:
    """``status``: accepted (sold now), replayed (known already) or refused (kept as ``replay``)."""

    key: str
    status: str
    sale: Sale | None = None
    replay: SaleReplay | None = None


def replay_sale(
    *, sent: OutageSale, actor: Actor, rights: SellerRights, describe: Callable[[Exception], Problem]
) -> ReplayAnswer:
    """Make the sale unless it was made before; a refused one is kept with its problem (``describe``).

    A transaction of its own. The same key of a till waits for the other to end, so nothing happens twice however
    many send it at once.
    """
    with transaction.atomic():
        _hold(sent.till_id, sent.key)
        known = _known(sent)
        if known is not None:
            return known
        try:
            sale = _make(sent, actor, rights)
        except (DomainError, IntegrityError, DataError) as error:
            kept = _keep(sent, actor, describe(error))
            return ReplayAnswer(sent.key, "refused", replay=kept)
        if sale is None:
            kept = _keep(sent, actor, sent.problem or {})
            return ReplayAnswer(sent.key, "refused", replay=kept)
        waited = SaleReplay.objects.filter(
            till_id=sent.till_id, key=sent.key, status=ReplayStatus.REFUSED
        ).update(**_settled(actor, "", ReplayStatus.ACCEPTED, sale))
        if waited:
            tell_refused_sales(till_id=sent.till_id)
    return ReplayAnswer(sent.key, "accepted", sale=sale)


def _hold(till_id: int, key: str) -> None:
    advisory_lock("sales.till_key", f"{till_id}:{key}")


def _known(sent: OutageSale) -> ReplayAnswer | None:
    sale = Sale.objects.filter(till_id=sent.till_id, till_key=sent.key).first()
    if sale is not None:
        return ReplayAnswer(sent.key, "replayed", sale=sale)
    dismissed = SaleReplay.objects.filter(
        till_id=sent.till_id, key=sent.key, status=ReplayStatus.DISMISSED
    ).first()
    return None if dismissed is None else ReplayAnswer(sent.key, "refused", replay=dismissed)


def _make(sent: OutageSale, actor: Actor, rights: SellerRights) -> Sale | None:
    if sent.data is None:
        return None
    data = replace(sent.data, till_id=sent.till_id, till_key=sent.key, occurred_at=sent.occurred_at)
    return sell(data=data, actor=actor, rights=rights)


def _keep(sent: OutageSale, actor: Actor, problem: Problem) -> SaleReplay:
    kept, _created = SaleReplay.objects.update_or_create(
        till_id=sent.till_id,
        key=sent.key,
        defaults={"problem": problem},
        create_defaults={
            "occurred_at": sent.occurred_at,
            "body": sent.body,
            "problem": problem,
            "seller_id": actor.id,
            "seller_name": actor.name,
        },
    )
    tell_refused_sales(till_id=sent.till_id)
    return kept


def _settled(actor: Actor, reason: str, status: ReplayStatus, sale: Sale | None) -> dict[str, Any]:
    return {
        "status": status,
        "sale": sale,
        "settled_at": timezone.now(),
        "settled_by_name": actor.name,
        "settled_reason": reason,
        "updated_at": timezone.now(),
    }


def retry_replay(*, replay_id: int, data: SaleData, actor: Actor, rights: SellerRights) -> Sale:
    """Make a refused sale after all, by the rights of whoever settles it; ``data`` may have been corrected.

    Raises NotFound, ReplaySettled, and what `sell` raises; then it stays refused.
    """
    with transaction.atomic():
        row = _lock(replay_id)
        fixed = replace(data, till_id=row.till_id, till_key=row.key, occurred_at=row.occurred_at)
        sale = sell(data=fixed, actor=actor, rights=rights)
        _settle(row, actor, "", ReplayStatus.ACCEPTED, sale)
    return sale


def dismiss_replay(*, replay_id: int, reason: str, actor: Actor) -> SaleReplay:
    """Leave a refused sale out of the books, and say why. Raises NotFound, ReplaySettled."""
    with transaction.atomic():
        row = _lock(replay_id)
        _settle(row, actor, reason, ReplayStatus.DISMISSED, None)
    return row


def _lock(replay_id: int) -> SaleReplay:
    found = SaleReplay.objects.filter(pk=replay_id).first()
    if found is None:
        raise NotFound
    _hold(found.till_id, found.key)
    row = lock_rows(SaleReplay.objects.filter(pk=replay_id)).get()
    if row.status != ReplayStatus.REFUSED:
        raise ReplaySettled(status=row.status)
    return row


def _settle(row: SaleReplay, actor: Actor, reason: str, status: ReplayStatus, sale: Sale | None) -> None:
    for name, value in _settled(actor, reason, status, sale).items():
        setattr(row, name, value)
    row.save()
    tell_refused_sales(till_id=row.till_id)
    record_audit(
        action="sales.settle_replay",
        actor=actor,
        target_kind="sale_replay",
        target_id=row.pk,
        summary=f"{row.key} {status}: {reason}".strip(),
        data={"sale": sale.pk if sale else None},
    )
