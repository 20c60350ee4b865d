from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purchases.bonus import free_for
from purchases.planning import (
    Budget,
    DemandSource,
    PlanInput,
    ProductNeed,
    Rules,
    SupplierOption,
    SupplierTerms,
    make_plan,
)
from purchases.planning.demand import cover_of, outlook_for
from purchases.planning.solve import Table, solve

TODAY = date(2026, 3, 1)
RULES = Rules(today=TODAY, currency="SYP")
PLENTY = Budget(Decimal(10**9))


def need(product=1, daily="2", **more):
    source = DemandSource.SALES if Decimal(daily) else DemandSource.NONE
    return ProductNeed(product, daily_demand=Decimal(daily), demand_source=source, **more)


def option(product=1, supplier=1, cost="100", **more):
    return SupplierOption(
        line_id=product * 100 + supplier,
        product_id=product,
        supplier_id=supplier,
        unit_id=product,
        unit_factor=more.pop("unit_factor", 1),
        unit_cost=Decimal(cost),
        **more,
    )


def plan_of(needs, options, budget=PLENTY, suppliers=None, rules=RULES):
    terms = suppliers or [SupplierTerms(one) for one in sorted({one.supplier_id for one in options} | {1})]
    return make_plan(PlanInput(tuple(needs), tuple(options), tuple(terms), budget, rules))


def only_line(plan):
    assert len(plan.lines) == 1, plan.excluded
    return plan.lines[0]


def reason(plan, product=1):
    return next(one.reason.code for one in plan.excluded if one.product_id == product)


def codes(line):
    return [note.code for note in line.notes]


# --- need ---------------------------------------------------------------------------------------------


def test_demand_less_position_is_bought():
    line = only_line(plan_of([need(daily="2", stock=((None, 4),), on_order=2)], [option()]))
    assert 10 <= line.paid <= 25  # 2 a day for 8 days is 16, 6 are there, the rest is for chance
    assert line.notes[0].code == "covers_weeks"


def test_enough_stock_buys_nothing_and_says_so():
    plan = plan_of([need(daily="1", stock=((None, 60),))], [option()])
    assert not plan.lines
    assert reason(plan) == "enough_for_days"


def test_expired_stock_is_no_cover():
    fresh = only_line(plan_of([need()], [option()]))
    line = only_line(plan_of([need(stock=((TODAY - timedelta(1), 500),))], [option()]))
    assert line.paid == fresh.paid
    assert "stock_expired" in codes(line)


def test_what_expires_before_it_sells_is_no_cover():
    plan = plan_of([need(daily="2", stock=((TODAY + timedelta(2), 500),))], [option()])
    line = only_line(plan)
    assert line.inputs["counted_stock"] == 6
    assert "stock_will_expire" in codes(line)


def test_the_expiry_day_itself_is_a_good_day():
    assert cover_of([(TODAY, 3)], 5.0, TODAY, 8).counts == 3
    assert cover_of([(TODAY - timedelta(1), 3)], 5.0, TODAY, 8).expired == 3


def test_first_expired_first_out():
    stock = [(None, 10), (TODAY + timedelta(9), 10), (TODAY + timedelta(4), 10)]
    cover = cover_of(stock, 1.0, TODAY, 8)
    assert (cover.counts, cover.wasted) == (5 + 5 + 10, 10)


def test_a_shortage_is_bought_without_any_history():
    line = only_line(plan_of([need(daily="0", shortage=3)], [option()]))
    assert line.paid == 3
    assert codes(line)[0] == "asked_for_only"


def test_without_history_below_the_minimum_it_is_filled_to_the_maximum():
    line = only_line(plan_of([need(daily="0", minimum=5, maximum=12, stock=((None, 2),))], [option()]))
    assert line.paid == 10
    assert codes(line)[0] == "below_minimum"


def test_typed_monthly_use_stands_in_for_history_and_says_so():
    line = only_line(plan_of([need(daily="0", monthly_use=60)], [option()]))
    assert line.paid >= 16
    assert codes(line)[0] == "covers_weeks_typed"
    assert line.inputs["demand_source"] == "typed"


def test_nothing_known_nothing_bought():
    assert reason(plan_of([need(daily="0")], [option()])) == "no_demand_known"


def test_the_maximum_caps_whatever_the_bonus():
    plan = plan_of([need(daily="3", maximum=9)], [option(tiers=((10, 10),))])
    assert all(line.paid + line.free <= 9 for line in plan.lines)


def test_a_bonus_that_only_the_maximum_keeps_out_is_said():
    line = only_line(plan_of([need(daily="3", maximum=10)], [option(tiers=((10, 2),))]))
    assert (line.paid, line.free) == (9, 0)
    (note,) = [note for note in line.notes if note.code == "bonus_above_maximum"]
    assert note.params == {"paid": 10, "free": 2, "maximum": 10}
    for maximum, tiers in ((12, ((10, 2),)), (10, ((30, 9),)), (None, ((10, 2),))):
        line = only_line(plan_of([need(daily="3", maximum=maximum)], [option(tiers=tiers)]))
        assert "bonus_above_maximum" not in codes(line)


# --- where and how many ----------------------------------------------------------------------------


def test_the_cheapest_after_bonus_wins_over_the_cheapest_price():
    plan = plan_of([need(daily="3")], [option(supplier=1, cost="90"), option(supplier=2, tiers=((10, 4),))])
    line = only_line(plan)
    assert line.supplier_id == 2
    assert line.free == line.paid // 10 * 4
    assert "cheaper_than" in codes(line)


def test_a_little_more_is_bought_where_the_tier_pays_for_it():
    line = only_line(plan_of([need(daily="1")], [option(tiers=((10, 5),))]))
    assert (line.paid, line.free) == (10, 5)


def test_units_are_packs_and_quantities_multiples():
    line = only_line(plan_of([need(daily="30")], [option(unit_factor=30, multiple=6)]))
    assert line.paid % 6 == 0
    assert line.inputs["units"] == line.paid * 30


def test_least_and_most_are_kept():
    line = only_line(plan_of([need(daily="1")], [option(least=10)]))
    assert line.paid >= 10
    line = only_line(plan_of([need(daily="5")], [option(most=4)]))
    assert line.paid <= 4


def test_goods_that_expire_on_the_way_are_not_bought_for_long():
    soon = TODAY + timedelta(3)
    line = only_line(plan_of([need(daily="2")], [option(expiry=soon, tiers=((10, 10),))]))
    assert line.paid + line.free <= 20
    assert reason(plan_of([need()], [option(expiry=TODAY - timedelta(1))])) == "goods_expire_too_soon"
    strict = replace(RULES, shelf_life_days=90, refuse_short_dated=True)
    assert reason(plan_of([need()], [option(expiry=soon)], rules=strict)) == "goods_expire_too_soon"


def test_a_stale_offer_is_used_and_marked():
    assert "stale_offer" in codes(only_line(plan_of([need()], [option(is_stale=True, age_days=20)])))


def test_a_product_that_nobody_offers_is_named():
    assert reason(plan_of([need()], [])) == "no_offer"


# --- money ------------------------------------------------------------------------------------------


def test_no_money_no_plan_and_every_product_is_told_why():
    plan = plan_of([need(1), need(2)], [option(1), option(2)], Budget(Decimal(0)))
    assert not plan.lines
    assert [reason(plan, 1), reason(plan, 2)] == ["over_budget", "over_budget"]


def test_credit_is_spent_at_its_own_supplier_only():
    options = [option(1, supplier=1), option(2, supplier=2)]
    plan = plan_of([need(1), need(2)], options, Budget(Decimal(0), {2: Decimal(10_000)}))
    assert only_line(plan).supplier_id == 2
    assert plan.totals.from_cash == 0


def test_a_delivery_fee_counts_against_the_money():
    terms = [SupplierTerms(1, delivery_fee=Decimal(50))]
    plan = plan_of([need()], [option()], Budget(Decimal(900)), terms)
    assert plan.totals.fees == 50
    assert plan.totals.goods + plan.totals.fees <= 900


def test_a_missed_minimum_order_sends_the_lines_elsewhere():
    terms = [SupplierTerms(1, minimum_order=Decimal(100_000)), SupplierTerms(2)]
    plan = plan_of([need()], [option(supplier=1, cost="90"), option(supplier=2)], suppliers=terms)
    assert only_line(plan).supplier_id == 2
    plan = plan_of([need()], [option(supplier=1)], suppliers=terms)
    assert reason(plan) == "below_minimum_order"


def test_a_fee_that_does_not_pay_is_saved():
    terms = [SupplierTerms(1), SupplierTerms(2, delivery_fee=Decimal(5000))]
    plan = plan_of([need()], [option(supplier=1), option(supplier=2, cost="99")], suppliers=terms)
    assert only_line(plan).supplier_id == 1


def test_scarce_money_goes_where_it_earns_most():
    needs = [need(1, sell_price=Decimal(110)), need(2, sell_price=Decimal(300))]
    plan = plan_of(needs, [option(1), option(2)], Budget(Decimal(1500)))
    assert only_line(plan).product_id == 2
    assert plan.cutoff > 0
    assert "returns" in codes(plan.lines[0])


# --- properties ---------------------------------------------------------------------------------------

quantities = st.integers(0, 60)
days = st.one_of(st.none(), st.integers(-30, 200).map(lambda n: TODAY + timedelta(n)))
tiers = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 40)), max_size=3).map(tuple)


@st.composite
def worlds(draw):
    suppliers = [
        SupplierTerms(
            supplier,
            lead_days=draw(st.integers(0, 10)),
            minimum_order=draw(st.sampled_from([Decimal(0), Decimal(500), Decimal(5000)])),
            delivery_fee=draw(st.sampled_from([Decimal(0), Decimal(75)])),
            free_delivery_from=draw(st.sampled_from([None, Decimal(1000)])),
        )
        for supplier in range(1, draw(st.integers(1, 4)) + 1)
    ]
    products = range(1, draw(st.integers(1, 8)) + 1)
    needs = [
        need(
            product,
            daily=str(draw(st.sampled_from(["0", "0.1", "1", "7.5"]))),
            stock=tuple(draw(st.lists(st.tuples(days, quantities), max_size=3))),
            on_order=draw(st.integers(0, 10)),
            shortage=draw(st.integers(0, 5)),
            minimum=draw(st.one_of(st.none(), st.integers(0, 20))),
            maximum=draw(st.one_of(st.none(), st.integers(20, 60))),
            monthly_use=draw(st.one_of(st.none(), st.integers(0, 90))),
            sell_price=draw(st.one_of(st.none(), st.decimals("0.5", "300", places=2))),
        )
        for product in products
    ]
    options = [
        option(
            product,
            supplier=terms.supplier_id,
            cost=str(draw(st.decimals("0", "200", places=3))),
            tiers=draw(tiers),
            multiple=draw(st.sampled_from([1, 1, 5])),
            unit_factor=draw(st.sampled_from([1, 3, 10])),
            least=draw(st.sampled_from([1, 4])),
            most=draw(st.one_of(st.none(), st.integers(0, 40))),
            expiry=draw(days),
        )
        for product in products
        for terms in suppliers
        if draw(st.booleans())
    ]
    credit = draw(st.dictionaries(st.integers(1, 4), st.decimals("0", "3000", places=2), max_size=3))
    budget = Budget(draw(st.decimals("-100", "20000", places=2)), credit)
    return PlanInput(tuple(needs), tuple(options), tuple(suppliers), budget, RULES)


@given(worlds())
@settings(max_examples=150, deadline=None)
def test_a_plan_keeps_its_promises(world):
    plan = make_plan(world)
    terms = {one.supplier_id: one for one in world.suppliers}
    offered = {(one.product_id, one.supplier_id) for one in world.options}
    spent = dict.fromkeys(terms, Decimal(0))
    for line in plan.lines:
        assert (line.product_id, line.supplier_id) in offered
        assert isinstance(line.paid, int)
        assert line.free == free_for(line.paid, line.option.tiers)
        assert line.paid > 0
        assert line.paid % line.option.multiple == 0
        assert line.option.least <= line.paid
        assert line.option.most is None or line.paid <= line.option.most
        assert line.option.expiry is None or line.option.expiry >= TODAY
        spent[line.supplier_id] += line.amount
    from_cash = Decimal(0)
    for supplier, goods in spent.items():
        one = terms[supplier]
        assert goods == 0 or goods >= one.minimum_order
        free = one.free_delivery_from is not None and goods >= one.free_delivery_from
        fee = one.delivery_fee if goods and not free else Decimal(0)
        from_cash += max(goods + fee - world.budget.credit.get(supplier, Decimal(0)), Decimal(0))
    assert from_cash == plan.totals.from_cash
    assert from_cash <= max(world.budget.spendable, Decimal(0))
    planned = [line.product_id for line in plan.lines] + [one.product_id for one in plan.excluded]
    assert sorted(planned) == [one.product_id for one in world.needs]
    assert plan.worth <= plan.bound + 1e-6


@given(worlds())
@settings(max_examples=40, deadline=None)
def test_the_same_input_gives_the_same_plan_in_any_order(world):
    shuffled = replace(
        world, needs=world.needs[::-1], options=world.options[::-1], suppliers=world.suppliers[::-1]
    )
    assert make_plan(world) == make_plan(world) == make_plan(shuffled)


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 50), st.integers(1, 40)), min_size=1, max_size=3),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 100),
)
@settings(deadline=None)
def test_the_bound_holds_against_every_possible_plan(products, budget):
    pairs = [[(float(value), float(cost)) for value, cost in own] for own in products]
    table = Table.of([[(value - cost, cost) for value, cost in own] for own in pairs])
    pick = solve(table, float(budget))
    best = {0.0: 0.0}
    for own in pairs:
        grown = dict(best)
        for value, cost in own:
            for spent, worth in best.items():
                if spent + cost <= budget:
                    grown[spent + cost] = max(grown.get(spent + cost, 0.0), worth + value - cost)
        best = grown
    worth = sum(own[i][0] - own[i][1] for own, i in zip(pairs, pick.indices(table), strict=True) if i >= 0)
    spent = sum(own[i][1] for own, i in zip(pairs, pick.indices(table), strict=True) if i >= 0)
    assert spent <= budget
    assert worth <= max(best.values()) + 1e-6 <= pick.bound + 2e-6


@pytest.mark.parametrize("quantity", [0, 1, 5, 20, 200])
def test_expected_sales_never_exceed_what_is_there_or_asked_for(quantity):
    outlook = outlook_for(need(daily="2", stock=((None, 4),)), 1, RULES)
    assert 0 <= outlook.sold(quantity) <= quantity
    assert outlook.sold(quantity) <= outlook.sold(quantity + 1) <= outlook.mean + 3 * outlook.deviation
