"""How the demo pharmacy sells: a few fast movers, a long slow tail, and seasons. No Django in it."""

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from reports.demo.catalogue import DemoProduct

#: Peak day of the year and depth of the season, by category (0: sells the same all year).
SEASONS = {
    "cough and cold": (20, 0.8),
    "antibiotics": (30, 0.5),
    "antivirals": (25, 0.5),
    "respiratory": (40, 0.35),
    "allergy": (110, 0.6),
    "digestive": (205, 0.3),
    "skin": (200, 0.25),
    "vitamins": (340, 0.2),
}
_YEAR = 365.25
#: ln of the median and spread of weekly sales: half the catalogue sells less than once in two weeks.
_LOG_MEDIAN, _LOG_SPREAD = -0.9, 1.35
_FRIDAY, _FRIDAY_SHARE = 4, 0.35
SLOW_SHARE = 0.12


def weekly_rate(product: DemoProduct, seed: int = 1) -> float:
    """Boxes a week on average; nothing at all for the dead stock that every pharmacy has."""
    random = Random(f"rate-{seed}-{product.number}")
    if random.random() < SLOW_SHARE:
        return 0.0
    return min(random.lognormvariate(_LOG_MEDIAN, _LOG_SPREAD), 60.0)


def season(category: str, day: date) -> float:
    """The factor on the weekly rate on ``day``; a year averages one."""
    peak, depth = SEASONS.get(category, (0, 0.0))
    return 1.0 + depth * math.cos(2 * math.pi * (day.timetuple().tm_yday - peak) / _YEAR)


def poisson(random: Random, mean: float) -> int:
    """Knuth's method: exact, and fast enough for the small means of one product a day."""
    if mean <= 0:
        return 0
    limit, count, product = math.exp(-mean), 0, random.random()
    while product > limit:
        count += 1
        product *= random.random()
    return count


def daily_sales(
    products: Sequence[DemoProduct], *, first: date, last: date, seed: int = 1
) -> Iterator[tuple[date, DemoProduct, int]]:
    """(day, product, boxes sold), day by day, only where something sold."""
    rates = [(product, weekly_rate(product, seed) / 6.35) for product in products]
    sold = [(product, rate) for product, rate in rates if rate > 0]
    day = first
    while day <= last:
        random = Random(f"sales-{seed}-{day.isoformat()}")
        share = _FRIDAY_SHARE if day.weekday() == _FRIDAY else 1.0
        for product, rate in sold:
            boxes = poisson(random, rate * share * season(product.category, day))
            if boxes:
                yield day, product, boxes
        day += timedelta(days=1)


def weekly_sales(
    products: Sequence[DemoProduct], *, first_monday: date, weeks: int, seed: int = 1
) -> Iterator[tuple[date, DemoProduct, int]]:
    """(monday, product, boxes sold that week): the history that is imported."""
    rates = [(product, weekly_rate(product, seed)) for product in products]
    sold = [(product, rate) for product, rate in rates if rate > 0]
    for week in range(weeks):
        monday = first_monday + timedelta(weeks=week)
        random = Random(f"weeks-{seed}-{monday.isoformat()}")
        for product, rate in sold:
            boxes = poisson(random, rate * season(product.category, monday))
            if boxes:
                yield monday, product, boxes
