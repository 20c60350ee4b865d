"""Prices changed, and labels printed, at the workbench."""

import pytest
from django.test import Client
from pypdfium2 import PdfDocument

from inventory.models import ProductIdentifier, Repricing, SellingPrice
from inventory.selectors import price_book
from inventory.tests.factories import today
from rbac.tests.factories import user_with_role
from sales.tests.factories import priced, unit_of

pytestmark = pytest.mark.django_db
PAGES = "/admin/inventory/repricing/"


def desk(role="pharmacist"):
    client = Client()
    client.force_login(user_with_role(role, is_staff=True), backend="rbac.backends.RoleBackend")
    return client


def price_of(product):
    return price_book([product.pk], on=today()).price(unit_of(product).pk)


def drafted(client, **fields):
    form = {"method": "percent", "percent": "10", "basis": "public_price", "tier": "retail"} | fields
    answer = client.post(f"{PAGES}add/", form)
    assert answer.status_code == 302, answer.content
    return Repricing.objects.get()


def test_prices_are_looked_at_mended_set_and_brought_back():
    first, second, bound = priced("10"), priced("20"), priced("30", legal="31")
    client = desk()
    draft = drafted(client)
    page = client.get(f"{PAGES}{draft.pk}/change/").content.decode()
    assert "Above the legal maximum" in page
    assert price_of(first) == 10
    prices = {f"price-{line.position}": f"{line.new_price:f}" for line in draft.lines.all()}
    client.post(f"{PAGES}{draft.pk}/do/save/", prices | {"price-1": "10.5", "price-2": ""})
    assert "31" in client.get(f"{PAGES}{draft.pk}/change/?only=refused").content.decode()
    client.post(f"{PAGES}{draft.pk}/do/apply/")
    assert Repricing.objects.get().status == "draft"  # one line is above the law
    client.post(f"{PAGES}{draft.pk}/do/apply/", {"skip_refused": "on"})
    assert [price_of(product) for product in (first, second, bound)] == [price_of(first), 20, 30]
    assert f"{price_of(first):.2f}" == "10.50"
    client.post(f"{PAGES}{draft.pk}/do/undo/")
    assert price_of(first) == 10
    assert client.get(f"{PAGES}{draft.pk}/change/", headers={"Accept-Language": "ar"}).status_code == 200


def test_a_price_that_is_none_is_told_and_nothing_changes():
    product = priced("10")
    client = desk()
    draft = drafted(client)
    for text in ("x", "NaN", "-1", "9" * 30):
        answer = client.post(f"{PAGES}{draft.pk}/do/save/", {"price-1": text}, follow=True)
        assert answer.status_code == 200
    assert draft.lines.get().new_price == 11
    assert (
        client.post(
            f"{PAGES}add/", {"method": "offer", "basis": "public_price", "tier": "retail"}
        ).status_code
        == 200
    )
    assert price_of(product) == 10


def test_only_those_who_set_prices_see_the_form():
    for role in ("cashier", "purchaser", "accountant"):
        assert desk(role).get(f"{PAGES}add/").status_code == 403
    assert desk().get(f"{PAGES}add/").status_code == 200


def test_labels_and_codes_from_the_lists():
    product = priced("10")
    client = desk()
    chosen = {"_selected_action": [product.pk], "layout": "thermal_50x30"}
    client.post("/admin/inventory/product/", chosen | {"action": "give_codes"})
    assert ProductIdentifier.objects.get().kind == "internal"
    answer = client.post("/admin/inventory/product/", chosen | {"action": "print_labels"})
    assert (answer["Content-Type"], answer.content[:4]) == ("application/pdf", b"%PDF")
    rows = {
        "_selected_action": list(SellingPrice.objects.values_list("pk", flat=True)),
        "action": "print_labels",
    }
    assert client.post("/admin/inventory/sellingprice/", rows).content[:4] == b"%PDF"


def test_labels_of_what_was_priced_anew_are_printed_where_the_prices_were_set():
    priced("10"), priced("30", legal="31")
    client = desk()
    draft = drafted(client)
    page = f"{PAGES}{draft.pk}/"
    assert client.get(f"{page}labels/").status_code == 404
    client.post(f"{page}do/apply/", {"skip_refused": "on"})
    assert f"{page}labels/" in client.get(f"{page}change/").content.decode()
    printed = client.get(f"{page}labels/?layout=thermal_50x30")
    assert (printed["Content-Type"], printed.content[:4]) == ("application/pdf", b"%PDF")
    assert len(PdfDocument(printed.content)) == 1  # a label a page; the other one is above the law
    assert desk("accountant").get(f"{page}labels/").status_code == 403
    client.post(f"{page}do/undo/")
    assert client.get(f"{page}labels/").status_code == 404
