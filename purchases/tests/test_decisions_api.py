"""A person says what a line means: once, for all lines of that name, for ever."""

from decimal import Decimal

import pytest

from core.models import AuditEvent
from purchases.models import OfferLine, SupplierAlias
from purchases.tests import factories as make
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
LINES = "/api/v1/offer-lines/"
BUYERS = ["owner", "pharmacist", "purchaser"]


@pytest.fixture
def buyer():
    return client_for("purchaser")


def counts(client, offer):
    return client.get(f"/api/v1/offers/{offer.pk}/").json()["counts"]


def test_a_choice_is_learned_and_the_name_never_asks_again(buyer):
    supplier = make.a_supplier()
    (product,) = make.products("Zyxolan 40 mg")
    offer = make.read_offer(
        supplier, [("دواء لا يشبهه شيء", "10"), ("دواءٌ لا يشبهه شئ", "11"), ("Other thing", "5")]
    )
    line = make.line_of(offer, "دواء لا يشبهه شيء")
    response = buyer.post(f"{LINES}{line.pk}/match/", {"product": product.pk})
    assert response.status_code == 200, response.content
    body = response.json()
    assert body["product"] == {"id": product.pk, "name": "Zyxolan 40 mg"}
    assert (body["match"]["status"], body["match"]["method"]) == ("matched", "person")
    assert body["unit"]["name"] == "box"  # what is bought
    assert counts(buyer, offer)["matched"] == 2  # the same name, spelled otherwise
    later = make.read_offer(supplier, [("دواء لا يشبهه شىء", "12")])
    learned = later.lines.get()
    assert (learned.match_status, learned.match_method, learned.product_id) == (
        "matched",
        "alias",
        product.pk,
    )
    stranger = make.read_offer(make.a_supplier(), [("دواء لا يشبهه شيء", "12")])
    assert stranger.lines.get().product_id is None


def test_the_unit_is_learned_too(buyer):
    supplier = make.a_supplier()
    (product,) = make.products("Zyxolan 40 mg")
    strip = product.units.get(name="strip")
    offer = make.read_offer(supplier, [("Zyx", "10")])
    response = buyer.post(f"{LINES}{offer.lines.get().pk}/match/", {"product": product.pk, "unit": strip.pk})
    assert response.json()["unit"]["id"] == strip.pk
    assert make.read_offer(supplier, [("Zyx", "11")]).lines.get().unit_id == strip.pk


def test_a_unit_of_another_product_or_not_for_buying_is_refused(buyer):
    one, other = make.products("Zyxolan", "Qwertan")
    offer = make.read_offer(make.a_supplier(), [("Zyx", "10")])
    url = f"{LINES}{offer.lines.get().pk}/match/"
    for unit in (other.units.get(name="box"), one.units.get(name="piece")):
        response = buyer.post(url, {"product": one.pk, "unit": unit.pk})
        assert (response.status_code, response.json()["code"]) == (400, "unit_not_of_product")
    response = buyer.post(url, {"product": 10**9})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "product"
    assert not SupplierAlias.objects.exists()
    assert offer.lines.get().product_id is None


def test_ignored_names_stay_ignored_and_may_be_taken_back(buyer):
    supplier = make.a_supplier()
    offer = make.read_offer(supplier, [("Shampoo", "10"), ("Soap", "10")])
    line = make.line_of(offer, "Shampoo")
    assert buyer.post(f"{LINES}ignore/", {"lines": [line.pk]}).json() == {"changed": [line.pk]}
    later = make.read_offer(supplier, [("shampoo", "12"), ("Soap", "1")])
    assert make.line_of(later, "shampoo").match_status == "ignored"
    assert counts(buyer, later)["ignored"] == 1
    buyer.post(f"{LINES}unmatch/", {"lines": [make.line_of(later, "shampoo").pk]})
    assert not SupplierAlias.objects.exists()
    assert make.line_of(later, "shampoo").match_status == "unmatched"


def test_bulk_decisions_are_all_or_nothing(buyer):
    one, two = make.products("Zyxolan", "Qwertan")
    offer = make.read_offer(make.a_supplier(), [("A b c", "10"), ("D e f", "10")])
    first, second = offer.lines.order_by("position")
    rows = [{"line": first.pk, "product": one.pk}, {"line": second.pk, "product": 10**9}]
    response = buyer.post(f"{LINES}match/", {"lines": rows})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "lines[1].product"
    assert not OfferLine.objects.filter(product__isnull=False).exists()
    rows[1]["product"] = two.pk
    assert buyer.post(f"{LINES}match/", {"lines": rows}).json() == {"changed": [first.pk, second.pk]}


def test_a_line_twice_or_not_there_is_refused(buyer):
    (product,) = make.products("Zyxolan")
    line = make.read_offer(make.a_supplier(), [("A b c", "10")]).lines.get()
    rows = [{"line": line.pk, "product": product.pk}, {"line": line.pk, "product": None}]
    assert buyer.post(f"{LINES}match/", {"lines": rows}).status_code == 400
    response = buyer.post(f"{LINES}ignore/", {"lines": [line.pk, 10**9]})
    assert (response.status_code, response.json()["code"]) == (404, "offer_line_not_found")
    assert OfferLine.objects.get().match_status == "unmatched"


def test_accepting_takes_the_first_suggestion(buyer):
    make.products("Norimox 500 mg capsules", "Norimox 250 mg capsules")
    offer = make.read_offer(make.a_supplier(), [("Norimox capsules", "10"), ("Nothing like it", "3")])
    unsure, bare = offer.lines.order_by("position")
    assert unsure.match_status == "unsure"
    response = buyer.post(f"{LINES}accept/", {"lines": [unsure.pk, bare.pk]})
    assert (response.status_code, response.json()["code"]) == (409, "line_has_no_candidate")
    answer = buyer.post(f"{LINES}accept/", {"lines": [unsure.pk]})
    assert (answer.status_code, answer.json()) == (200, {"changed": [unsure.pk], "left_out": []})
    unsure.refresh_from_db()
    assert unsure.product_id == unsure.candidates[0]["product"]


def test_what_differs_is_never_accepted_in_bulk(buyer):
    make.products("Norimox 500 mg capsules", "Zyxolan 40 mg tablets")
    offer = make.read_offer(make.a_supplier(), [("Norimox 250 mg capsules", "10"), ("Zyxolan tablets", "3")])
    strength, alike = offer.lines.order_by("position")
    assert strength.candidates[0]["differs"] == ["strength"]
    answer = buyer.post(f"{LINES}accept/", {"lines": [strength.pk, alike.pk]}).json()
    assert answer == {"changed": [alike.pk], "left_out": [strength.pk]}
    strength.refresh_from_db()
    assert (strength.match_status, strength.product_id) == ("unsure", None)
    assert buyer.post(f"{LINES}accept/", {"lines": [strength.pk]}).json()["changed"] == []


def test_a_doubtful_line_counts_once_a_person_says_it_is_as_printed(buyer):
    lines = [
        make.contract_line(1, "Zyxolan", "10", flags=["arithmetic", "low_confidence"]),
        make.contract_line(2, "Norimox", "20"),
    ]
    offer = make.read_offer(make.a_supplier(), lines)
    doubtful, plain = offer.lines.order_by("position")
    OfferLine.objects.filter(pk=doubtful.pk).update(flags=["arithmetic", "low_confidence", "no_price"])
    answer = buyer.post(f"{LINES}as-printed/", {"lines": [doubtful.pk, plain.pk]})
    assert (answer.status_code, answer.json()) == (200, {"changed": [doubtful.pk]})
    doubtful.refresh_from_db()
    assert doubtful.flags == ["no_price"]  # a look gives no price
    assert AuditEvent.objects.latest("pk").data["flags"] == {
        str(doubtful.pk): ["arithmetic", "low_confidence", "no_price"]
    }
    assert buyer.post(f"{LINES}as-printed/", {"lines": [10**9]}).status_code == 404


def test_products_come_from_lines_where_there_is_no_catalogue(buyer):
    names = [("نوراميد 500 ملغ 30 حبة", "10"), ("نوراميد 500 ملغ 30 حبه", "11"), ("Norisyrup 100 ml", "5")]
    offer = make.read_offer(make.a_supplier(), names)
    body = {"lines": list(offer.lines.values_list("pk", flat=True))}
    response = buyer.post(f"{LINES}create-products/", body)
    assert response.status_code == 200, response.content
    assert len(response.json()["products"]) == 2
    assert counts(buyer, offer) == {
        "lines": 3, "matched": 3, "unsure": 0, "unmatched": 0, "ignored": 0,
        "flagged": offer.lines.exclude(flags=[]).count(),
    }  # fmt: skip
    tablets = make.line_of(offer, "نوراميد 500 ملغ 30 حبة")
    assert tablets.product.name_ar == "نوراميد 500 ملغ 30 حبة"
    assert (tablets.unit.name, tablets.unit.factor) == ("box", 30)
    assert make.line_of(offer, "Norisyrup 100 ml").unit.factor == 1
    again = buyer.post(f"{LINES}create-products/", body)
    assert (again.status_code, again.json()["code"]) == (409, "lines_already_matched")


def test_an_odd_bonus_counts_once_a_person_says_so(buyer):
    offer = make.read_offer(make.a_supplier(), [("Alpha", "11", [(5, 6)])])
    line = offer.lines.get()
    assert (line.net_cost, line.flags) == (Decimal(11), ["suspect_bonus"])
    url = f"{LINES}{line.pk}/confirm-bonus/"
    assert buyer.post(url, {"tiers": [1]}).status_code == 400
    body = buyer.post(url, {"tiers": [0]}).json()
    assert (body["net_cost"], body["flags"], body["bonus"][0]["confirmed"]) == ("5.00", [], True)
    body = buyer.post(url, {"confirmed": False}).json()
    assert (body["net_cost"], body["flags"]) == ("11.00", ["suspect_bonus"])


def test_nothing_is_decided_on_a_cancelled_list(buyer):
    (product,) = make.products("Zyxolan")
    offer = make.read_offer(make.a_supplier(), [("A b c", "10")])
    buyer.post(f"/api/v1/offers/{offer.pk}/cancel/", {})
    response = buyer.post(f"{LINES}{offer.lines.get().pk}/match/", {"product": product.pk})
    assert (response.status_code, response.json()["code"]) == (409, "offer_state_conflict")
    assert not SupplierAlias.objects.exists()


@pytest.mark.parametrize("count", [5, 50])
def test_deciding_on_many_costs_what_deciding_on_few_costs(buyer, django_assert_max_num_queries, count):
    (product,) = make.products("Zyxolan")
    offer = make.read_offer(make.a_supplier(), [(f"Name {number} x", "10") for number in range(count)])
    rows = [{"line": line, "product": product.pk} for line in offer.lines.values_list("pk", flat=True)]
    with django_assert_max_num_queries(24):
        assert buyer.post(f"{LINES}match/", {"lines": rows}).status_code == 200


def test_learned_names_are_seen_and_forgotten(buyer):
    supplier = make.a_supplier()
    (product,) = make.products("Zyxolan")
    offer = make.read_offer(supplier, [("زيكسولان", "10")])
    buyer.post(f"{LINES}{offer.lines.get().pk}/match/", {"product": product.pk})
    (row,) = buyer.get("/api/v1/supplier-aliases/", {"supplier": supplier.pk}).json()["results"]
    assert (row["raw_name"], row["product"]["id"]) == ("زيكسولان", product.pk)
    assert buyer.delete(f"/api/v1/supplier-aliases/{row['id']}/").status_code == 204
    assert make.read_offer(supplier, [("زيكسولان", "11")]).lines.get().product_id is None


def test_who_may():
    offer = make.read_offer(make.a_supplier(), [("A b c", "10")])
    line = offer.lines.get()
    for path in (
        "match/",
        "accept/",
        "as-printed/",
        "ignore/",
        "unmatch/",
        f"{line.pk}/match/",
        f"{line.pk}/confirm-bonus/",
    ):
        roles_refused("post", f"{LINES}{path}", {}, allowed=BUYERS)
    roles_refused("post", f"{LINES}create-products/", {}, allowed=BUYERS)
    roles_refused("get", "/api/v1/supplier-aliases/", allowed=[*BUYERS, "accountant", "auditor"])
