"""The plan: what to buy where, what was left out and why. Deterministic: same input, same plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from core.money import round_unit_price
from purchases.bonus import best_net_cost, net_cost
from purchases.planning.choices import Choice, Product, enumerate_choices
from purchases.planning.demand import Outlook
from purchases.planning.suppliers import Selection, select
from purchases.planning.types import (
    DemandSource,
    Excluded,
    Note,
    Plan,
    PlanInput,
    PlanLine,
    ProductNeed,
    Rules,
    SupplierOption,
    SupplierTerms,
)

__all__ = ["FORMULA", "make_plan"]

#: Frozen on every line with its inputs: which rule made it.
FORMULA = "newsvendor-1"
_HUNDRED = Decimal(100)
#: A tier that needs up to this much more than the maximum leaves room for is worth a word.
_NEARLY = 1.25
_TENTH = Decimal("0.1")


def make_plan(given: PlanInput) -> Plan:
    """Plan `given` within its budget. Every product of `needs` ends in `lines` or in `excluded`, never in both."""
    terms = {one.supplier_id: one for one in given.suppliers}
    usable, refused = _usable_options(given.options, terms, given.rules)
    needs = sorted(given.needs, key=lambda need: need.product_id)
    products = [
        enumerate_choices(need, usable.get(need.product_id, ()), terms, given.rules) for need in needs
    ]
    selection = select(products, terms, given.budget)
    lines, excluded = [], []
    for product in products:
        choice = selection.chosen.get(product.need.product_id)
        if choice is not None:
            lines.append(_line(product, choice, selection, given.rules))
        else:
            excluded.append(_excluded(product, selection, refused, given))
    gap = max(1 - selection.worth / selection.bound, 0.0) if selection.bound > 0 else None
    return Plan(
        lines=tuple(lines),
        excluded=tuple(excluded),
        totals=selection.totals,
        worth=selection.worth,
        bound=selection.bound,
        gap=gap,
        cutoff=selection.cutoff,
    )


def _usable_options(
    options: Sequence[SupplierOption], terms: Mapping[int, SupplierTerms], rules: Rules
) -> tuple[dict[int, list[SupplierOption]], dict[int, tuple[str, SupplierOption]]]:
    """Options by product; and for products that lost one to the shelf-life rule, which and why."""
    usable: dict[int, list[SupplierOption]] = {}
    refused: dict[int, tuple[str, SupplierOption]] = {}
    for option in sorted(options, key=lambda one: (one.product_id, one.supplier_id, one.line_id)):
        if option.supplier_id not in terms or option.unit_cost < 0:
            continue
        left = (option.expiry - rules.today).days if option.expiry is not None else None
        if left is not None and (left < 0 or (rules.refuse_short_dated and left < rules.shelf_life_days)):
            refused.setdefault(option.product_id, ("goods_expire_too_soon", option))
            continue
        usable.setdefault(option.product_id, []).append(option)
    return usable, refused


def _line(product: Product, choice: Choice, selection: Selection, rules: Rules) -> PlanLine:
    option = choice.option
    outlook = product.outlooks[option.supplier_id]
    net = net_cost(option.unit_cost, (), choice.paid, choice.free)
    return PlanLine(
        product_id=product.need.product_id,
        supplier_id=option.supplier_id,
        option=option,
        paid=choice.paid,
        free=choice.free,
        unit_cost=round_unit_price(option.unit_cost),
        net_cost=round_unit_price(net),
        amount=choice.cost,
        notes=tuple(_notes(product, choice, outlook, selection, rules)),
        inputs=_inputs(product, choice, outlook, selection),
    )


def _notes(
    product: Product, choice: Choice, outlook: Outlook, selection: Selection, rules: Rules
) -> list[Note]:
    option = choice.option
    notes = [_why(outlook, choice)]
    if choice.free:
        notes.append(Note("with_bonus", {"paid": choice.paid, "free": choice.free}))
    notes.append(_compared(product, choice))
    notes += _bonus_above_maximum(choice, outlook)
    if product.need.shortage and notes[0].code != "asked_for_only":
        notes.append(Note("asked_for", {"count": _units(product.need.shortage, option)}))
    notes += _warnings(outlook, option, rules)
    if selection.cutoff > 0:
        notes.append(_return_note(choice, selection))
        if _short_of_lack(outlook, choice):
            notes.append(Note("money_does_not_reach", {}))
    return notes


def _why(outlook: Outlook, choice: Choice) -> Note:
    """The main reason: demand, a typed use, the minimum, or the shortage book alone."""
    need = outlook.need
    after = max(outlook.position, 0) + choice.units
    if outlook.source is DemandSource.NONE:
        if need.minimum is not None and outlook.position < need.minimum:
            minimum, position = (_units(one, choice.option) for one in (need.minimum, outlook.position))
            return Note("below_minimum", {"minimum": minimum, "position": position})
        return Note("asked_for_only", {"count": _units(need.shortage, choice.option)})
    weeks = _tenth(after / outlook.daily / 7)
    code = "covers_weeks" if outlook.source is DemandSource.SALES else "covers_weeks_typed"
    per_week = _tenth(outlook.daily * 7 / choice.option.unit_factor)
    return Note(code, {"weeks": weeks, "per_week": per_week, "days_left": _days_left(outlook)})


def _bonus_above_maximum(choice: Choice, outlook: Outlook) -> list[Note]:
    """The nearest better bonus that the product's maximum alone keeps out: a maximum is a person's word, never exceeded."""
    need, option = outlook.need, choice.option
    if need.maximum is None or outlook.most != max(need.maximum - outlook.position, 0):
        return []
    share = choice.free / (choice.paid + choice.free)
    for buy, free in sorted(option.tiers):
        may_buy = option.most is None or buy <= option.most
        too_much = (buy + free) * option.unit_factor > outlook.most
        nearly = buy * option.unit_factor <= outlook.most * _NEARLY
        if may_buy and too_much and nearly and free / (buy + free) > share:
            units = {"paid": buy, "free": free, "maximum": _units(need.maximum, option)}
            return [Note("bonus_above_maximum", units)]
    return []


def _compared(product: Product, choice: Choice) -> Note:
    """How the chosen supplier's cost compares with the next supplier's best, per base unit after bonus."""
    own = net_cost(choice.option.unit_cost, (), choice.paid, choice.free) / choice.option.unit_factor
    others = {
        option.supplier_id: best_net_cost(option.unit_cost, (), option.tiers) / option.unit_factor
        for option in sorted(
            product.options,
            key=lambda one: best_net_cost(one.unit_cost, (), one.tiers) / one.unit_factor,
            reverse=True,
        )
        if option.supplier_id != choice.option.supplier_id
    }
    if not others:
        return Note("only_offer")
    supplier = min(others, key=lambda one: (others[one], one))
    rival = others[supplier]
    if own < rival:
        return Note("cheaper_than", {"percent": _tenth(100 * (1 - own / rival)), "supplier": supplier})
    if own == rival:
        return Note("same_cost_as", {"supplier": supplier})
    dearer = _tenth(100 * (own / rival - 1)) if rival else _HUNDRED
    return Note("dearer_than", {"percent": dearer, "supplier": supplier})


def _warnings(outlook: Outlook, option: SupplierOption, rules: Rules) -> list[Note]:
    notes = []
    if option.is_stale:
        notes.append(Note("stale_offer", {"days": option.age_days}))
    if outlook.cover.wasted:
        notes.append(Note("stock_will_expire", {"quantity": _units(outlook.cover.wasted, option)}))
    if outlook.cover.expired:
        notes.append(Note("stock_expired", {"quantity": _units(outlook.cover.expired, option)}))
    if option.expiry is not None and (option.expiry - rules.today).days < rules.shelf_life_days:
        notes.append(Note("short_dated", {"expiry": option.expiry.isoformat()}))
    notes += [Note("condition", {"condition": condition}) for condition in option.conditions]
    return notes


def _return_note(choice: Choice, selection: Selection) -> Note:
    earned = 100 * choice.profit / float(choice.cost) if choice.cost else 0.0
    return Note("returns", {"percent": _tenth(earned), "cutoff": _tenth(100 * selection.cutoff)})


def _short_of_lack(outlook: Outlook, choice: Choice) -> bool:
    return choice.units < max(outlook.sure, round(outlook.mean - outlook.position))


def _excluded(
    product: Product,
    selection: Selection,
    refused: Mapping[int, tuple[str, SupplierOption]],
    given: PlanInput,
) -> Excluded:
    """Why a product was left out: the first reason that alone would have kept it out."""
    need = product.need
    if not product.options:
        if need.product_id in refused:
            code, option = refused[need.product_id]
            return Excluded(need.product_id, Note(code, {"expiry": str(option.expiry)}), option)
        return Excluded(need.product_id, Note("no_offer"))
    outlook = product.outlook()
    cheapest = min(
        product.options, key=lambda one: (best_net_cost(one.unit_cost, (), one.tiers), one.line_id)
    )
    best = max(product.choices, key=lambda one: one.profit, default=None)
    if best is None or best.profit <= 0:
        return Excluded(need.product_id, _not_needed(need, outlook), cheapest)
    closed = selection.closed
    if all(choice.option.supplier_id in closed for choice in product.choices if choice.profit > 0):
        supplier = best.option.supplier_id
        params: dict[str, str | int | Decimal] = {"supplier": supplier}
        if closed[supplier] == "below_minimum_order":
            terms = next(one for one in given.suppliers if one.supplier_id == supplier)
            params["minimum"] = terms.minimum_order
        return Excluded(need.product_id, Note(closed[supplier], params), best.option)
    if not selection.chosen or selection.cutoff <= 0:
        return Excluded(need.product_id, Note("over_budget", {"amount": best.cost}), best.option)
    returns = _tenth(100 * best.profit / float(best.cost)) if best.cost else Decimal(0)
    params = {"percent": returns, "cutoff": _tenth(100 * selection.cutoff), "amount": best.cost}
    return Excluded(need.product_id, Note("money_used_better", params), best.option)


def _not_needed(need: ProductNeed, outlook: Outlook) -> Note:
    if outlook.source is DemandSource.NONE and need.minimum is None and not need.shortage:
        return Note("no_demand_known")
    if need.maximum is not None and outlook.position >= need.maximum:
        return Note("at_maximum", {"maximum": _units(need.maximum, need)})
    if outlook.source is DemandSource.NONE:
        return Note("enough_stock", {"position": _units(outlook.position, need)})
    lacking = outlook.sure > 0 or outlook.mean > outlook.position
    if lacking:
        return Note("does_not_pay", {"per_week": _tenth(outlook.daily * 7 / need.unit_factor)})
    return Note("enough_for_days", {"days_left": _days_left(outlook)})


def _inputs(
    product: Product, choice: Choice, outlook: Outlook, selection: Selection
) -> dict[str, str | int | Decimal | None]:
    """What the quantity rests on, as it was: base units, days, money per base unit."""
    need = product.need
    return {
        "formula": FORMULA,
        "daily_demand": _figure(outlook.daily),
        "demand_source": outlook.source.value,
        "deviation": _figure(outlook.deviation),
        "horizon_days": outlook.horizon_days,
        "expected_demand": _figure(outlook.mean),
        "counted_stock": outlook.cover.counts,
        "stock_will_expire": outlook.cover.wasted,
        "stock_expired": outlook.cover.expired,
        "on_order": need.on_order,
        "shortage": need.shortage,
        "position": outlook.position,
        "minimum": need.minimum,
        "maximum": need.maximum,
        "sell_price": need.sell_price,
        "replacement_cost": round_unit_price(product.replacement)
        if product.replacement is not None
        else None,
        "units": choice.units,
        "expected_sold": _figure(outlook.sold(choice.units)),
        "value": _figure(choice.value),
        "cutoff": _figure(selection.cutoff),
    }


def _days_left(outlook: Outlook) -> int:
    return int(max(outlook.position, 0) / outlook.daily) if outlook.daily > 0 else 0


def _units(quantity: int, bought: SupplierOption | ProductNeed) -> int | Decimal:
    """Base units as a person counts them: in the unit that is bought, with a tenth where it does not divide."""
    whole, rest = divmod(quantity, bought.unit_factor)
    return _tenth(Decimal(quantity) / bought.unit_factor) if rest else whole


def _tenth(value: float | Decimal) -> Decimal:
    return Decimal(value).quantize(_TENTH)


def _figure(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))
