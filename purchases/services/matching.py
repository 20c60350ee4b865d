"""From a line's name to a product: by identifier, by a learned name, else by likeness with a guard.

Runs in chunks, each its own transaction, so that progress shows and a killed worker loses one chunk at most.
A line that was decided (by an earlier run, or by a person meanwhile) is never decided again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.text import fold
from inventory.selectors import catalogue_for_matching, resolve_products
from purchases.enums import MatchMethod, MatchStatus, OfferStatus, PriceUnit
from purchases.matching import Decision, Index, Line, Match, build_index, match_lines
from purchases.models import Offer, OfferLine, SupplierAlias
from purchases.services.finishing import finish_offer
from purchases.services.line_writes import MatchWrite, write_matches
from purchases.services.offer_states import lock_offer
from purchases.services.units import Units, buying_units, price_unit_for, unit_for_line

__all__ = ["match_offer"]

CHUNK = 1000
_GTIN_DIGITS = 14
_STATUS = {
    Decision.ACCEPT: MatchStatus.MATCHED,
    Decision.UNSURE: MatchStatus.UNSURE,
    Decision.NONE: MatchStatus.UNMATCHED,
}
_SCORE = Decimal("0.0001")


def match_offer(*, offer_id: int) -> None:
    """Match every undecided line of the offer (matching) and finish it. Safe to run again, and twice at once."""
    offer = Offer.objects.get(pk=offer_id)
    if offer.status != OfferStatus.MATCHING or offer.lines_stored_at is None:
        return
    index = build_index(catalogue_for_matching())
    while _match_chunk(offer_id, index):
        continue
    finish_offer(offer_id=offer_id)


def _match_chunk(offer_id: int, index: Index) -> bool:
    """Decide on the next lines; False when none are left, or the offer is not being matched any more."""
    with transaction.atomic():
        offer = lock_offer(offer_id)
        if offer.status != OfferStatus.MATCHING:
            return False
        lines = list(
            OfferLine.objects.filter(offer=offer, matched_at__isnull=True)
            .order_by("position")
            .only("id", "raw_name", "name_key", "pack", "maker", "barcode", "supplier_code", "price_unit")[
                :CHUNK
            ]
        )
        if not lines:
            return False
        write_matches(_decided(offer, lines, index))
        offer.progress_done = min(offer.progress_done + len(lines), offer.progress_total)
        offer.save(update_fields=["progress_done", "updated_at"])
    return True


def _decided(offer: Offer, lines: Sequence[OfferLine], index: Index) -> list[MatchWrite]:
    aliases = _aliases(offer, lines)
    taught = {name: alias.product_id for name, alias in aliases.items() if alias.product_id is not None}
    now = resolve_products(taught.values())  # a product may have been merged since
    learned = {name: now[product] for name, product in taught.items() if product in now}
    matches = match_lines(index, [_as_line(line) for line in lines], learned)
    units = buying_units(match.product_id for match in matches if match.product_id is not None)
    return [
        _write(line, match, aliases.get(line.name_key), units)
        for line, match in zip(lines, matches, strict=True)
    ]


def _aliases(offer: Offer, lines: Sequence[OfferLine]) -> dict[str, SupplierAlias]:
    """What people decided of these names of this supplier."""
    if offer.supplier_id is None:
        return {}
    names = {line.name_key for line in lines if line.name_key}
    known = SupplierAlias.objects.filter(supplier=offer.supplier_id, name_key__in=names)
    return {alias.name_key: alias for alias in known}


def _as_line(line: OfferLine) -> Line:
    codes = [fold(line.barcode)] if line.barcode else []
    codes += [code.zfill(_GTIN_DIGITS) for code in codes if code.isdigit() and len(code) <= _GTIN_DIGITS]
    return Line(name=line.raw_name, pack=line.pack, maker=line.maker, identifiers=tuple(codes))


def _write(line: OfferLine, match: Match, alias: SupplierAlias | None, units: Units) -> MatchWrite:
    if alias is not None and alias.product_id is None:
        return MatchWrite(line.pk, MatchStatus.IGNORED.value, method=MatchMethod.ALIAS.value)
    unit_id, priced_for = None, ""
    if match.product_id is not None:
        unit = unit_for_line(units.get(match.product_id, ()), line.price_unit)
        unit_id = unit.id if unit else None
        if alias is not None and alias.unit_id is not None and alias.product_id == match.product_id:
            unit_id = alias.unit_id
            if line.price_unit == PriceUnit.UNSURE:  # a person said once what this price is for
                priced_for = next(
                    (price_unit_for(one).value for one in units[match.product_id] if one.id == unit_id), ""
                )
    return MatchWrite(
        line.pk,
        _STATUS[match.decision].value,
        product_id=match.product_id,
        unit_id=unit_id,
        method=match.method.value if match.method is not None and match.product_id is not None else "",
        score=Decimal(str(match.score)).quantize(_SCORE) if match.score else None,
        candidates=[_candidate(candidate) for candidate in match.candidates],
        priced_for=priced_for,
    )


def _candidate(candidate: Any) -> Mapping[str, Any]:
    return {
        "product": candidate.product_id,
        "name": candidate.name,
        "score": f"{candidate.score:.4f}",
        "differs": [difference.value for difference in candidate.differs],
    }
