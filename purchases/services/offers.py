"""Offers: take one in, settle what it means, confirm it, cancel it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ai_integration.errors import JobNotCancellable
from ai_integration.services import cancel_job, submit_job
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.numbering import next_number
from core.sources import Source
from files.enums import FileKind
from files.selectors import get_file
from files.services import store_file
from purchases.enums import BonusOrder, OfferKind, OfferScope, OfferStatus
from purchases.errors import SupplierRequired, UnsupportedOfferFile
from purchases.models import LIVE_STATUSES, Offer, OfferLine, Supplier
from purchases.reading import swap_tiers
from purchases.services.alerts import resolve_offer_alerts
from purchases.services.finishing import make_ready, reassess_offer
from purchases.services.offer_states import move_offer, require_status
from purchases.services.pricing import reprice_lines
from purchases.services.queue import READ_TABLE, enqueue
from purchases.services.settling import (
    lock_with_family,
    recount_offers,
    restore_superseded,
    settle_supplier,
)
from purchases.services.suppliers import learn_reading_facts, supplier_to_buy_from
from users.selectors import get_organization, local_today

__all__ = ["OfferData", "cancel_offer", "confirm_offer", "edit_offer", "upload_offer"]

SPREADSHEETS = frozenset({FileKind.CSV, FileKind.XLSX})
READABLE = frozenset({FileKind.PDF, FileKind.PNG, FileKind.JPEG, FileKind.TIFF})
EDITABLE = frozenset({"valid_from", "valid_until", "currency", "price_factor", "bonus_order", "scope"})
_MONEY = frozenset({"currency", "price_factor", "bonus_order"})
_CURRENCY_LETTERS = 3
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class OfferData:
    """What a person says of a list when handing it in; what stays empty is read from it or learned."""

    uploads: Sequence[Any] = ()
    file_ids: Sequence[UUID] = ()
    supplier_id: int | None = None
    kind: str = OfferKind.OFFER
    scope: str = OfferScope.FULL
    valid_from: date | None = None
    valid_until: date | None = None
    currency: str = ""
    price_factor: Decimal | None = None


def upload_offer(*, data: OfferData, actor: Actor) -> tuple[Offer, bool]:
    """(the offer, whether it is new). The same bytes for the same supplier while live answer the existing offer.

    PDFs and pictures go to the engine; spreadsheets are read by a task of ours.
    Raises SupplierRequired, SupplierNotFound, SupplierInactive, UnsupportedOfferFile, InvalidInput.
    """
    if (data.kind == OfferKind.OFFER) != (data.supplier_id is not None):
        raise SupplierRequired
    _check_terms(data.valid_from, data.valid_until, data.currency, data.price_factor)
    supplier = supplier_to_buy_from(data.supplier_id) if data.supplier_id is not None else None
    files = [store_file(upload=upload, actor=actor) for upload in data.uploads]
    files += [get_file(file_id) for file_id in data.file_ids]
    types = {file.kind for file in files}
    if not files or not (types <= READABLE or (len(files) == 1 and types <= SPREADSHEETS)):
        raise UnsupportedOfferFile(types=sorted(types))
    content_key = _content_key([file.sha256 for file in files])
    with transaction.atomic():
        existing = _live(supplier, content_key)
        if existing is not None:
            return existing, False
        try:
            with transaction.atomic():
                offer = _new_offer(data, supplier, files, content_key, actor)
        except IntegrityError:
            existing = _live(supplier, content_key)
            if existing is None:
                raise
            return existing, False
        if types <= READABLE:
            offer.job_id = _submit(offer, supplier, [file.pk for file in files], actor)
            offer.save(update_fields=["job_id"])
        else:
            enqueue(READ_TABLE, offer.pk)
    return offer, True


def _content_key(digests: Sequence[str]) -> str:
    """The SHA-256 of one file; of several, of their digests in order."""
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _live(supplier: Supplier | None, content_key: str) -> Offer | None:
    return Offer.objects.filter(supplier=supplier, content_key=content_key, status__in=LIVE_STATUSES).first()


def _new_offer(
    data: OfferData, supplier: Supplier | None, files: Sequence[Any], content_key: str, actor: Actor
) -> Offer:
    currency = data.currency or (supplier.currency if supplier else get_organization().currency)
    factor = data.price_factor or (supplier.price_factor if supplier else None)
    offer = Offer.objects.create(
        number=next_number("OF", local_today().year),
        kind=data.kind,
        supplier=supplier,
        file_id=files[0].pk,
        content_key=content_key,
        scope=data.scope,
        valid_from=data.valid_from,
        valid_until=data.valid_until,
        currency=currency,
        currency_settled=bool(data.currency),
        price_factor=factor or Decimal(1),
        price_factor_settled=factor is not None,
        bonus_order=supplier.bonus_order if supplier else "",
        uploaded_by_id=actor.id,
        uploaded_by_name=actor.name,
    )
    offer.more_files.set([file.pk for file in files[1:]])
    record_audit(
        action="purchases.upload_offer",
        actor=actor,
        target_kind="offer",
        target_id=offer.pk,
        summary=offer.number,
    )
    return offer


def _submit(offer: Offer, supplier: Supplier | None, file_ids: Sequence[UUID], actor: Actor) -> UUID:
    hints: dict[str, Any] = {}
    if supplier is not None:
        hints["supplier"] = supplier.name
        if supplier.reading_columns:
            hints["columns"] = supplier.reading_columns
        if supplier.bonus_order:
            hints["bonus_order"] = supplier.bonus_order
    job = submit_job(
        kind=offer.kind,
        file_ids=list(file_ids),
        source=Source("offer", str(offer.pk)),
        languages=["ar", "en"],
        hints=hints,
        actor=actor,
    )
    return UUID(str(job.pk))


def _check_terms(
    valid_from: date | None, valid_until: date | None, currency: str, factor: Decimal | None
) -> None:
    errors = []
    if valid_from and valid_until and valid_until < valid_from:
        errors.append(FieldError("valid_until", "invalid", _("An offer ends after it begins")))
    if currency and not (len(currency) == _CURRENCY_LETTERS and currency.isascii() and currency.isupper()):
        errors.append(FieldError("currency", "invalid", _("An ISO 4217 code, such as USD")))
    if factor is not None and factor <= 0:
        errors.append(FieldError("price_factor", "invalid", _("A factor is more than zero")))
    if errors:
        raise InvalidInput(errors=errors)


def edit_offer(*, offer_id: int, changes: Mapping[str, Any], actor: Actor, check: Any = None) -> Offer:
    """Change dates, scope, or what its prices mean; lines are recalculated. `check(offer)` judges the locked row.

    Currency and factor that a person states are settled. Raises OfferNotFound, OfferStateConflict, InvalidInput.
    """
    unknown = set(changes) - EDITABLE
    if unknown:
        raise InvalidInput(
            errors=[FieldError(name, "read_only", _("This cannot be changed")) for name in sorted(unknown)]
        )
    with transaction.atomic():
        offer = lock_with_family(offer_id)
        if check is not None:
            check(offer)
        allowed = (OfferStatus.READING, OfferStatus.MATCHING, OfferStatus.REVIEW, OfferStatus.READY)
        require_status(offer, *allowed)
        before = {name: str(getattr(offer, name)) for name in changes}
        turned = "bonus_order" in changes and changes["bonus_order"] != offer.bonus_order
        turn_tiers = turned and bool(offer.bonus_order)
        for name, value in changes.items():
            setattr(offer, name, value)
        _check_terms(offer.valid_from, offer.valid_until, offer.currency, offer.price_factor)
        offer.currency_settled = offer.currency_settled or "currency" in changes
        offer.price_factor_settled = offer.price_factor_settled or "price_factor" in changes
        offer.save()
        if _MONEY & set(changes) and offer.lines_stored_at is not None:
            _recalculate(offer, settle_order=turned, turn_tiers=turn_tiers)
        reassess_offer(offer)
        record_audit(
            action="purchases.edit_offer",
            actor=actor,
            target_kind="offer",
            target_id=offer.pk,
            summary=offer.number,
            data={"before": before, "after": {name: str(value) for name, value in changes.items()}},
        )
    return offer


def _recalculate(offer: Offer, *, settle_order: bool, turn_tiers: bool) -> None:
    """Net costs anew. When a person says which number is free, tiers that were read the other way are turned."""
    lines = list(OfferLine.objects.filter(offer=offer).order_by("pk"))
    if settle_order:
        for line in lines:
            if turn_tiers:
                line.bonus = swap_tiers(line.bonus)
            elif "bonus_order_unknown" in line.flags:
                line.bonus = _settled_tiers(line, offer.bonus_order)
            line.flags = [flag for flag in line.flags if flag != "bonus_order_unknown"]
    reprice_lines(offer, lines)
    recount_offers([offer.pk])


def _settled_tiers(line: OfferLine, order: str) -> list[Any]:
    """Tiers of unknown order are stored as printed, first number as bought."""
    turned = swap_tiers(line.bonus)
    return turned if order == BonusOrder.FREE_FIRST else swap_tiers(turned)


def confirm_offer(*, offer_id: int, actor: Actor, check: Any = None) -> Offer:
    """A person has looked: `review` becomes `ready`; what was settled is remembered as the supplier's way.

    Unsure lines stay out. Confirming a ready offer is a no-op. Raises OfferStateConflict.
    """
    with transaction.atomic():
        offer = lock_with_family(offer_id)
        if check is not None:
            check(offer)
        require_status(offer, OfferStatus.REVIEW, OfferStatus.READY)
        if offer.status == OfferStatus.READY and offer.confirmed_at is not None:
            return offer
        offer.currency_settled = offer.price_factor_settled = True
        offer.confirmed_at = timezone.now()
        offer.confirmed_by_id, offer.confirmed_by_name = actor.id, actor.name
        offer.review_reasons = []
        offer.save()
        if offer.supplier_id is not None:
            learn_reading_facts(
                supplier_id=offer.supplier_id,
                bonus_order=offer.bonus_order,
                price_factor=offer.price_factor,
                columns=offer.header.get("columns") or {},
            )
        if offer.status == OfferStatus.REVIEW:
            make_ready(offer)
        resolve_offer_alerts(offer)
        record_audit(
            action="purchases.confirm_offer",
            actor=actor,
            target_kind="offer",
            target_id=offer.pk,
            summary=offer.number,
        )
    return offer


def cancel_offer(*, offer_id: int, reason: str = "", actor: Actor) -> Offer:
    """Nothing is bought from it any more; lists that it replaced hold again. Cancelling twice is a no-op.

    A job is ended before the offer is locked: a result that arrives just now holds the job and waits for the offer.
    """
    with transaction.atomic():
        seen = Offer.objects.filter(pk=offer_id).only("status", "job_id").first()
        if seen is not None and seen.status == OfferStatus.READING and seen.job_id is not None:
            _cancel_job(seen.job_id, actor)
        offer = lock_with_family(offer_id)
        was = offer.status
        if was != OfferStatus.CANCELLED:
            move_offer(offer, OfferStatus.CANCELLED)
        elif seen is None or seen.status == OfferStatus.CANCELLED:
            return offer
        if was == OfferStatus.READY and offer.supplier_id is not None:
            restore_superseded(offer)
            settle_supplier(supplier_id=offer.supplier_id)
        resolve_offer_alerts(offer)
        record_audit(
            action="purchases.cancel_offer",
            actor=actor,
            target_kind="offer",
            target_id=offer.pk,
            summary=offer.number,
            data={"reason": reason},
        )
        offer.refresh_from_db()
    return offer


def _cancel_job(job_id: UUID, actor: Actor) -> None:
    """Our receiver cancels the offer with it. A job that ended meanwhile is left as it ended."""
    try:
        cancel_job(job_id=job_id, actor=actor)
    except JobNotCancellable:
        log.info("job_ended_before_cancel", job=str(job_id))
