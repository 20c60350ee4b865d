"""Suppliers: their terms, their party, their doubles, and a table of them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from capital.models import Party
from files.tasks import work_on_import
from purchases.models import Offer, Supplier, SupplierAlias
from purchases.services import Decision, decide_lines
from purchases.tests import factories as make
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
SUPPLIERS = "/api/v1/suppliers/"
BUYERS = ["owner", "pharmacist", "purchaser"]


@pytest.fixture
def buyer():
    return client_for("purchaser")


def test_a_supplier_comes_with_its_party(buyer):
    body = {
        "name": " مستودع  الأمل ", "code": "W1", "minimum_order_amount": "500000", "delivery_fee_amount": "15000.50",
        "free_delivery_from_amount": "2000000", "lead_time_days": 2, "payment_terms_days": 30,
        "credit_limit_amount": "1", "contacts": [{"name": "Rami", "phone": "+963 11 1"}],
    }  # fmt: skip
    response = buyer.post(SUPPLIERS, body)
    assert response.status_code == 201, response.content
    shown = response.json()
    assert shown["name"] == "مستودع الأمل"
    assert shown["currency"] == "SYP"
    assert shown["delivery_fee_amount"] == "15000.50"
    assert shown["contacts"] == [{"name": "Rami", "role": "", "phone": "+963 11 1", "email": ""}]
    assert Party.objects.get(pk=shown["party"]["id"]).name == "مستودع الأمل"
    assert buyer.get(response["Location"]).json() == shown


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("currency", "lira"), ("minimum_order_amount", "-1"), ("lead_time_days", -1),
        ("lead_time_days", 10**9), ("credit_limit_amount", "NaN"), ("price_factor", "0"), ("colour", "red"),
        ("bonus_order", "sideways"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(buyer, field, value):
    response = buyer.post(SUPPLIERS, {"name": "A", field: value})
    assert response.status_code == 400, response.content
    assert field in [error["field"] for error in response.json()["errors"]]
    assert not Supplier.objects.exists()
    assert not Party.objects.exists()


def test_a_code_is_given_once(buyer):
    make.a_supplier(code="W1")
    response = buyer.post(SUPPLIERS, {"name": "B", "code": "W1"})
    assert (response.status_code, response.json()["code"]) == (409, "supplier_code_taken")
    assert response.json()["errors"][0]["field"] == "code"
    assert Supplier.objects.count() == Party.objects.count() == 1
    assert buyer.post(SUPPLIERS, {"name": "B", "code": ""}).status_code == 201
    assert buyer.post(SUPPLIERS, {"name": "C", "code": None}).status_code == 201


def test_no_two_suppliers_share_a_name_however_it_is_written(buyer):
    held = make.a_supplier(name="شركة الأمل", code="W1")
    other = make.a_supplier(name="Nile Drugs")
    response = buyer.post(SUPPLIERS, {"name": "شركه  الامل", "code": "W2"})
    assert (response.status_code, response.json()["code"]) == (409, "supplier_name_taken")
    assert response.json()["errors"][0]["field"] == "name"
    assert Supplier.objects.count() == Party.objects.count() == 2
    url = f"{SUPPLIERS}{other.pk}/"
    tag = {"If-Match": buyer.get(url)["ETag"]}
    renamed = buyer.patch(url, {"name": "شركة الامل"}, headers=tag)
    assert (renamed.status_code, renamed.json()["code"]) == (409, "supplier_name_taken")
    assert buyer.patch(url, {"name": "NILE drugs"}, headers=tag).status_code == 200  # its own
    assert buyer.post(f"{url}merge/", {"into": held.pk}).status_code == 200
    assert buyer.post(SUPPLIERS, {"name": "Nile Drugs"}).status_code == 201  # merged away, the name is free


def test_a_table_names_the_row_whose_supplier_is_another(buyer):
    make.a_supplier(name="Nile Drugs", code="W1")
    make.a_supplier(name="Delta Pharma", code="W2")
    table = "name,code\nNile Drugs,W2\nNew One,W3\nnew one,W4\nFine,W5\n"
    upload = SimpleUploadedFile("s.csv", table.encode(), "text/csv")
    made = buyer.post("/api/v1/supplier-imports/", {"file": upload, "mode": "valid_rows"}, format="multipart")
    job = made.json()["id"]
    work_on_import(job)
    errors = buyer.get(f"/api/v1/supplier-imports/{job}/errors/").json()["results"]
    assert [(error["row"], error["column"], error["code"]) for error in errors] == [
        (2, "name", "taken"),
        (4, "name", "taken"),
    ]


def test_an_edit_needs_its_version_and_renames_the_party(buyer):
    supplier = make.a_supplier()
    url = f"{SUPPLIERS}{supplier.pk}/"
    assert buyer.patch(url, {"name": "New"}).status_code == 428
    assert buyer.patch(url, {"name": "New"}, headers={"If-Match": '"0-0"'}).status_code == 412
    response = buyer.patch(url, {"name": "New"}, headers={"If-Match": buyer.get(url)["ETag"]})
    assert response.status_code == 200, response.content
    supplier.refresh_from_db()
    assert (supplier.name, supplier.party.name) == ("New", "New")


def test_search_folds(buyer):
    make.a_supplier(name="مستودع الأمل")
    make.a_supplier(name="Other", code="ZX9")
    found = buyer.get(SUPPLIERS, {"search": "مستودَع امل"}).json()["results"]
    assert [row["name"] for row in found] == ["مستودع الأمل"]
    assert [row["name"] for row in buyer.get(SUPPLIERS, {"search": "zx9"}).json()["results"]] == ["Other"]


def test_doubles_are_merged_and_old_documents_stay(buyer):
    double, real = make.a_supplier(), make.a_supplier()
    (product,) = make.products("Zyxolan")
    offer = make.read_offer(double, [("Zyx", "10")])
    decide_lines(decisions=[Decision(offer.lines.get().pk, product_id=product.pk)], actor=make.ACTOR)
    response = buyer.post(f"{SUPPLIERS}{double.pk}/merge/", {"into": real.pk})
    assert response.status_code == 200, response.content
    double.refresh_from_db()
    assert (double.merged_into_id, double.is_active) == (real.pk, False)
    assert double.party.merged_into_id == real.party_id
    assert Offer.objects.get().supplier_id == real.pk
    assert SupplierAlias.objects.get().supplier_id == real.pk
    assert [row["id"] for row in buyer.get(SUPPLIERS).json()["results"]] == [real.pk]
    assert buyer.get(f"{SUPPLIERS}{double.pk}/").json()["merged_into"]["id"] == real.pk
    later = make.read_offer(double, [("Zyx", "11")])  # handed in for the old name
    assert (later.supplier_id, later.lines.get().product_id) == (real.pk, product.pk)
    assert buyer.post(f"{SUPPLIERS}{double.pk}/merge/", {"into": real.pk}).status_code == 409


def test_a_table_of_suppliers(buyer):
    make.a_supplier(name="Al Amal", code="W1", lead_time_days=1)
    make.a_supplier(name="Unchanged")
    text = "المستودع,code,lead time,minimum order,phone\nAl-Amal Ltd,w1,3,,\nNew One,,2,500,0999\nunchanged,,,,\nBad,,-2,x,\n"
    upload = SimpleUploadedFile("suppliers.csv", text.encode())
    response = buyer.post(
        "/api/v1/supplier-imports/", {"file": upload, "mode": "valid_rows"}, format="multipart"
    )
    assert response.status_code == 202, response.content
    job = response.json()["id"]
    work_on_import(job)
    url = f"/api/v1/supplier-imports/{job}/"
    shown = buyer.get(url).json()
    assert Supplier.objects.count() == 2  # looked at, not touched
    assert {row["column"] for row in buyer.get(f"{url}errors/").json()["results"]} == {
        "lead_time_days",
        "minimum_order_amount",
    }, shown
    assert buyer.post(f"{url}run/", {}).status_code == 202
    work_on_import(job)
    assert Supplier.objects.count() == 3
    changed = Supplier.objects.get(code="W1")
    assert (changed.name, changed.lead_time_days, changed.party.name) == ("Al-Amal Ltd", 3, "Al-Amal Ltd")
    new = Supplier.objects.get(name="New One")
    assert (new.lead_time_days, new.contacts.get().phone) == (2, "0999")


@pytest.mark.parametrize("count", [1, 3])
def test_pages_cost_the_same_for_one_and_three(buyer, django_assert_num_queries, count):
    for _number in range(count):
        make.a_supplier()
    with django_assert_num_queries(4):
        assert len(buyer.get(SUPPLIERS).json()["results"]) == count


def test_who_may():
    supplier = make.a_supplier()
    readers = [*BUYERS, "accountant", "auditor"]
    for path in (SUPPLIERS, f"{SUPPLIERS}{supplier.pk}/"):
        roles_refused("get", path, allowed=readers)
    roles_refused("post", SUPPLIERS, {}, allowed=BUYERS)
    roles_refused("patch", f"{SUPPLIERS}{supplier.pk}/", {}, allowed=BUYERS)
    roles_refused("post", f"{SUPPLIERS}{supplier.pk}/merge/", {}, allowed=BUYERS)
    roles_refused("post", "/api/v1/supplier-imports/", {}, allowed=BUYERS)
