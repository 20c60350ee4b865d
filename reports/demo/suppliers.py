"""The demo pharmacy's wholesalers and what they offer. Deterministic."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from reports.demo.catalogue import DemoProduct


@dataclass(frozen=True)
class DemoSupplier:
    """``price`` is its level against the market, ``share`` how much of the catalogue it lists."""

    code: str
    name: str
    price: Decimal
    share: float
    bonus_share: float
    minimum_order: int
    delivery_fee: int
    free_delivery_from: int
    lead_time_days: int
    payment_terms_days: int
    credit_limit: int
    layout: str


SUPPLIERS = (
    DemoSupplier("W1", "Al Noor Drug Store / مستودع النور", Decimal("0.97"), 0.16, 0.6, 500_000, 0, 0, 1, 30, 20_000_000, "arabic_list"),
    DemoSupplier("W2", "Ghouta Pharma / مستودع الغوطة", Decimal("1.00"), 0.14, 0.7, 1_000_000, 25_000, 3_000_000, 1, 15, 15_000_000, "arabic_dots"),
    DemoSupplier("W3", "Al Shifa Wholesale / مستودع الشفاء", Decimal("0.99"), 0.12, 0.5, 750_000, 20_000, 2_000_000, 2, 30, 10_000_000, "arabic_blocks"),
    DemoSupplier("W4", "Coast Medical / مستودع الساحل", Decimal("1.03"), 0.10, 0.8, 300_000, 15_000, 1_500_000, 3, 0, 0, "arabic_ruled"),
    DemoSupplier("W5", "Crater Drugs / مستودع كريتر", Decimal("0.98"), 0.10, 0.4, 0, 30_000, 2_500_000, 2, 45, 25_000_000, "arabic_digits"),
    DemoSupplier("W6", "Sahyadri Distributors", Decimal("1.01"), 0.10, 0.6, 400_000, 0, 0, 4, 21, 12_000_000, "english_buy_first"),
    DemoSupplier("W7", "Capital Medicines / العاصمة للادوية", Decimal("1.02"), 0.08, 0.3, 0, 10_000, 1_000_000, 1, 7, 5_000_000, "arabic_wrapped"),
    DemoSupplier("W8", "Home Delivery Drugs / التوصيل السريع", Decimal("1.06"), 0.08, 0.2, 0, 0, 0, 1, 0, 0, "arabic_ruled_wrapped"),
)  # fmt: skip
#: (buy, free) tiers as wholesalers write them; the bigger purchase never earns less.
TIERS = (
    ((10, 1),), ((10, 2),), ((10, 3),), ((5, 1),), ((6, 1),), ((20, 5),), ((10, 5),),
    ((10, 2), (20, 5)), ((5, 1), (10, 3)), ((10, 1), (50, 8)), ((10, 4), (25, 12)),
)  # fmt: skip
CONDITIONS = ("", "", "", "", "", "", "", "", "", "دفتر")
_STEP = 50
#: From one list to the next: how many prices move, how many products go.
_MOVED, _GONE = 0.25, 0.03


@dataclass(frozen=True)
class DemoOffer:
    """One row of a wholesaler's list."""

    product: DemoProduct
    price: Decimal
    bonus: tuple[tuple[int, int], ...]
    condition: str


def offer_rows(
    supplier: DemoSupplier, products: Sequence[DemoProduct], *, edition: int = 1, seed: int = 1
) -> list[DemoOffer]:
    """What ``supplier`` lists in its ``edition``-th list: the same products, some prices moved, some gone."""
    assortment = Random(f"assortment-{seed}-{supplier.code}")
    rows = []
    for product in products:
        if assortment.random() >= supplier.share:
            continue
        random = Random(f"offer-{seed}-{supplier.code}-{product.number}-{edition}")
        base = Random(f"offer-{seed}-{supplier.code}-{product.number}")
        price = product.price * supplier.price * Decimal(str(round(base.uniform(0.93, 1.07), 3)))
        if edition > 1 and random.random() < _MOVED:
            price *= Decimal(str(round(random.uniform(0.95, 1.15), 3)))
        if edition > 1 and random.random() < _GONE:
            continue
        bonus = base.choice(TIERS) if base.random() < supplier.bonus_share else ()
        condition = base.choice(CONDITIONS) if product.control == "controlled" else ""
        rows.append(DemoOffer(product, (price / _STEP).quantize(Decimal(1)) * _STEP, bonus, condition))
    return sorted(rows, key=lambda row: (row.product.maker_en, row.product.number))
