"""Is the money of an offer sure enough to buy from it? Reasons for review, price jumps, and the evidence for the scale."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from statistics import median
from typing import Any

from inventory.selectors import last_unit_costs, price_book
from purchases.enums import LineFlag, OfferKind, PriceUnit, ReviewReason
from purchases.models import Offer, OfferLine
from purchases.selectors.changes import pair_lines
from users.selectors import get_organization, local_today

__all__ = ["find_price_jumps", "review_reasons", "scale_evidence"]

#: A scale is wrong by 10 or 100, never by 3: within these the prices are of one scale.
SAME_SCALE = (Decimal("0.2"), Decimal(5))
#: So few comparable prices prove nothing.
ENOUGH_EVIDENCE = 3
#: From this share of odd lines on a person should look before anything is bought.
SUSPICIOUS_SHARE = Decimal("0.2")
_FEW_LINES = 5
_ODD = (
    LineFlag.ARITHMETIC, LineFlag.LOW_CONFIDENCE, LineFlag.NO_PRICE, LineFlag.OUT_OF_BOUNDS, LineFlag.SUSPECT_BONUS,
    LineFlag.BONUS_UNREADABLE, LineFlag.PRICE_UNIT_UNSURE,
)  # fmt: skip


def review_reasons(offer: Offer) -> list[dict[str, Any]]:
    """Why a person must look first: [{code, params}], empty when nothing at stake is unsure. A confirmed offer has none."""
    if offer.confirmed_at is not None:
        return []
    reasons: list[dict[str, Any]] = []
    if offer.missing_pages:
        reasons.append(_reason(ReviewReason.PARTIAL_READING, pages=offer.missing_pages))
    if offer.line_count == 0:
        reasons.append(_reason(ReviewReason.NO_LINES))
    if not offer.currency_settled:
        reasons.append(_reason(ReviewReason.CURRENCY_UNSETTLED, currency=offer.currency))
    if offer.kind == OfferKind.OFFER:
        reasons += _money_reasons(offer)
    return reasons


def _reason(code: ReviewReason, **params: Any) -> dict[str, Any]:
    return {"code": code.value, "params": params}


def _money_reasons(offer: Offer) -> list[dict[str, Any]]:
    reasons = []
    if offer.exchange_rate is None:
        reasons.append(_reason(ReviewReason.NO_EXCHANGE_RATE, currency=offer.currency))
    else:
        ratio, seen = scale_evidence(offer)
        sure = offer.price_factor_settled or offer.matched_count == 0
        if ratio is None and not sure:
            reasons.append(_reason(ReviewReason.PRICE_FACTOR_UNSETTLED, price_factor=str(offer.price_factor)))
        elif ratio is not None and not SAME_SCALE[0] <= ratio <= SAME_SCALE[1]:
            reasons.append(
                _reason(
                    ReviewReason.PRICE_FACTOR_UNSETTLED,
                    price_factor=str(offer.price_factor),
                    ratio=str(round(ratio, 2)),
                    compared=seen,
                )
            )
    flags = OfferLine.objects.filter(offer=offer).exclude(flags=[]).values_list("flags", flat=True)
    found = [set(line) for line in flags]
    unknown_order = sum(LineFlag.BONUS_ORDER_UNKNOWN in line for line in found)
    if unknown_order:
        reasons.append(_reason(ReviewReason.BONUS_ORDER_UNSETTLED, lines=unknown_order))
    odd = sum(bool(line & set(_ODD)) for line in found)
    if odd >= _FEW_LINES and odd > SUSPICIOUS_SHARE * offer.line_count:
        reasons.append(_reason(ReviewReason.MANY_SUSPICIOUS, lines=odd, of=offer.line_count))
    return reasons


def scale_evidence(offer: Offer) -> tuple[Decimal | None, int]:
    """(median of this offer's prices over known ones, how many were compared); None with too few to tell.

    Known prices: the same names in the supplier's previous offer; for matched lines what other suppliers ask for the
    same product and unit today, else what we last paid for it, else what we sell it for.
    """
    ratios = _against_previous(offer)
    if len(ratios) < ENOUGH_EVIDENCE:
        ratios += _against_others(offer)
    if len(ratios) < ENOUGH_EVIDENCE:
        return None, len(ratios)
    return median(ratios), len(ratios)


def _against_previous(offer: Offer) -> list[Decimal]:
    previous = offer.previous
    if previous is None or not previous.exchange_rate or not offer.exchange_rate:
        return []
    pairs, _gone = pair_lines(offer, previous)
    worth = Decimal(offer.exchange_rate) / Decimal(previous.exchange_rate)
    return [
        row.price / before.price * worth for row, before in pairs if before and row.price and before.price
    ]


def _against_others(offer: Offer) -> list[Decimal]:
    lines = list(
        OfferLine.objects.filter(
            offer=offer, product__isnull=False, net_cost__gt=0, price_unit=PriceUnit.PACK
        ).values_list("product_id", "unit_id", "net_cost", "unit__factor")
    )
    products = {line[0] for line in lines}
    others: dict[tuple[int, int | None], list[Decimal]] = {}
    asked = OfferLine.objects.filter(is_current=True, product__in=products, net_cost__gt=0).exclude(
        supplier=offer.supplier_id
    )
    for product, unit, cost in asked.values_list("product_id", "unit_id", "net_cost"):
        others.setdefault((product, unit), []).append(Decimal(cost or 0))
    paid = last_unit_costs(products)
    sold_for = price_book(products, on=local_today())
    ratios = []
    for product, unit, cost, factor in lines:
        known = others.get((product, unit), [])
        if not known and product in paid and factor:
            known = [paid[product] * factor]
        if not known and unit in sold_for.by_unit:
            known = [sold_for.by_unit[unit]]
        if known:
            ratios.append(Decimal(cost or 0) / median(known))
    return ratios


def find_price_jumps(offer: Offer) -> list[tuple[int, str, Decimal]]:
    """[(line, name, per cent dearer)] of lines dearer than in the previous offer by more than the policy allows."""
    previous = offer.previous
    if previous is None or previous.currency != offer.currency:
        return []
    limit = get_organization().price_jump_percent
    pairs, _gone = pair_lines(offer, previous)
    return _jumps(pairs, limit)


def _jumps(pairs: Sequence[tuple[Any, Any]], limit: Decimal) -> list[tuple[int, str, Decimal]]:
    found = []
    for row, before in pairs:
        if before is None or not row.price or not before.price:
            continue
        percent = (row.price / before.price - 1) * 100
        if percent > limit:
            found.append((row.id, row.raw_name, percent.quantize(Decimal("0.1"))))
    return found
