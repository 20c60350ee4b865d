"""Selling prices out of price lists: a supplier's public prices, its net costs with a margin, an authority's notice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.money import round_unit_price
from core.sources import Source
from core.transactions import require_transaction
from inventory.enums import PriceSource, RepriceMethod
from inventory.models import LegalPrice, Repricing
from inventory.services import (
    PriceData,
    RepricingData,
    TypedPrice,
    draft_repricing,
    set_legal_prices,
)
from purchases.enums import MatchStatus, OfferKind, OfferStatus, PriceBasis, PriceUnit
from purchases.models import Offer, OfferLine
from purchases.selectors.offers import get_offer
from purchases.selectors.planning import current_offer_lines
from purchases.selectors.replacement import replacement_costs
from purchases.services.pricing import Scale, scale_of
from users.selectors import local_today

__all__ = ["offered_by", "prices_from_offer", "reprice_from_offer", "set_legal_prices_from_notice"]

#: Lists whose prices may be taken over: read, and not called off.
_USABLE = (OfferStatus.REVIEW, OfferStatus.READY)


def reprice_from_offer(
    *, offer_id: int, data: RepricingData, actor: Actor, basis: PriceBasis = PriceBasis.PUBLIC_PRICE
) -> Repricing:
    """Draft the prices that a list states, to be looked at and applied. Raises OfferNotFound, InvalidInput.

    ``data`` gives tier, rounding and date; its ``percent`` is the margin where the basis is the net cost.
    """
    require_transaction()
    whole = prices_from_offer(offer_id=offer_id, data=data, basis=basis)
    return draft_repricing(data=whole, actor=actor, costs_of=replacement_costs)


def prices_from_offer(*, offer_id: int, data: RepricingData, basis: PriceBasis) -> RepricingData:
    """``data`` with the prices of the list's matched lines, in the organisation's currency; three statements.

    Of two lines for one unit the later one speaks. Raises OfferNotFound, InvalidInput where the list names no such price.
    """
    offer = get_offer(offer_id)
    if offer.status not in _USABLE:
        raise _wrong("offer", "not_usable", _("This list is not in use"))
    stated = _stated(offer, basis, data.percent, only=data.selection.product_ids)
    prices = tuple(TypedPrice(unit, price) for unit, price in stated.items())
    if not prices:
        raise _wrong("offer", "no_prices", _("No matched line of this list states such a price"))
    is_notice = offer.kind == OfferKind.PRICE_NOTICE
    return replace(
        data,
        method=RepriceMethod.OFFER,
        prices=prices,
        source=PriceSource.NOTICE if is_notice else PriceSource.OFFER,
        source_note=f"{offer.number} {offer.supplier.name if offer.supplier else ''}".strip(),
    )


def _stated(
    offer: Offer, basis: PriceBasis, percent: Decimal | None = None, only: Iterable[int] | None = None
) -> dict[int, Decimal]:
    scale = scale_of(offer)
    wanted = None if only is None else set(only)
    found: dict[int, Decimal] = {}
    for line in _priced_lines(offer):
        if wanted is not None and line.product_id not in wanted:
            continue
        price = _price_of(line, basis, scale, percent)
        if price is not None and line.unit_id is not None and price > 0:
            found[line.unit_id] = round_unit_price(price)
    return found


def _price_of(line: OfferLine, basis: PriceBasis, scale: Scale, percent: Decimal | None) -> Decimal | None:
    if basis == PriceBasis.NET_COST:
        return None if line.net_cost is None else line.net_cost * (1 + (percent or Decimal(0)) / 100)
    printed = line.public_price
    if printed is None and scale.is_notice:
        printed = line.price
    return None if printed is None else scale.worth(printed)


def _priced_lines(offer: Offer) -> Iterable[OfferLine]:
    lines = OfferLine.objects.filter(
        offer=offer, match_status=MatchStatus.MATCHED, unit__isnull=False, product__merged_into__isnull=True
    )
    return lines.exclude(price_unit=PriceUnit.UNSURE).order_by("position", "pk")


def offered_by(supplier_id: int) -> tuple[int, ...]:
    """The products that a supplier offers today."""
    return tuple(
        sorted({line.product_id for line in current_offer_lines() if line.supplier_id == supplier_id})
    )


def set_legal_prices_from_notice(
    *, offer_id: int, actor: Actor, valid_from: date | None = None
) -> list[LegalPrice]:
    """Take over the maximums of an authority's notice. Selling prices stay: what is above them now, a repricing brings down.

    ``valid_from``: the notice's own day, else today. Raises OfferNotFound, InvalidInput.
    """
    require_transaction()
    offer = get_offer(offer_id)
    if offer.kind != OfferKind.PRICE_NOTICE:
        raise _wrong("offer", "no_notice", _("Only an authority's price notice states legal maximums"))
    if offer.status not in _USABLE:
        raise _wrong("offer", "not_usable", _("This list is not in use"))
    starts = valid_from or offer.valid_from or local_today()
    stated = _stated(offer, PriceBasis.PUBLIC_PRICE)
    if not stated:
        raise _wrong("offer", "no_prices", _("No matched line of this list states such a price"))
    return set_legal_prices(
        prices=[PriceData(unit, price, starts) for unit, price in stated.items()],
        source=Source("purchases.offer", str(offer.pk)),
        note=offer.number,
        actor=actor,
    )


def _wrong(field: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(field, code, detail)])
