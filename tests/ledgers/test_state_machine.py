"""A pharmacy's days in any order: every verb that moves goods or money, at any moment, whatever happened before."""

import sys

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.ledgers.fingerprint import install_fingerprint
from tests.ledgers.opening import open_pharmacy
from tests.ledgers.pharmacy import Pharmacy
from tests.ledgers.reach import posting_verbs
from tests.ledgers.verbs import books, buying, http, selling, stock, suppliers

pytestmark = pytest.mark.django_db
#: What documents are made of; their verbs are in the rules.
PARTS = {
    "issue_stock",
    "receive_stock",
    "return_stock",
    "revalue_stock",
    "reverse_entry",
    "reverse_movements",
}


class AnyVerb(
    books.BookVerbs,
    buying.BuyingVerbs,
    http.HttpVerbs,
    selling.SellingVerbs,
    stock.StockVerbs,
    suppliers.SupplierVerbs,
):
    pass


def run(examples, steps):
    Pharmacy.done.clear()
    Pharmacy.refused.clear()
    Pharmacy.opened = open_pharmacy()
    install_fingerprint()
    run_state_machine_as_test(
        AnyVerb,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink takes longer than the whole run
            backend="apart",
        ),
    )


def test_no_verb_that_posts_is_missing():
    there = {name for module in (books, buying, selling, stock, suppliers) for name in vars(module)}
    assert {"sell", "post_invoice", "close_shift", "reverse_movements"} <= posting_verbs()
    assert posting_verbs() - there == PARTS


def test_any_day_in_any_order():
    run(10, 50)


@pytest.mark.soak
def test_any_day_in_any_order_for_long():
    """10,000 operations. How often each verb did something is told (`-rP`): one that never does is tried in vain."""
    run(100, 100)
    names = sorted({*Pharmacy.done, *Pharmacy.refused})
    for name in names:
        sys.stdout.write(f"{name}: {Pharmacy.done[name]} done, {Pharmacy.refused[name]} refused\n")
