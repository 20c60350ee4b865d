"""From a read document to stored lines: bounded, set-based, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from ai_integration.selectors import job_result
from core.errors import DomainError
from core.text import fold
from files.selectors import read_table
from purchases.enums import OfferKind, OfferScope, OfferStatus
from purchases.models import Offer, OfferLine
from purchases.reading import (
    NoPriceTable,
    ReadDocument,
    ReadLine,
    document_from_result,
    document_from_table,
    heading_score,
)
from purchases.services.offer_states import fail_offer, lock_offer, move_offer
from purchases.services.pricing import Scale, cost_of, flags_for, scale_of
from purchases.services.queue import INGEST, enqueue

__all__ = ["read_table_offer", "store_document", "store_result"]

CHUNK = 1000


def store_result(*, offer_id: int) -> bool:
    """Store the lines that the engine read; True when the offer now waits to be matched.

    Idempotent: a redelivered task finds the lines stored and goes on to matching.
    """
    offer = Offer.objects.get(pk=offer_id)
    if offer.status != OfferStatus.MATCHING:
        return False
    if offer.lines_stored_at is not None or offer.job_id is None:
        return offer.lines_stored_at is not None
    notice = offer.kind == OfferKind.PRICE_NOTICE
    document = document_from_result(job_result(offer.job_id), price_notice=notice)
    return store_document(offer_id=offer_id, document=document)


def read_table_offer(*, offer_id: int) -> None:
    """Read a spreadsheet offer, store its lines and go on to matching; a sheet that is no price list fails the offer."""
    offer = Offer.objects.select_related("supplier").get(pk=offer_id)
    if offer.status != OfferStatus.READING or offer.job_id is not None:
        return
    try:
        table = read_table(offer.file_id, score=heading_score)
        document = document_from_table(
            [table.header, *table.rows],
            known=offer.supplier.reading_columns if offer.supplier else {},
            bonus_order=offer.bonus_order,
            numbers=[0, *table.row_numbers],
        )
    except NoPriceTable:
        _fail(offer_id, "no_table_found", "No row of the sheet names a product column and a price column.")
        return
    except DomainError as error:
        _fail(offer_id, "malformed", str(error))
        return
    with transaction.atomic():
        locked = lock_offer(offer_id)
        if locked.status != OfferStatus.READING:
            return
        move_offer(locked, OfferStatus.MATCHING)
        store_document(offer_id=offer_id, document=document)
        enqueue(INGEST, offer_id)


def _fail(offer_id: int, code: str, message: str) -> None:
    with transaction.atomic():
        offer = lock_offer(offer_id)
        if offer.status == OfferStatus.READING:
            fail_offer(offer, code=code, message=message)


def store_document(*, offer_id: int, document: ReadDocument) -> bool:
    """Store header and lines of the offer (matching, no lines yet) in one transaction. False: somebody else did."""
    with transaction.atomic():
        offer = lock_offer(offer_id)
        if offer.status != OfferStatus.MATCHING or offer.lines_stored_at is not None:
            return offer.status == OfferStatus.MATCHING
        _take_header(offer, document)
        scale = scale_of(offer)
        _flag_doubles(document.lines)
        for chunk in _chunks(document.lines):
            OfferLine.objects.bulk_create([_row(offer, line, scale) for line in chunk], ignore_conflicts=True)
        offer.exchange_rate = scale.rate
        offer.line_count = offer.unmatched_count = offer.progress_total = len(document.lines)
        offer.progress_done = 0
        offer.lines_stored_at = timezone.now()
        offer.save()
    return True


def _take_header(offer: Offer, document: ReadDocument) -> None:
    """What the document says of itself. What a person stated at upload stands; a currency they disagree on is unsettled."""
    offer.header = {
        "supplier": document.supplier_name,
        "number": document.number,
        "date": document.issued_date.isoformat() if document.issued_date else None,
        "columns": document.columns,
    }
    offer.warnings = document.warnings
    offer.page_count = document.page_count
    offer.missing_pages = document.missing_pages
    offer.bonus_order = document.bonus_order or offer.bonus_order
    if offer.valid_from is None:
        offer.valid_from = document.issued_date
    dates_agree = not (offer.valid_from and document.valid_until and document.valid_until < offer.valid_from)
    if offer.valid_until is None and dates_agree:
        offer.valid_until = document.valid_until
    if document.currency and document.currency != offer.currency and not offer.currency_settled:
        offer.currency = document.currency
    else:
        offer.currency_settled = True
    previous = _previous(offer)
    offer.previous = previous


def _previous(offer: Offer) -> Offer | None:
    """The supplier's last list that was ready before this one; a full list is compared with a full one if there is any."""
    if offer.supplier_id is None:
        return None
    seen = (
        Offer.objects.filter(supplier_id=offer.supplier_id, ready_at__isnull=False)
        .exclude(pk=offer.pk)
        .exclude(status=OfferStatus.CANCELLED)
        .order_by("-pk")
    )
    full = seen.filter(scope=OfferScope.FULL).first() if offer.scope == OfferScope.FULL else None
    return full or seen.first()


def _flag_doubles(lines: Sequence[ReadLine]) -> None:
    """The same name twice at different prices: somebody should look which one is meant."""
    prices: dict[tuple[str, str, str], set[Decimal | None]] = {}
    for line in lines:
        prices.setdefault(_double_key(line), set()).add(line.price)
    for line in lines:
        if len(prices[_double_key(line)]) > 1:
            line.flag("duplicate_line")


def _double_key(line: ReadLine) -> tuple[str, str, str]:
    return line.name_key or line.line_key, fold(line.pack), line.supplier_code


def _row(offer: Offer, line: ReadLine, scale: Scale) -> OfferLine:
    values: dict[str, Any] = dict(vars(line))
    values["flags"] = flags_for(line.flags, line.bonus, scale)
    return OfferLine(
        offer=offer,
        supplier_id=offer.supplier_id,
        net_cost=cost_of(price=line.price, discounts=line.discounts, bonus=line.bonus, scale=scale),
        **values,
    )


def _chunks(lines: Sequence[ReadLine]) -> Iterator[Sequence[ReadLine]]:
    for start in range(0, len(lines), CHUNK):
        yield lines[start : start + CHUNK]
