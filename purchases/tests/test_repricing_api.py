"""Prices changed by a rule, asked as a client asks."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.models import LegalPrice, Repricing, RepricingLine, SellingPrice
from inventory.selectors import price_book
from inventory.tests.factories import CategoryFactory, stocked, today
from purchases.tests.factories import a_supplier, products, read_offer
from rbac.tests.factories import client_for, roles_refused
from sales.tests.factories import priced, shop, unit_of
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
API = "/api/v1"
DESK = ("owner", "pharmacist")
STAFF = ("owner", "pharmacist", "purchaser", "accountant", "auditor")


@pytest.fixture
def pharmacist():
    return client_for("pharmacist")


def post(client, path, data=None, **headers):
    return client.post(f"{API}/{path}", data, format="json", headers=headers)


def price_of(product, on=None):
    return price_book([product.pk], on=on or today()).price(unit_of(product).pk)


def policy(**fields):
    get_organization()
    Organization.objects.update(**fields)


def refused(answer, status, code=None):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    body = answer.json()
    if code:
        assert code in (
            body["type"].rsplit("/", 1)[-1],
            body.get("code"),
            *(e["code"] for e in body["errors"]),
        )
    return body


def preview(client, **rule):
    answer = post(client, "selling-prices/reprice/preview/", rule)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_preview_shows_everything_and_changes_nothing(pharmacist):
    product = priced("10", legal="12")
    stocked(product, shop(), 100, "950")
    seen = preview(pharmacist, method="percent", percent="10", products=[product.pk])
    (line,) = seen["lines"]
    assert (line["old_price"], line["new_price"], line["legal_maximum"]) == ("10.00", "11.00", "12.00")
    assert (line["replacement_cost"], line["margin_percent"], line["change_percent"]) == (
        "9.50",
        "15.8",
        "10.0",
    )
    assert (seen["changes"], seen["refused"], seen["with_warnings"]) == (1, 0, 0)
    assert price_of(product) == 10
    assert not Repricing.objects.exists()


def test_what_was_previewed_is_applied(pharmacist):
    first, second = priced("10"), priced("20")
    rule = {"method": "percent", "percent": "-5", "products": [first.pk, second.pk]}
    seen = preview(pharmacist, **rule)
    applied = post(pharmacist, "selling-prices/reprice/apply/", {**rule, "fingerprint": seen["fingerprint"]})
    assert applied.status_code == 201, applied.content
    assert applied.json()["status"] == "applied"
    assert (price_of(first), price_of(second)) == (Decimal("9.5"), 19)


@pytest.mark.parametrize("changes", ["price", "legal", "cost", "offer"])
def test_what_changed_since_the_preview_is_not_applied(pharmacist, changes):
    (item,) = products("Amoxil 500 mg box")
    unit = item.units.get(is_default_sell=True)
    SellingPrice.objects.create(unit=unit, price=100, valid_from="2020-01-01")
    rule = {"method": "percent", "percent": "10", "products": [item.pk]}
    seen = preview(pharmacist, **rule)
    if changes == "price":
        SellingPrice.objects.create(unit=unit, price=101, valid_from=today())
    elif changes == "legal":
        LegalPrice.objects.create(unit=unit, price=500, valid_from=today())
    elif changes == "cost":
        stocked(item, shop(), 10, "95")
    else:
        read_offer(a_supplier(), [("Amoxil 500 mg box", "70")])
    before = SellingPrice.objects.count()
    answer = post(pharmacist, "selling-prices/reprice/apply/", {**rule, "fingerprint": seen["fingerprint"]})
    refused(answer, 409)
    assert "look again" in answer.json()["title"]
    assert SellingPrice.objects.count() == before
    assert not Repricing.objects.exists()


def test_a_price_below_the_best_offer_is_warned_of(pharmacist):
    (item,) = products("Amoxil 500 mg box")
    box = item.units.get(is_default_sell=True)
    SellingPrice.objects.create(unit=box, price=100, valid_from="2020-01-01")
    read_offer(a_supplier(), [("Amoxil 500 mg box", "120")])
    seen = preview(pharmacist, method="percent", percent="5", products=[item.pk])
    (line,) = seen["lines"]
    assert line["replacement_cost"] == "120.00"
    assert [warning["code"] for warning in line["warnings"]] == ["below_replacement_cost"]
    by_margin = preview(pharmacist, method="margin", percent="25", products=[item.pk])
    assert by_margin["lines"][0]["new_price"] == "150.00"


def test_above_the_legal_maximum_nothing_is_applied_unless_left_out_or_allowed(pharmacist):
    free, bound = priced("10"), priced("10", legal="10.5")
    body = {"method": "percent", "percent": "10", "products": [free.pk, bound.pk]}
    draft = post(pharmacist, "repricings/", body).json()
    url = f"repricings/{draft['id']}/apply/"
    refused(post(pharmacist, url, {}), 409, "above_legal_maximum")
    refused(post(pharmacist, url, {"override": True}), 403)
    assert (price_of(free), price_of(bound)) == (10, 10)
    assert Repricing.objects.get().status == "draft"
    assert post(pharmacist, url, {"skip_refused": True}).status_code == 200
    assert (price_of(free), price_of(bound)) == (11, 10)
    again = post(pharmacist, "repricings/", {**body, "products": [bound.pk]}).json()
    owner = client_for("owner")
    assert post(owner, f"repricings/{again['id']}/apply/", {"override": True}).status_code == 200
    assert price_of(bound) == 11
    assert SellingPrice.objects.filter(above_legal=True).count() == 1


def test_rounding_follows_the_pharmacys_policy_and_never_passes_the_law(pharmacist):
    policy(price_rounding="charm", price_rounding_step=1)
    plain, bound = priced("10"), priced("10", legal="11.50")
    seen = preview(pharmacist, method="percent", percent="12", products=[plain.pk, bound.pk])
    assert sorted(line["new_price"] for line in seen["lines"]) == ["10.99", "10.99"]
    up = preview(
        pharmacist, method="percent", percent="12", rounding="up", rounding_step="5",
        products=[plain.pk, bound.pk],
    )  # fmt: skip
    assert sorted(line["new_price"] for line in up["lines"]) == ["15.00"]
    assert up["unchanged"] == 1  # 15 would be above the law, 10 is what it costs already


def test_products_are_chosen_by_category_search_and_supplier(pharmacist):
    category = CategoryFactory()
    chosen, _other = priced("10", category=category), priced("10")
    rule = {"method": "percent", "percent": "10"}
    assert preview(pharmacist, **rule, category=category.pk)["changes"] == 1
    assert preview(pharmacist, **rule, search=chosen.name_en)["changes"] == 1
    (offered,) = products("Panadol 500 mg box")
    SellingPrice.objects.create(
        unit=offered.units.get(is_default_sell=True), price=100, valid_from="2020-01-01"
    )
    supplier = a_supplier()
    read_offer(supplier, [("Panadol 500 mg box", "50")])
    (line,) = preview(pharmacist, **rule, supplier=supplier.pk)["lines"]
    assert line["product"]["id"] == offered.pk
    assert preview(pharmacist, **rule, supplier=a_supplier().pk)["changes"] == 0
    assert preview(pharmacist, **rule)["changes"] == 3


def test_a_supplier_list_gives_its_public_prices(pharmacist):
    (item,) = products("Amoxil 500 mg box")
    box = item.units.get(is_default_sell=True)
    from purchases.tests.factories import contract_line  # noqa: PLC0415

    offer = read_offer(a_supplier(), [contract_line(1, "Amoxil 500 mg box", "80", public_price="100")])
    seen = preview(pharmacist, method="offer", offer=offer.pk)
    (line,) = seen["lines"]
    assert (line["new_price"], line["replacement_cost"], line["margin_percent"]) == (
        "100.00",
        "80.00",
        "25.0",
    )
    assert line["unit"]["id"] == box.pk
    by_cost = preview(pharmacist, method="offer", offer=offer.pk, basis="net_cost", percent="50")
    assert by_cost["lines"][0]["new_price"] == "120.00"
    draft = post(pharmacist, "repricings/", {"method": "offer", "offer": offer.pk}).json()
    assert draft["source"] == "offer"
    assert offer.number in draft["source_note"]
    assert post(pharmacist, f"repricings/{draft['id']}/apply/", {}).status_code == 200
    assert SellingPrice.objects.get().source == "offer"


def test_a_notice_sets_legal_maximums_and_prices_come_down_to_them(pharmacist):
    (item,) = products("Amoxil 500 mg box")
    box = item.units.get(is_default_sell=True)
    SellingPrice.objects.create(unit=box, price=100, valid_from="2020-01-01")
    notice = read_offer(None, [("Amoxil 500 mg box", "90")], kind="price_notice", currency="SYP")
    if notice.price_factor_settled is False:
        notice.price_factor = 1
        notice.save()
    assert post(pharmacist, f"offers/{notice.pk}/legal-prices/", {}).status_code == 201
    assert LegalPrice.objects.get().price == 90
    seen = preview(pharmacist, method="legal", products=[item.pk])
    assert seen["lines"][0]["new_price"] == "90.00"
    offer = read_offer(a_supplier(), [("Amoxil 500 mg box", "50")])
    refused(post(pharmacist, f"offers/{offer.pk}/legal-prices/", {}), 400, "no_notice")


def test_a_draft_is_edited_with_its_version_and_applied_once(pharmacist):
    first, second = priced("10"), priced("20", legal="30")
    body = {"method": "percent", "percent": "10", "products": [first.pk, second.pk]}
    created = post(pharmacist, "repricings/", body)
    pk, etag = created.json()["id"], created["ETag"]
    url = f"{API}/repricings/{pk}/lines/"
    edit = {"lines": [{"line": 1, "price": None}, {"line": 2, "price": "31"}]}
    assert pharmacist.patch(url, edit, format="json").status_code == 428
    edited = pharmacist.patch(url, edit, format="json", headers={"If-Match": etag})
    assert edited.status_code == 200, edited.content
    assert pharmacist.patch(url, edit, format="json", headers={"If-Match": etag}).status_code == 412
    shown = pharmacist.get(url).json()["results"]
    assert [line["new_price"] for line in shown] == [None, "31.00"]
    assert shown[1]["refusal"]["code"] == "above_legal_maximum"
    refused(post(pharmacist, f"repricings/{pk}/apply/", {}), 409)
    mended = {"lines": [{"line": 2, "price": "29.5"}]}
    pharmacist.patch(url, mended, format="json", headers={"If-Match": edited["ETag"]})
    assert post(pharmacist, f"repricings/{pk}/apply/", {}).status_code == 200
    assert (price_of(first), price_of(second)) == (10, Decimal("29.5"))
    refused(post(pharmacist, f"repricings/{pk}/apply/", {}), 409)
    refused(post(pharmacist, f"repricings/{pk}/cancel/", {}), 409)
    assert SellingPrice.objects.filter(unit=unit_of(second)).count() == 2


def test_a_stale_draft_names_its_lines(pharmacist):
    product = priced("10")
    pk = post(pharmacist, "repricings/", {"method": "percent", "percent": "10"}).json()["id"]
    SellingPrice.objects.create(unit=unit_of(product), price=12, valid_from=today())
    body = refused(post(pharmacist, f"repricings/{pk}/apply/", {}), 409)
    assert body["errors"][0]["field"] == "lines[1]"
    assert price_of(product) == 12


def test_prices_of_a_later_day_begin_then(pharmacist):
    product = priced("10")
    starts = today() + timedelta(days=30)
    body = {"method": "fixed", "price": "15", "products": [product.pk], "valid_from": str(starts)}
    pk = post(pharmacist, "repricings/", body).json()["id"]
    assert post(pharmacist, f"repricings/{pk}/apply/", {}).status_code == 200
    assert (price_of(product), price_of(product, starts)) == (10, 15)
    assert post(pharmacist, f"repricings/{pk}/undo/").status_code == 200
    assert price_of(product, starts) == 10


def test_undo_brings_old_prices_back_and_leaves_what_was_priced_since(pharmacist):
    first, second = priced("10"), priced("20")
    pk = post(pharmacist, "repricings/", {"method": "percent", "percent": "10"}).json()["id"]
    post(pharmacist, f"repricings/{pk}/apply/", {})
    post(pharmacist, "selling-prices/", {"unit": unit_of(second).pk, "price": "25"})
    undone = post(pharmacist, f"repricings/{pk}/undo/")
    assert undone.status_code == 200, undone.content
    assert (undone.json()["status"], undone.json()["left"]) == ("undone", [2])
    assert (price_of(first), price_of(second)) == (10, 25)
    refused(post(pharmacist, f"repricings/{pk}/undo/"), 409)


def test_the_same_key_reprices_once(pharmacist):
    product = priced("10")
    rule = {"method": "percent", "percent": "10", "products": [product.pk]}
    body = {**rule, "fingerprint": preview(pharmacist, **rule)["fingerprint"]}
    key = {"Idempotency-Key": "reprice-1"}
    first = post(pharmacist, "selling-prices/reprice/apply/", body, **key)
    again = post(pharmacist, "selling-prices/reprice/apply/", body, **key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert price_of(product) == 11


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"method": "percent"}, "percent"),
        ({"method": "percent", "percent": "-100"}, "percent"),
        ({"method": "percent", "percent": "x"}, "percent"),
        ({"method": "margin"}, "percent"),
        ({"method": "fixed", "price": "0", "search": "p"}, "price"),
        ({"method": "fixed", "price": "-1", "search": "p"}, "price"),
        ({"method": "fixed", "price": "5"}, "products"),
        ({"method": "offer"}, "offer"),
        ({"method": "typed"}, "prices"),
        ({"method": "typed", "prices": [{"unit": 999999, "price": "1"}]}, "lines[0].unit"),
        ({"method": "percent", "percent": "1", "valid_from": "2020-01-01"}, "valid_from"),
        ({"method": "percent", "percent": "1", "rounding_step": "0"}, "rounding_step"),
        ({"method": "percent", "percent": "1", "prices": [{"unit": 1, "price": "1"}]}, "prices"),
        ({"method": "guess"}, "method"),
        ({"method": "percent", "percent": "1", "colour": "red"}, "colour"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_and_nothing_changes(pharmacist, rule, field):
    priced("10")
    before = SellingPrice.objects.count()
    for path in ("selling-prices/reprice/preview/", "repricings/"):
        body = refused(post(pharmacist, path, rule), 400)
        assert body["errors"][0]["field"] == field
    assert (SellingPrice.objects.count(), Repricing.objects.count()) == (before, 0)


def test_nothing_to_change_is_no_document(pharmacist):
    priced("10")
    refused(post(pharmacist, "repricings/", {"method": "percent", "percent": "0"}), 409)
    assert not Repricing.objects.exists()


def test_a_unit_named_twice_is_refused(pharmacist):
    unit = unit_of(priced("10")).pk
    prices = [{"unit": unit, "price": "11"}, {"unit": unit, "price": "12"}]
    refused(post(pharmacist, "repricings/", {"method": "typed", "prices": prices}), 400, "duplicate")


def statements(client, count):
    chosen = [priced("10").pk for _number in range(count)]
    for product in chosen:
        assert product
    rule = {"method": "percent", "percent": "10", "products": chosen}
    with CaptureQueriesContext(connection) as looked:
        fingerprint = preview(client, **rule)["fingerprint"]
    with CaptureQueriesContext(connection) as set_:
        answer = post(client, "selling-prices/reprice/apply/", {**rule, "fingerprint": fingerprint})
    assert answer.status_code == 201, answer.content
    with CaptureQueriesContext(connection) as undone:
        post(client, f"repricings/{answer.json()['id']}/undo/")
    return len(looked), len(set_), len(undone)


def test_one_price_costs_as_many_statements_as_three_hundred(pharmacist):
    statements(pharmacist, 1)
    assert statements(pharmacist, 1) == statements(pharmacist, 300)


def test_lists_cost_the_same_at_one_and_three(pharmacist):
    def cost():
        with CaptureQueriesContext(connection) as one:
            assert pharmacist.get(f"{API}/repricings/").status_code == 200
        with CaptureQueriesContext(connection) as lines:
            assert pharmacist.get(f"{API}/repricings/{pk}/lines/").status_code == 200
        return len(one), len(lines)

    priced("10")
    pk = post(pharmacist, "repricings/", {"method": "percent", "percent": "10"}).json()["id"]
    cost()
    first = cost()
    priced("10"), priced("10")
    for percent in ("11", "12"):
        pk = post(pharmacist, "repricings/", {"method": "percent", "percent": percent}).json()["id"]
    assert RepricingLine.objects.filter(repricing=pk).count() == 3
    assert cost() == first
    csv = pharmacist.get(f"{API}/repricings/", {"format": "csv"})
    assert len(csv.content.decode().strip().splitlines()) == 4


def test_only_those_who_set_prices_may(pharmacist):
    product = priced("10")
    rule = {"method": "percent", "percent": "10", "products": [product.pk]}
    pk = post(pharmacist, "repricings/", rule).json()["id"]
    roles_refused("post", f"{API}/selling-prices/reprice/preview/", rule, allowed=DESK)
    roles_refused("post", f"{API}/selling-prices/reprice/apply/", rule, allowed=DESK)
    roles_refused("post", f"{API}/repricings/", rule, allowed=DESK)
    roles_refused("patch", f"{API}/repricings/{pk}/lines/", {}, allowed=DESK)
    for verb in ("apply", "cancel", "undo"):
        roles_refused("post", f"{API}/repricings/{pk}/{verb}/", {}, allowed=DESK)
    roles_refused("post", f"{API}/offers/1/legal-prices/", {}, allowed=DESK)
    roles_refused("get", f"{API}/repricings/", allowed=STAFF)
    roles_refused("get", f"{API}/repricings/{pk}/lines/", allowed=STAFF)
    assert price_of(product) == 10


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE inventory_repricing SET percent = 99",
        "UPDATE inventory_repricing SET status = 'draft'",
        "DELETE FROM inventory_repricing",
        "UPDATE inventory_repricingline SET new_price = 1",
        "DELETE FROM inventory_repricingline",
    ],
)
def test_an_applied_repricing_never_changes_not_even_by_sql(pharmacist, attack):
    priced("10")
    pk = post(pharmacist, "repricings/", {"method": "percent", "percent": "10"}).json()["id"]
    assert post(pharmacist, f"repricings/{pk}/apply/", {}).status_code == 200
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
