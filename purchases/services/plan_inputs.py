"""Everything a plan rests on, gathered in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from capital.services import decision_moment
from core.money import round_unit_price
from inventory.selectors import list_products, positions, price_book, product_units
from inventory.types import UnitInfo
from purchases.bonus import discounted
from purchases.models import Proposal, Supplier
from purchases.planning import (
    Budget,
    PlanInput,
    ProductNeed,
    Rules,
    SupplierOption,
    SupplierTerms,
)
from purchases.planning.demand import outlook_for
from purchases.selectors.buying import on_order
from purchases.selectors.planning import current_offer_lines
from purchases.services.capacity import spendable_for
from purchases.services.demand import demand_rates
from purchases.types import CurrentLine
from sales.selectors import open_shortages
from users.enums import NearExpiryRule
from users.selectors import get_organization, local_today

__all__ = ["Gathered", "buying_units", "gather", "planning_rules", "product_needs"]


@dataclass(frozen=True)
class Gathered:
    """`plan` is the pure core's input; `lines` the offer lines by id; `spendable` what could be spent anywhere.

    `looked_at`: what was ordered after it, this plan does not know.
    """

    plan: PlanInput
    lines: Mapping[int, CurrentLine]
    spendable: Decimal
    looked_at: datetime


def gather(proposal: Proposal) -> Gathered:
    """The inputs of `proposal`: its offers (or all current ones), every product that may need buying, the money."""
    with transaction.atomic():
        looked_at = decision_moment()
    only = list(proposal.offers.values_list("pk", flat=True)) or None
    rules = planning_rules()
    lines = current_offer_lines(offers=only)
    offered = {line.product_id for line in lines}
    suppliers = list(Supplier.objects.filter(pk__in={line.supplier_id for line in lines}).order_by("pk"))
    money = spendable_for(suppliers, proposal.policy)
    return Gathered(
        plan=PlanInput(
            needs=tuple(product_needs(offered, rules, offered_only=only is not None)),
            options=tuple(_option(line) for line in lines),
            suppliers=tuple(_terms(supplier) for supplier in suppliers),
            budget=Budget(
                spendable=money.amount,
                credit={
                    one.pk: money.unused_credit[one.party_id]
                    for one in suppliers
                    if one.party_id in money.unused_credit
                },
                most=proposal.budget_amount,
            ),
            rules=rules,
        ),
        lines={line.line_id: line for line in lines},
        spendable=money.amount,
        looked_at=looked_at,
    )


def planning_rules() -> Rules:
    organization = get_organization()
    return Rules(
        today=local_today(),
        currency=organization.currency,
        review_days=organization.review_days,
        shelf_life_days=organization.near_expiry_days
        if organization.near_expiry_rule != NearExpiryRule.ACCEPT
        else 0,
        refuse_short_dated=organization.near_expiry_rule == NearExpiryRule.REFUSE,
    )


def _terms(supplier: Supplier) -> SupplierTerms:
    return SupplierTerms(
        supplier_id=supplier.pk,
        lead_days=supplier.lead_time_days,
        minimum_order=supplier.minimum_order_amount,
        delivery_fee=supplier.delivery_fee_amount,
        free_delivery_from=supplier.free_delivery_from_amount,
    )


def _option(line: CurrentLine) -> SupplierOption:
    return SupplierOption(
        line_id=line.line_id,
        product_id=line.product_id,
        supplier_id=line.supplier_id,
        unit_id=line.unit_id,
        unit_factor=line.unit_factor,
        unit_cost=round_unit_price(discounted(line.price, line.discounts)),
        tiers=line.tiers,
        least=line.min_quantity or 1,
        most=line.max_quantity,
        expiry=line.expiry,
        is_stale=line.is_stale,
        age_days=line.age_days,
        conditions=line.conditions,
    )


def product_needs(offered: set[int], rules: Rules, *, offered_only: bool) -> Iterable[ProductNeed]:
    """A need for every offered product, and for every other one that lacks something: it is named as not offered."""
    products = list_products().filter(is_active=True, merged_into__isnull=True).order_by("pk")
    if offered_only:
        products = products.filter(pk__in=offered)
    rows = products.prefetch_related(None).values_list(
        "pk", "min_stock_qty", "max_stock_qty", "monthly_use_qty"
    )
    known = list(rows)
    ids = [row[0] for row in known]
    stock, rates = positions(ids, rules.today), demand_rates(ids, rules.today)
    coming, asked = on_order(ids), open_shortages()
    units = buying_units(ids)
    prices = _prices({product: unit for product, unit in units.items() if product in offered}, rules)
    for product, least, most, monthly in known:
        rate = rates[product]
        need = ProductNeed(
            product_id=product,
            daily_demand=rate.daily,
            daily_variance=rate.variance,
            demand_source=rate.source,
            stock=stock[product].sellable_by_expiry,
            on_order=coming.get(product, 0),
            shortage=asked.get(product, 0),
            minimum=least,
            maximum=most,
            monthly_use=monthly,
            sell_price=prices.get(product),
            unit_factor=units[product].factor if product in units else 1,
        )
        if product in offered or _lacks(need, rules):
            yield need


def _lacks(need: ProductNeed, rules: Rules) -> bool:
    outlook = outlook_for(need, 1, rules)
    return outlook.sure > 0 or outlook.mean > max(outlook.position, 0)


def buying_units(products: Iterable[int]) -> dict[int, UnitInfo]:
    """The unit that each product is usually bought in."""
    return {
        product: next((unit for unit in units if unit.is_default_buy), units[-1])
        for product, units in product_units(products).items()
    }


def _prices(units: Mapping[int, UnitInfo], rules: Rules) -> dict[int, Decimal]:
    """Selling price of a base unit, where one is set."""
    book = price_book(sorted(units), on=rules.today)
    found: dict[int, Decimal] = {}
    for product, unit in units.items():
        price = book.price(unit.id)
        if price:
            found[product] = round_unit_price(price / unit.factor)
    return found
