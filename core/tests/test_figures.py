"""How the workbench writes money."""

from decimal import Decimal

import pytest

from core.templatetags.workbench import money


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "–"),
        (Decimal("188000.0000"), "188,000"),
        (Decimal("80500.5000"), "80,500.50"),
        (Decimal("1250.3750"), "1,250.375"),  # dinars have three decimals
        (Decimal("4155.41230000"), "4,155.41"),  # a dear unit
        (Decimal("0.12500000"), "0.125"),  # a cheap one
        (Decimal("-500000.0000"), "\u200e-500,000"),  # the minus stays on its left in Arabic too
    ],
)
def test_money_shows_the_decimals_it_has(amount, shown):
    assert money(amount) == shown
