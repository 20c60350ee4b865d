"""Which list holds today: full lists replace, partial ones override, time ends and begins them."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from inventory.services import merge_products
from purchases.enums import OfferStatus
from purchases.models import OfferLine
from purchases.selectors import current_offer_lines
from purchases.services import Decision, age_offers, cancel_offer, confirm_offer, edit_offer, match_line
from purchases.tests import factories as make

pytestmark = pytest.mark.django_db


def current(supplier):
    lines = OfferLine.objects.filter(is_current=True, supplier=supplier)
    return {line.raw_name: int(line.price) for line in lines}


def status(offer):
    offer.refresh_from_db()
    return offer.status


def test_a_full_list_replaces_all_before_it():
    supplier, other = make.a_supplier(), make.a_supplier()
    make.read_offer(other, [("Alpha", "9")])
    old = make.read_offer(supplier, [("Alpha", "10"), ("Beta", "10")])
    extra = make.read_offer(supplier, [("Gamma", "7")], scope="partial")
    assert current(supplier) == {"Alpha": 10, "Beta": 10, "Gamma": 7}
    new = make.read_offer(supplier, [("Alpha", "11")])
    assert current(supplier) == {"Alpha": 11}
    assert [status(offer) for offer in (old, extra, new)] == ["superseded", "superseded", "ready"]
    assert old.superseded_by_id == new.pk
    assert current(other) == {"Alpha": 9}


def test_a_partial_list_replaces_its_own_names():
    supplier = make.a_supplier()
    full = make.read_offer(supplier, [("Alpha", "10"), ("Beta", "10")])
    make.read_offer(supplier, [("alpha ", "8")], scope="partial")
    newest = make.read_offer(supplier, [("Alpha", "7")], scope="partial")
    assert current(supplier) == {"Alpha": 7, "Beta": 10}
    assert status(full) == "ready"
    cancel_offer(offer_id=newest.pk, actor=make.ACTOR)
    assert current(supplier) == {"alpha": 8, "Beta": 10}


def test_a_partial_list_replaces_the_same_product_under_another_name():
    supplier = make.a_supplier()
    make.products("Norimox 500 mg caps")
    make.read_offer(supplier, [("Norimox 500 mg caps", "10"), ("Beta", "10")])
    make.read_offer(supplier, [("norimox caps 500mg", "9")], scope="partial")
    assert current(supplier) == {"norimox caps 500mg": 9, "Beta": 10}


def test_cancelling_the_newest_brings_the_one_before_back():
    supplier = make.a_supplier()
    old = make.read_offer(supplier, [("Alpha", "10")])
    new = make.read_offer(supplier, [("Alpha", "11")])
    cancel_offer(offer_id=new.pk, actor=make.ACTOR)
    assert (status(old), status(new)) == ("ready", "cancelled")
    assert current(supplier) == {"Alpha": 10}


def test_an_older_list_handed_in_late_replaces_nothing():
    supplier = make.a_supplier()
    new = make.read_offer(supplier, [("Alpha", "11")], valid_from=make.days(-1))
    late = make.read_offer(supplier, [("Alpha", "10")], valid_from=make.days(-20))
    assert (status(new), status(late)) == ("ready", "superseded")
    assert current(supplier) == {"Alpha": 11}


def test_a_list_holds_from_its_first_day_to_its_last():
    supplier = make.a_supplier()
    now_ready = make.read_offer(supplier, [("Alpha", "10")])
    later = make.read_offer(supplier, [("Alpha", "12")], valid_from=make.days(3), valid_until=make.days(5))
    assert current(supplier) == {"Alpha": 10}
    for day, expected, statuses in (
        (2, {"Alpha": 10}, ("ready", "ready")),
        (3, {"Alpha": 12}, ("superseded", "ready")),
        (5, {"Alpha": 12}, ("superseded", "ready")),
        (6, {}, ("superseded", "expired")),
    ):
        with time_machine.travel(timezone.now() + timedelta(days=day), tick=False):
            age_offers()
            assert current(supplier) == expected, day
            assert (status(now_ready), status(later)) == statuses


def test_a_longer_validity_brings_an_offer_nobody_replaced_to_its_new_end():
    supplier = make.a_supplier()
    offer = make.read_offer(supplier, [("Alpha", "10")], valid_until=make.days(1))
    edit_offer(offer_id=offer.pk, changes={"valid_until": make.days(9)}, actor=make.ACTOR)
    with time_machine.travel(timezone.now() + timedelta(days=5), tick=False):
        age_offers()
        assert current(supplier) == {"Alpha": 10}


def test_a_list_in_review_neither_holds_nor_replaces():
    supplier = make.a_supplier()
    old = make.read_offer(supplier, [("Alpha", "10")])
    new = make.read_offer(supplier, [("Alpha", "11")], status="partial", missing_pages=[2])
    assert (status(old), status(new)) == ("ready", "review")
    assert current(supplier) == {"Alpha": 10}
    confirm_offer(offer_id=new.pk, actor=make.ACTOR)
    assert (status(old), status(new)) == ("superseded", "ready")
    assert current(supplier) == {"Alpha": 11}


def test_what_may_be_planned_on():
    supplier, usd = make.a_supplier(), make.a_supplier(currency="USD")
    one, two = make.products("Norimox 500 mg caps", "Qwertan 20 mg tab")
    offer = make.read_offer(
        supplier,
        [
            make.contract_line(1, "Norimox 500 mg caps", "100", discount=["10"], bonus=[(10, 2), (5, 6)]),
            make.contract_line(2, "Unknown", "1"),
        ],
        valid_until=make.days(3),
    )
    make.read_offer(make.a_supplier(), [("Qwertan 20 mg tab", "50")])
    make.read_offer(usd, [("Qwertan 20 mg tab", "1")])
    assert [line.raw_name for line in current_offer_lines()] == ["Norimox 500 mg caps", "Qwertan 20 mg tab"]
    (line,) = current_offer_lines(product_ids=[one.pk])
    assert (line.product_id, line.offer_id, line.supplier_id) == (one.pk, offer.pk, supplier.pk)
    assert (line.price, line.discounts, line.tiers) == (100, (10,), ())
    assert (line.net_cost, line.unit_factor, line.valid_until, line.is_stale) == (90, 10, make.days(3), False)
    assert current_offer_lines(offers=[10**9]) == []
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=False):
        assert current_offer_lines(product_ids=[one.pk]) == []
        assert [found.is_stale for found in current_offer_lines(product_ids=[two.pk])] == [True]


def test_a_price_whose_unit_is_unsure_is_not_planned_on():
    (product,) = make.products("Norimox 500 mg caps")
    line = make.contract_line(1, "Norimox 500 mg caps", "100")
    line["fields"]["price_unit"] = {"raw": "?", "value": None}
    offer = make.read_offer(make.a_supplier(), [line])
    assert offer.lines.get().product_id == product.pk
    assert current_offer_lines() == []


def test_a_person_says_once_what_an_unsure_price_is_for():
    (product,) = make.products("Norimox 500 mg caps")
    line = make.contract_line(1, "Norimox 500 mg caps", "100")
    line["fields"]["price_unit"] = {"raw": "?", "value": None}
    supplier = make.a_supplier()
    offer = make.read_offer(supplier, [line])
    strip = product.units.get(factor=5)
    found = offer.lines.get()
    match_line(decision=Decision(found.pk, product_id=product.pk), actor=make.ACTOR)
    assert current_offer_lines() == []
    match_line(decision=Decision(found.pk, product_id=product.pk, unit_id=strip.pk), actor=make.ACTOR)
    found.refresh_from_db()
    assert (found.price_unit, found.flags) == ("strip", [])
    assert [one.unit_factor for one in current_offer_lines()] == [5]
    again = make.read_offer(supplier, [line | {"line_id": "p1-r2"}])
    assert again.lines.get().price_unit == "strip"
    assert [(one.offer_id, one.unit_factor) for one in current_offer_lines()] == [(again.pk, 5)]


@pytest.mark.parametrize("doubt", [{"checks": {"net_arithmetic": "fail"}}, {"confidence": 0.4}])
def test_figures_that_disagree_or_can_hardly_be_read_are_not_planned_on(doubt):
    make.products("Norimox 500 mg caps", "Norimox 250 mg caps")
    odd = make.contract_line(1, "Norimox 500 mg caps", "100", **doubt)
    offer = make.read_offer(make.a_supplier(), [odd, make.contract_line(2, "Norimox 250 mg caps", "60")])
    assert (offer.status, offer.matched_count) == ("ready", 2)
    assert [found.raw_name for found in current_offer_lines()] == ["Norimox 250 mg caps"]


def test_a_strip_price_is_bought_by_the_strip():
    make.products("Norimox 500 mg caps")
    line = make.contract_line(1, "Norimox 500 mg caps", "100", price_unit="strip")
    make.read_offer(make.a_supplier(), [line])
    (found,) = current_offer_lines()
    assert found.unit_factor == 5


def test_an_inactive_supplier_is_not_planned_on():
    supplier = make.a_supplier()
    make.products("Norimox 500 mg caps")
    make.read_offer(supplier, [("Norimox 500 mg caps", "100")])
    assert len(current_offer_lines()) == 1
    supplier.is_active = False
    supplier.save()
    assert current_offer_lines() == []


def test_a_line_of_a_merged_product_is_planned_on_as_the_one_that_replaced_it():
    old, kept = make.products("Norimox 500 mg caps", "Norimox 500 mg capsules 20")
    make.read_offer(make.a_supplier(), [("Norimox 500 mg caps", "100")])
    assert [line.product_id for line in current_offer_lines()] == [old.pk]
    merge_products(product_id=old.pk, into_id=kept.pk, actor=make.ACTOR)
    (line,) = current_offer_lines(product_ids=[kept.pk])
    assert (line.product_id, line.unit_factor) == (kept.pk, 10)
    assert kept.units.filter(pk=line.unit_id).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_planning_reads_in_a_constant_number_of_queries(django_assert_num_queries, count):
    names = [f"Norimox {number}00 mg caps" for number in range(1, count + 1)]
    make.products(*names)
    make.read_offer(make.a_supplier(), [(name, "100") for name in names])
    with django_assert_num_queries(4):
        assert len(current_offer_lines()) == count


def test_a_price_notice_belongs_to_nobody_and_is_never_current():
    make.products("Norimox 500 mg caps")
    line = make.contract_line(1, "Norimox 500 mg caps", "90", public_price="108", discount=["10"])
    notice = make.read_offer(None, [line], kind="price_notice")
    assert notice.status == OfferStatus.READY
    found = notice.lines.get()
    assert (found.public_price, found.discounts, found.net_cost, found.is_current) == (108, [], None, False)
    assert found.match_status == "matched"
    assert current_offer_lines() == []
