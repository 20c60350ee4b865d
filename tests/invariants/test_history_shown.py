"""Who changed which field: over the API and at the workbench."""

import pytest
from django.utils import timezone, translation

from capital.models import TaxClass, TaxRate
from core.actors import Actor
from core.history import written_by
from inventory.models import Product, ProductIdentifier, SellingPrice
from inventory.tests.factories import CategoryFactory, ProductFactory
from purchases.models import Supplier
from purchases.tests.factories import a_supplier
from rbac.models import Role
from rbac.tests.factories import client_for, roles_refused, user_with_role

pytestmark = pytest.mark.django_db
URL = "/api/v1/audit/history/"
SARA = Actor(id=5, name="sara@example.org")
OMAR = Actor(id=6, name="omar@example.org")


@pytest.fixture
def product():
    """Made by Sara; Omar changed its name, gave it a price and a code, took the code away and moved it."""
    with written_by(SARA):
        product = ProductFactory(name_en="Old name", name_ar="")
    with written_by(OMAR):
        Product.objects.filter(pk=product.pk).update(
            name_en="New name", category=CategoryFactory(name_en="Vitamins")
        )
        SellingPrice.objects.create(unit=product.units.get(), price="12.50", valid_from="2020-01-01")
        code = ProductIdentifier.objects.create(product=product, value="0123", key="0123")
        code.delete()
    return product


def asked(client, product, **more):
    return client.get(URL, {"target_kind": "inventory.product", "target_id": product.pk, **more})


def test_the_past_of_a_record_and_its_parts(product):
    body = asked(client_for("auditor"), product).json()
    by_kind = {}
    for event in body["results"]:  # one transaction: newest first within each table
        by_kind.setdefault(event["kind"], []).append(event)
    told = {
        kind: [(event["what"], event["actor_name"]) for event in events] for kind, events in by_kind.items()
    }
    assert told == {
        "inventory.product": [("update", OMAR.name), ("insert", SARA.name)],
        "inventory.productunit": [("insert", SARA.name)],
        "inventory.productidentifier": [("delete", OMAR.name), ("insert", OMAR.name)],
        "inventory.sellingprice": [("insert", OMAR.name)],
    }
    changed = by_kind["inventory.product"][0]["changes"]
    assert [(change["field"], change["old"], change["new"]) for change in changed] == [
        ("name_en", "Old name", "New name"),
        ("category", "", "Vitamins"),
    ]
    price = {change["field"]: change["new"] for change in by_kind["inventory.sellingprice"][0]["changes"]}
    assert price["price"] == "12.5"
    assert body["count"] == 6


def test_it_filters_pages_turns_round_and_exports(product):
    client = client_for("auditor")
    assert asked(client, product, actor_id=SARA.id).json()["count"] == 2
    assert asked(client, product, until="2020-01-01T00:00:00Z").json()["count"] == 0
    assert asked(client, product, since=timezone.now().isoformat()).json()["count"] == 0
    whole = [event["id"] for event in asked(client, product).json()["results"]]
    page = asked(client, product, limit=2, skip=3).json()
    assert [event["id"] for event in page["results"]] == whole[3:5]
    turned = [event["id"] for event in asked(client, product, ordering="at").json()["results"]]
    assert turned == whole[::-1]
    table = asked(client, product, format="csv").content.decode()
    assert "New name" in table
    assert len(table.strip().splitlines()) == 7


def test_the_past_of_a_record_that_is_gone_stays():
    with written_by(SARA):
        tax = TaxClass.objects.create(name="Reduced")
        TaxRate.objects.create(tax_class=tax, rate=5, valid_from="2020-01-01")
    pk = tax.pk
    with written_by(OMAR):
        tax.delete()
    body = client_for("accountant").get(URL, {"target_kind": "capital.taxclass", "target_id": pk}).json()
    assert [(event["what"], event["kind"]) for event in body["results"]] == [
        ("delete", "capital.taxclass"),
        ("insert", "capital.taxclass"),
        ("delete", "capital.taxrate"),
        ("insert", "capital.taxrate"),
    ]
    assert body["results"][0]["changes"][0] == {"field": "name", "label": "name", "old": "Reduced", "new": ""}


def test_permissions_of_a_role_are_its_parts():
    user_with_role("owner")
    role = Role.objects.create(code="night", name="Night")
    role.permissions.add(Role.objects.get(code="auditor").permissions.get(code="rbac.view_history"))
    body = client_for("owner").get(URL, {"target_kind": "rbac.role", "target_id": role.pk}).json()
    newest = next(event for event in body["results"] if event["kind"] == "rbac.rolepermission")
    assert ("permission", "rbac.view_history") in [(c["field"], c["new"]) for c in newest["changes"]]


def test_words_follow_the_language(product):
    client = client_for("auditor")
    with translation.override("ar"):
        answer = client.get(
            URL,
            {"target_kind": "inventory.product", "target_id": product.pk},
            headers={"accept-language": "ar"},
        )
    labels = {change["label"] for event in answer.json()["results"] for change in event["changes"]}
    assert "name (English)" not in labels


def test_a_longer_page_costs_no_more_statements(product, django_assert_max_num_queries):
    client = client_for("auditor")
    with django_assert_max_num_queries(40) as few:
        asked(client, product, limit=6)
    for number in range(30):
        Product.objects.filter(pk=product.pk).update(brand=f"Brand {number}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        asked(client, product, limit=36)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"target_kind": "inventory.stockmovement", "target_id": 1}, "target_kind"),
        ({"target_kind": "no.such", "target_id": 1}, "target_kind"),
        ({"target_kind": "x", "target_id": 1}, "target_kind"),
        ({"target_kind": "inventory.product"}, "target_id"),
        ({"target_kind": "inventory.product", "target_id": 0}, "target_id"),
        ({"target_kind": "inventory.product", "target_id": "1e9"}, "target_id"),
        ({"target_kind": "inventory.product", "target_id": 1, "since": "yesterday"}, "since"),
        ({"target_kind": "inventory.product", "target_id": 1, "colour": "red"}, "colour"),
    ],
)
def test_a_question_that_cannot_be_answered_names_its_field(query, field):
    answer = client_for("owner").get(URL, query)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_it_needs_its_own_permission_and_that_of_the_target(product):
    query = f"{URL}?target_kind=inventory.product&target_id={product.pk}"
    roles_refused("get", query, allowed={"owner", "auditor", "pharmacist", "purchaser", "accountant"})
    answer = client_for("purchaser").get(URL, {"target_kind": "users.user", "target_id": 1})
    assert answer.status_code == 403


def test_the_workbench_shows_it(client, product):
    client.force_login(user_with_role("auditor"))
    page = client.get(f"/admin/inventory/product/{product.pk}/history/").content.decode()
    for text in ("sara@example.org", "omar@example.org", "Old name", "New name", "Vitamins", "deleted"):
        assert text in page
    client.force_login(user_with_role("cashier"))
    assert client.get(f"/admin/inventory/product/{product.pk}/history/").status_code == 403


def test_the_workbench_links_to_it_where_somebody_may_see_it(client):
    customer = Supplier.objects.first() or a_supplier()
    client.force_login(user_with_role("auditor"))
    page = f"/admin/purchases/supplier/{customer.pk}/"
    assert f"{page}history/" in client.get(f"{page}change/").content.decode()
    assert client.get(f"{page}history/").status_code == 200
    Supplier.objects.filter(pk=customer.pk).delete()
    assert "deleted" in client.get(f"{page}history/").content.decode()
