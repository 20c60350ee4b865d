"""Net costs of an offer's lines: one formula, applied when lines are stored and again when money facts change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import round_unit_price
from purchases.bonus import best_net_cost
from purchases.enums import LineFlag, OfferKind
from purchases.models import Offer, OfferLine
from purchases.reading import usable_tiers
from purchases.reading.tiers import Tier
from purchases.services.line_writes import PriceWrite, write_prices
from purchases.services.rates import rate_to_organization
from users.selectors import local_today

__all__ = ["Scale", "cost_of", "flags_for", "reprice_lines", "scale_of"]

#: Above this a cost does not fit its column: the scale is wrong, whatever a person said.
_MOST = Decimal(99999999999)


@dataclass(frozen=True)
class Scale:
    """What a printed price is worth: printed x `factor` x `rate` = organisation's currency. `rate` None: unknown."""

    factor: Decimal
    rate: Decimal | None
    is_notice: bool = False

    def worth(self, printed: Decimal) -> Decimal | None:
        return None if self.rate is None else printed * self.factor * self.rate


def scale_of(offer: Offer) -> Scale:
    """The offer's scale, with today's rate."""
    rate = rate_to_organization(currency=offer.currency, on=local_today())
    return Scale(
        factor=Decimal(offer.price_factor), rate=rate, is_notice=offer.kind == OfferKind.PRICE_NOTICE
    )


def cost_of(
    *, price: Decimal | None, discounts: Sequence[Decimal], bonus: Sequence[Tier], scale: Scale
) -> Decimal | None:
    """Net cost per unit that the price is for, in the organisation's currency, on the best usable tier."""
    if price is None or scale.is_notice:
        return None
    worth = scale.worth(price)
    if worth is None or worth > _MOST:
        return None
    return round_unit_price(best_net_cost(worth, discounts, usable_tiers(bonus)))


def flags_for(flags: Sequence[str], bonus: Sequence[Tier], scale: Scale) -> list[str]:
    """`flags` with those that follow from tiers and rate set or cleared."""
    waiting = [tier for tier in bonus if not tier.get("confirmed")]
    derived = {
        LineFlag.SUSPECT_BONUS.value: any(tier.get("suspect") for tier in waiting),
        LineFlag.EXCEPTIONAL_BONUS.value: any(tier.get("exceptional") for tier in waiting),
        LineFlag.NO_EXCHANGE_RATE.value: scale.rate is None,
    }
    kept = [flag for flag in flags if flag not in derived]
    return [*kept, *(flag for flag, holds in derived.items() if holds)]


def reprice_lines(offer: Offer, lines: Sequence[OfferLine]) -> None:
    """Recalculate `lines` of the locked offer from what they now hold. Two statements, however many lines."""
    scale = scale_of(offer)
    writes = []
    for line in lines:
        line.net_cost = cost_of(price=line.price, discounts=line.discounts, bonus=line.bonus, scale=scale)
        line.flags = flags_for(line.flags, line.bonus, scale)
        writes.append(PriceWrite(line.pk, line.net_cost, line.bonus, line.flags))
    write_prices(writes)
    if offer.exchange_rate != scale.rate:
        offer.exchange_rate = scale.rate
        offer.save(update_fields=["exchange_rate", "updated_at"])
