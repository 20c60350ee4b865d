"""How long a plan takes, and how far from the best possible it may be: the gap to the bound proven in the same run.

python -m bench.planning
"""

from __future__ import annotations

import random
import time
from datetime import date, timedelta
from decimal import Decimal

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

TODAY = date(2026, 3, 1)
PLENTY, NORMAL, TIGHT = Decimal(10**9), Decimal(3_000_000), Decimal(300_000)


def world(products: int, suppliers: int, offers: int, budget: Decimal) -> PlanInput:
    """Made-up needs and offers; the same numbers give the same world."""
    rng = random.Random(3)
    needs, options = [], []
    for product in range(products):
        daily = rng.choice([0.05, 0.2, 1, 3, 8])
        cost = rng.uniform(5, 300)
        expiry = TODAY + timedelta(days=rng.randint(-5, 400))
        needs.append(
            ProductNeed(
                product,
                daily_demand=Decimal(str(daily)),
                demand_source=DemandSource.SALES,
                stock=((expiry, int(daily * rng.uniform(0, 12))),),
                shortage=rng.choice([0] * 9 + [2]),
                sell_price=Decimal(str(round(cost * 1.25, 2))),
            )
        )
        for supplier in rng.sample(range(suppliers), offers):
            tiers = ((10, rng.randint(1, 3)), (20, rng.randint(3, 8))) if rng.random() < 0.6 else ()
            price = Decimal(str(round(cost * rng.uniform(0.9, 1.1), 2)))
            options.append(
                SupplierOption(product * 1000 + supplier, product, supplier, product, 1, price, tiers)
            )
    terms = [SupplierTerms(one, 1, Decimal(2000), Decimal(100), Decimal(20_000)) for one in range(suppliers)]
    rules = Rules(TODAY, "SYP")
    return PlanInput(tuple(needs), tuple(options), tuple(terms), Budget(budget), rules)


def main() -> None:
    for products, suppliers, offers, budget in (
        (3000, 8, 4, PLENTY),
        (3000, 8, 4, NORMAL),
        (3000, 8, 4, TIGHT),
        (10_000, 30, 4, NORMAL),
    ):
        given = world(products, suppliers, offers, budget)
        started = time.perf_counter()
        plan = make_plan(given)
        seconds = time.perf_counter() - started
        print(
            f"{products} products x {suppliers} suppliers, {budget:,} to spend: {seconds:.1f} s, "
            f"{len(plan.lines)} lines, gap to the bound {100 * (plan.gap or 0):.3f} %"
        )


if __name__ == "__main__":
    main()
