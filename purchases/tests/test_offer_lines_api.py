"""The screen opened twenty times a day: who sells it cheapest today."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from purchases.tests import factories as make
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
LINES = "/api/v1/offer-lines/"


@pytest.fixture
def buyer():
    return client_for("purchaser")


@pytest.fixture
def market():
    """Three wholesalers that name one product differently, and one list that was replaced."""
    (product,) = make.products("Norimox 500 mg caps", aliases=["نوريموكس"], name_ar="نوريموكس ٥٠٠")
    sellers = {name: make.a_supplier(name=name) for name in ("dear", "cheap", "bonus")}
    make.read_offer(sellers["cheap"], [("Norimox 500 mg caps", "94"), ("Gone", "1")])
    make.read_offer(sellers["dear"], [("Norimox 500 mg caps", "120"), ("Other", "5")])
    make.read_offer(sellers["cheap"], [("NORIMOX caps 500mg", "95"), ("Nothing like it", "1")])
    make.read_offer(sellers["bonus"], [("نوريموكس 500", "108", [(10, 2)])])
    return product


def names(response):
    assert response.status_code == 200, response.content
    return [(row["supplier"]["name"], row["net_cost"]) for row in response.json()["results"]]


def test_cheapest_first_after_bonus_over_all_wholesalers(buyer, market):
    found = names(buyer.get(LINES, {"current": "true", "search": "norimox", "ordering": "net_cost"}))
    assert found == [("bonus", "90.00"), ("cheap", "95.00"), ("dear", "120.00")]
    found = names(buyer.get(LINES, {"current": "true", "product": market.pk, "ordering": "-net_cost"}))
    assert [seller for seller, _cost in found] == ["dear", "cheap", "bonus"]


@pytest.mark.parametrize("text", ["نوريموكس", "نُوريـموكس ٥٠٠", "Norimox 500", "mox nori"])
def test_search_finds_the_product_by_any_of_its_names(buyer, market, text):
    found = names(buyer.get(LINES, {"current": "true", "search": text, "ordering": "net_cost"}))
    assert [seller for seller, _cost in found] == ["bonus", "cheap", "dear"]


def test_a_name_without_a_product_is_found_by_its_own_words(buyer, market):
    assert names(buyer.get(LINES, {"current": "true", "search": "like nothing"})) == [("cheap", "1.00")]
    assert names(buyer.get(LINES, {"current": "true", "search": "gone"})) == []
    assert len(names(buyer.get(LINES, {"search": "gone"}))) == 1


def test_old_lists_are_marked_stale(buyer, market):
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        rows = buyer.get(LINES, {"current": "true", "search": "norimox"}).json()["results"]
    assert [row["is_stale"] for row in rows] == [True] * 3


def test_filters(buyer, market):
    make.read_offer(make.a_supplier(), [("Odd", "11", [(5, 6)])])
    assert [row["raw_name"] for row in buyer.get(LINES, {"flag": "suspect_bonus"}).json()["results"]] == [
        "Odd"
    ]
    assert [row["raw_name"] for row in buyer.get(LINES, {"flagged": "true"}).json()["results"]] == ["Odd"]
    unmatched = buyer.get(LINES, {"current": "true", "match_status": "unmatched"}).json()
    assert {row["raw_name"] for row in unmatched["results"]} == {"Odd", "Other", "Nothing like it"}
    assert buyer.get(LINES, {"ordering": "colour"}).status_code == 400
    assert buyer.get(LINES, {"match_status": "perhaps"}).status_code == 400


def test_one_line_in_full(buyer, market):
    line = buyer.get(LINES, {"current": "true", "search": "norimox", "ordering": "net_cost"}).json()[
        "results"
    ][0]
    body = buyer.get(f"{LINES}{line['id']}/").json()
    assert body["raw_fields"]["price"] == {"raw": "108"}
    assert body["checks"] == {}


@pytest.mark.parametrize("sellers", [1, 3])
def test_the_search_costs_the_same_for_one_and_three(buyer, django_assert_num_queries, sellers):
    make.products("Norimox 500 mg caps")
    for _number in range(sellers):
        make.read_offer(make.a_supplier(), [("Norimox 500 mg caps", "120")])
    with django_assert_num_queries(5):  # permission, calendar, products by name, count, page
        response = buyer.get(LINES, {"current": "true", "search": "norimox", "ordering": "net_cost"})
    assert len(response.json()["results"]) == sellers


def test_who_may(market):
    readers = ["owner", "pharmacist", "purchaser", "accountant", "auditor"]
    roles_refused("get", LINES, allowed=readers)
    assert client_for("accountant").get(LINES).status_code == 200
