"""The page on which goods come back: nothing does that was not typed, and at a till that asks, somebody says who."""

import re

import pytest
from django.test import Client

from inventory.models import ProductUnit, Stock
from rbac.tests.factories import user_with_role
from sales.models import Refund, Sale
from sales.services import set_pin
from sales.tests.factories import counter, drawer_of, on_shelf, shop, sold
from users.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def desk(role="pharmacist"):
    client = Client()
    client.user = user_with_role(role, is_staff=True)
    client.force_login(client.user)
    return client


def typed(page):
    return re.findall(r'name="quantity" type="number"[^>]* value="(\d*)"', page.content.decode())


def test_nothing_comes_back_but_what_was_typed_or_filled_in():
    till, _shift = counter("100000")
    sale = sold(
        (on_shelf(shop(), price="7000"), 3),
        (on_shelf(shop(), price="26550"), 1),
        paid="47550",
        till_id=till.pk,
    )
    page, clerk = f"/admin/sales/sale/{sale.pk}/refund/", desk()
    lines = {"line": ["0", "1"], "till": till.pk, "reason": "Unopened"}
    assert typed(clerk.get(page)) == ["0", "0"]
    assert typed(clerk.post(page, lines | {"quantity": ["0", "0"], "fill": "0"})) == ["3", "0"]
    assert typed(clerk.post(page, lines | {"quantity": ["2", "0"], "fill": "all"})) == ["3", "1"]
    untouched = clerk.post(page, lines | {"quantity": ["0", ""]}).content.decode()
    assert "Say how many of which line come back." in untouched
    assert "The request is not valid" not in untouched
    assert not Refund.objects.exists()
    told = clerk.post(page, lines | {"quantity": ["1", "0"]}, follow=True).content.decode()
    assert "given back Cash 7,000" in told
    assert [(row.sale_line.line, row.quantity) for row in Refund.objects.get().lines.all()] == [(0, 1)]
    assert (drawer_of(till), Sale.objects.get().status) == (140550, "partly_refunded")


def test_units_are_called_as_the_person_at_the_desk_calls_them():
    product = on_shelf(shop(), price="7")
    ProductUnit.objects.update(name_ar="علبة")
    english = ProductUnit.objects.get().name
    sale, clerk = sold((product, 3)), desk()
    for page in (f"/admin/sales/sale/{sale.pk}/refund/", "/admin/sales/sale/counter/"):
        shown = clerk.post(
            page, {"product": product.pk, "quantity": 1, "fill": "0"}, headers={"Accept-Language": "ar"}
        ).content.decode()
        assert ">علبة<" in shown
        assert f">{english}<" not in shown


def test_at_a_till_that_asks_the_pin_says_who_pays_back():
    till, _shift = counter("100", asks_who_sells=True, name="Asks")
    plain, _other = counter("100")
    sale = sold((on_shelf(shop(), 10, price="7"), 3), paid="21", till_id=plain.pk)
    page, machine, seller = f"/admin/sales/sale/{sale.pk}/refund/", desk(), desk().user
    set_pin(user_id=seller.pk, password=PASSWORD, pin="4711")
    form = {"line": ["0"], "quantity": ["1"], "till": till.pk, "reason": "x"}
    assert 'name="pin"' in machine.get(page).content.decode()
    assert "each sale says whose PIN was given" in machine.post(page, form).content.decode()
    wrong = machine.post(page, form | {"seller": seller.pk, "pin": "1234"}).content.decode()
    assert "not the PIN of this person" in wrong
    assert not Refund.objects.exists()
    assert Stock.objects.get().on_hand == 7
    assert machine.post(page, form | {"seller": seller.pk, "pin": "4711"}).status_code == 302
    assert Refund.objects.get().actor_id == seller.pk
    assert machine.post(page, form | {"till": plain.pk}).status_code == 302, "this one does not ask"
    assert Refund.objects.latest("pk").actor_id == machine.user.pk
