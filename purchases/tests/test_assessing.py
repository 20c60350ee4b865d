"""When is money unsure? Scale, currency, order of the bonus, odd lines; and what a person settles is learned."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from capital.services import set_exchange_rate
from inventory.tests.factories import LocationFactory, stocked
from purchases.enums import OfferStatus
from purchases.models import OfferLine, Supplier
from purchases.services import confirm_offer, edit_offer
from purchases.tests import factories as make

pytestmark = pytest.mark.django_db


def reasons(offer):
    offer.refresh_from_db()
    return [reason["code"] for reason in offer.review_reasons]


def names(count):
    return [f"Norimox {number}00 mg caps" for number in range(1, count + 1)]


def test_a_first_list_of_matched_goods_without_anything_to_compare_waits():
    make.products(*names(3))
    supplier = make.a_supplier(price_factor=None)
    offer = make.read_offer(supplier, [(name, "100") for name in names(3)])
    assert (offer.status, reasons(offer)) == (OfferStatus.REVIEW, ["price_factor_unsettled"])
    confirm_offer(offer_id=offer.pk, actor=make.ACTOR)
    supplier.refresh_from_db()
    assert supplier.price_factor == 1
    assert make.read_offer(supplier, [(name, "110") for name in names(3)]).status == OfferStatus.READY


def test_nothing_is_at_stake_where_nothing_matched():
    offer = make.read_offer(make.a_supplier(price_factor=None), [("Alpha", "10")])
    assert offer.status == OfferStatus.READY


def test_prices_that_agree_with_what_we_paid_need_nobody():
    place = LocationFactory()
    for product in make.products(*names(3)):
        stocked(product, place, 10, "90.00")
    offer = make.read_offer(make.a_supplier(price_factor=None), [(name, "100") for name in names(3)])
    assert offer.status == OfferStatus.READY


def test_a_scale_a_hundred_times_off_waits_even_where_one_was_settled():
    make.products(*names(4))
    make.read_offer(make.a_supplier(), [(name, "10000") for name in names(4)])
    supplier = make.a_supplier()
    offer = make.read_offer(supplier, [(name, "100") for name in names(4)])
    assert reasons(offer) == ["price_factor_unsettled"]
    assert offer.review_reasons[0]["params"]["ratio"] == "0.01"
    edit_offer(offer_id=offer.pk, changes={"price_factor": Decimal(100)}, actor=make.ACTOR)
    offer.refresh_from_db()
    assert (offer.status, reasons(offer)) == (OfferStatus.READY, [])
    assert {line.net_cost for line in offer.lines.all()} == {Decimal(10000)}
    assert {line.price for line in offer.lines.all()} == {Decimal(100)}


def test_the_suppliers_own_last_list_is_the_best_witness():
    supplier = make.a_supplier()
    make.read_offer(supplier, [(f"Name {n}", "100") for n in range(5)])
    offer = make.read_offer(supplier, [(f"Name {n}", "10000") for n in range(5)])
    assert reasons(offer) == ["price_factor_unsettled"]


def test_a_currency_that_the_document_contradicts_waits():
    offer = make.read_offer(make.a_supplier(), [("Alpha", "10")], header={"currency": "USD"})
    assert reasons(offer) == ["currency_unsettled", "no_exchange_rate"]
    line = offer.lines.get()
    assert (line.net_cost, line.flags) == (None, ["no_exchange_rate"])


def test_foreign_prices_are_compared_in_our_money():
    with transaction.atomic():
        set_exchange_rate(currency="USD", rate=Decimal(13000), rate_date=date(2020, 1, 1), actor=make.ACTOR)
    offer = make.read_offer(
        make.a_supplier(currency="USD"), [("Alpha", "2.5", [(10, 2)])], header={"currency": "USD"}
    )
    assert offer.status == OfferStatus.READY
    assert offer.lines.get().net_cost == Decimal("27083.33333333")


def test_an_order_of_bonus_that_nobody_knows_waits_and_is_settled_once():
    supplier = make.a_supplier()
    text = "name,bonus,price\nNorimox,7+9,5\nNorizol,9+8,5\n"
    offer = make.read_csv(supplier, text)
    assert reasons(offer) == ["bonus_order_unsettled"]
    assert {line.net_cost for line in offer.lines.all()} == {Decimal(5)}
    edit_offer(offer_id=offer.pk, changes={"bonus_order": "free_first"}, actor=make.ACTOR)
    offer.refresh_from_db()
    assert offer.status == OfferStatus.READY
    tiers = {
        line.raw_name: [(t["buy"], t["free"], t["suspect"]) for t in line.bonus] for line in offer.lines.all()
    }
    assert tiers == {"Norimox": [(9, 7, False)], "Norizol": [(8, 9, True)]}
    confirm_offer(offer_id=offer.pk, actor=make.ACTOR)
    assert Supplier.objects.get(pk=supplier.pk).bonus_order == "free_first"
    later = make.read_csv(supplier, text.replace(",5", ",6"))
    assert later.status == OfferStatus.READY


def test_a_wrong_order_is_turned_by_hand():
    supplier = make.a_supplier()
    offer = make.read_offer(supplier, [("Alpha", "12", [(10, 2)])], header={"bonus_order": "paid_first"})
    assert offer.lines.get().net_cost == 10
    edit_offer(offer_id=offer.pk, changes={"bonus_order": "free_first"}, actor=make.ACTOR)
    (tier,) = offer.lines.get().bonus
    assert (tier["buy"], tier["free"], tier["suspect"]) == (2, 10, True)
    assert offer.lines.get().net_cost == 12


def test_many_odd_lines_wait():
    lines = [(f"Name {number}", "10", [(5, 6)]) for number in range(5)]
    assert reasons(make.read_offer(make.a_supplier(), lines)) == ["many_suspicious"]
    few = lines[:2] + [(f"Plain {number}", "10") for number in range(30)]
    assert make.read_offer(make.a_supplier(), few).status == OfferStatus.READY


def test_a_document_without_lines_waits():
    assert reasons(make.read_offer(make.a_supplier(), [])) == ["no_lines"]


def test_prices_that_jumped_are_flagged(settings):
    supplier = make.a_supplier()
    make.read_offer(supplier, [("Alpha", "100"), ("Beta", "100"), ("Gamma", "100")])
    offer = make.read_offer(supplier, [("Alpha", "130"), ("Beta", "105"), ("Gamma", "60")])
    flagged = OfferLine.objects.filter(offer=offer, flags__contains=["price_jump"])
    assert [line.raw_name for line in flagged] == ["Alpha"]
    offer.refresh_from_db()
    assert offer.flagged_count == 1


def test_the_same_name_at_two_prices_is_flagged():
    offer = make.read_offer(make.a_supplier(), [("Alpha", "1"), ("alpha", "2"), ("Beta", "1"), ("Beta", "1")])
    assert [line.raw_name for line in offer.lines.filter(flags__contains=["duplicate_line"])] == [
        "Alpha",
        "alpha",
    ]
