"""What a new selling price is, and what is to be said of it. Pure: no database.

Prices, legal maximums and costs are per one unit (strip, box), in the organisation's currency. A margin is over cost:
(price - cost) / cost.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from hashlib import sha256

from core.money import money_step, round_money
from inventory.enums import PriceWarning, Refusal, RepriceMethod
from users.enums import PriceRounding

__all__ = [
    "JudgedPrice",
    "PriceFacts",
    "RepriceRule",
    "Rounding",
    "calculated_price",
    "fingerprint_of",
    "judge",
    "margin_percent",
    "round_price",
]

ZERO, HUNDRED = Decimal(0), Decimal(100)
#: A price that moves by more than this share deserves a second look.
BIG_JUMP_PERCENT = Decimal(50)
_WAYS = {
    PriceRounding.NEAREST: ROUND_HALF_UP,
    PriceRounding.UP: ROUND_CEILING,
    PriceRounding.DOWN: ROUND_FLOOR,
}


@dataclass(frozen=True)
class Rounding:
    """``step`` is the coin; charm prices end a hundredth of it below a multiple: 4.99 of 1, 2,990 of 1,000."""

    rule: PriceRounding
    step: Decimal
    currency: str


@dataclass(frozen=True)
class PriceFacts:
    """What is known of one unit before its price changes. ``cost`` is what replacing it costs; None: unknown.

    ``old_price`` may be a share of another unit's; ``has_own`` says that it is not. ``given`` is a price that a list
    states for it. ``batch_id`` names a batch with a price of its own.
    """

    unit_id: int
    product_id: int
    factor: int = 1
    old_price: Decimal | None = None
    legal_maximum: Decimal | None = None
    cost: Decimal | None = None
    given: Decimal | None = None
    batch_id: int | None = None
    has_own: bool = True


@dataclass(frozen=True)
class RepriceRule:
    """``percent`` changes the price (percent) or is the margin over cost (margin); ``price`` is the fixed price."""

    method: RepriceMethod
    percent: Decimal | None = None
    price: Decimal | None = None


@dataclass(frozen=True)
class JudgedPrice:
    """A price proposed for a unit. ``new_price`` None: none could be calculated, ``refusal`` says why."""

    facts: PriceFacts
    new_price: Decimal | None
    refusal: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def is_change(self) -> bool:
        return self.new_price is None or self.new_price != self.facts.old_price or not self.facts.has_own


def round_price(price: Decimal, rounding: Rounding, *, most: Decimal | None = None) -> Decimal:
    """``price`` as a price that can be paid, never zero for something above it.

    Rounding alone never lifts a price above ``most``: what would be is rounded down instead.
    """
    if price <= 0:
        return round_money(price, rounding.currency)
    if rounding.rule is PriceRounding.EXACT:
        rounding = Rounding(PriceRounding.NEAREST, money_step(rounding.currency), rounding.currency)
    rounded = _stepped(price, rounding, rounding.rule)
    if most is not None and price <= most < rounded:
        down = _stepped(most, rounding, PriceRounding.DOWN)
        return down if ZERO < down <= most else price
    return rounded


def _stepped(price: Decimal, rounding: Rounding, way: PriceRounding) -> Decimal:
    step = rounding.step
    below = ZERO
    if rounding.rule is PriceRounding.CHARM:
        below = max(step / HUNDRED, money_step(rounding.currency))
    how = _WAYS.get(way, ROUND_HALF_UP)
    steps = ((price + below) / step).quantize(Decimal(1), rounding=how)
    if steps < 1:
        return (
            ZERO
            if way is PriceRounding.DOWN and rounding.rule is not way
            else _smallest(step - below, rounding)
        )
    return round_money(steps * step - below, rounding.currency)


def _smallest(price: Decimal, rounding: Rounding) -> Decimal:
    return max(round_money(price, rounding.currency), money_step(rounding.currency))


def calculated_price(rule: RepriceRule, facts: PriceFacts) -> Decimal | Refusal:
    """The price before rounding, or why there is none."""
    if rule.method is RepriceMethod.PERCENT:
        change = 1 + (rule.percent or ZERO) / HUNDRED
        return Refusal.NO_PRICE if facts.old_price is None else facts.old_price * change
    if rule.method is RepriceMethod.MARGIN:
        return Refusal.NO_COST if facts.cost is None else facts.cost * (1 + (rule.percent or ZERO) / HUNDRED)
    if rule.method is RepriceMethod.LEGAL:
        return Refusal.NO_LEGAL_MAXIMUM if facts.legal_maximum is None else facts.legal_maximum
    if rule.method is RepriceMethod.FIXED:
        return Refusal.NO_PRICE if rule.price is None else rule.price
    return Refusal.NO_PRICE if facts.given is None else facts.given


def judge(rule: RepriceRule, facts: PriceFacts, rounding: Rounding) -> JudgedPrice:
    """The rounded price of ``facts`` under ``rule``, refused above the legal maximum, with what is to be looked at."""
    raw = calculated_price(rule, facts)
    if isinstance(raw, Refusal):
        return JudgedPrice(facts, None, raw)
    as_stated = rule.method in (RepriceMethod.FIXED, RepriceMethod.TYPED)
    new = raw if as_stated else round_price(raw, rounding, most=facts.legal_maximum)
    return judge_price(facts, new)


def judge_price(facts: PriceFacts, new: Decimal) -> JudgedPrice:
    """What is to be said of a price that somebody names."""
    refusal = ""
    if new <= 0:
        refusal = Refusal.NOT_POSITIVE.value
    elif facts.legal_maximum is not None and new > facts.legal_maximum:
        refusal = Refusal.ABOVE_LEGAL_MAXIMUM.value
    return JudgedPrice(facts, new, refusal, tuple(_warnings(facts, new)))


def _warnings(facts: PriceFacts, new: Decimal) -> Iterable[str]:
    if facts.cost is None:
        yield PriceWarning.COST_UNKNOWN.value
    elif new < facts.cost:
        yield PriceWarning.BELOW_REPLACEMENT_COST.value
    old = facts.old_price
    if old and abs(new - old) / old * HUNDRED > BIG_JUMP_PERCENT:
        yield PriceWarning.BIG_JUMP.value


def margin_percent(price: Decimal | None, cost: Decimal | None) -> Decimal | None:
    """(price - cost) / cost in per cent, one decimal; None where either is unknown or nothing was paid."""
    if price is None or not cost:
        return None
    return ((price - cost) / cost * HUNDRED).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def fingerprint_of(lines: Iterable[JudgedPrice], *, context: str) -> str:
    """The same for the same prices, costs and legal maximums leading to the same new prices, in any order."""
    told = sorted(
        "|".join(
            str(part if not isinstance(part, Decimal) else part.normalize())
            for part in (
                line.facts.unit_id, line.facts.batch_id, line.facts.old_price, line.facts.legal_maximum,
                line.facts.cost, line.new_price,
            )
        )
        for line in lines
    )  # fmt: skip
    return sha256("\n".join([context, *told]).encode()).hexdigest()
