"""Selling at the workbench."""

import re

import pytest
from django.core.signals import got_request_exception
from django.db import OperationalError, connection
from django.test import Client
from psycopg.errors import DeadlockDetected

from capital.enums import AccountRole
from capital.selectors import account_balance
from inventory.models import Stock
from rbac.tests.factories import user_with_role
from sales.models import Customer, Sale, Shortage, TillPin
from sales.services import sell, set_pin
from sales.tests.factories import counter, on_shelf, priced, shop, sold
from users.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
DESK = "/admin/sales/"


@pytest.fixture
def at():
    def sign_in(role="pharmacist"):
        client = Client()
        user = user_with_role(role)
        user.is_staff = True
        user.save()
        client.force_login(user)
        return client

    return sign_in


def sale_form(*lines, payments=(), **header):
    form = {"customer": "", "note": "", **header}
    for prefix, rows, empty in (
        ("lines", [dict(zip(("product", "quantity", "unit_price"), row, strict=True)) for row in lines], 0),
        ("payments", [dict(zip(("method", "amount"), row, strict=True)) for row in payments], 0),
    ):
        form |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": empty}
        form |= {
            f"{prefix}-{number}-{name}": value
            for number, row in enumerate(rows)
            for name, value in row.items()
        }
    return form


@pytest.mark.parametrize("model", ["sale", "refund", "customer", "shortage", "saleshistory"])
def test_every_list_opens(at, model):
    sold((on_shelf(shop()), 1))
    assert at("owner").get(f"{DESK}{model}/").status_code == 200


def test_a_sale_is_typed_and_paid_exactly(at):
    product = on_shelf(shop(), price="9")
    response = at("cashier").post(f"{DESK}sale/add/", sale_form((product.pk, 3, "")))
    assert response.status_code == 302, response.content
    sale = Sale.objects.get()
    assert (sale.total_amount, sale.change_amount) == (27, 0)
    assert account_balance(AccountRole.CASH) == 27
    page = at("owner").get(f"{DESK}sale/{sale.pk}/change/")
    assert page.status_code == 200
    assert sale.number in page.content.decode()
    assert b'name="_save"' not in page.content


def test_two_clicks_are_one_sale_and_the_page_drawn_anew_sells_again(at):
    product, desk = on_shelf(shop(), price="9"), at("cashier")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.cookies

    def drawn():
        page = strict.get(f"{DESK}sale/add/").content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w{64})"', page)[1]
        return sale_form((product.pk, 3, ""), csrfmiddlewaretoken=token)

    form = drawn()
    first, again = (strict.post(f"{DESK}sale/add/", form) for _click in range(2))
    assert (first.status_code, again.status_code, again["Location"]) == (302, 302, first["Location"])
    assert Sale.objects.count() == 1
    assert account_balance(AccountRole.CASH) == 27
    strict.post(f"{DESK}sale/add/", form | {"lines-0-quantity": "4"})
    strict.post(f"{DESK}sale/add/", drawn())
    assert Sale.objects.count() == 3
    refused = drawn() | {"lines-0-unit_price": "1"}  # a cashier changes no price
    for _click in range(2):
        told = strict.post(f"{DESK}sale/add/", refused, follow=True).content.decode()
        assert "You may not change a selling price" in told, "nothing was done, so it is no second time"
    assert Sale.objects.count() == 3


def test_a_sale_that_met_a_deadlock_is_made_once_more_and_nobody_notices(at, monkeypatch):
    product, desk = on_shelf(shop(), price="9"), at("cashier")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.cookies
    tried = []

    def unlucky(**given):
        tried.append(sell(**given))
        if len(tried) == 1:
            raise OperationalError from DeadlockDetected()
        return tried[-1]

    monkeypatch.setattr("sales.admin.counter.sell", unlucky)
    page = strict.get(f"{DESK}sale/counter/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w{64})"', page)[1]
    unit = product.units.first()
    form = {"product": product.pk, "unit": unit.pk, "quantity": "3", "method": "cash", "key": "k", "pay": ""}
    answer = strict.post(f"{DESK}sale/counter/", form | {"csrfmiddlewaretoken": token})
    assert (answer.status_code, len(tried)) == (302, 2), answer.content
    assert Sale.objects.get().total_amount == 27
    assert Stock.objects.get().on_hand == 97
    assert account_balance(AccountRole.CASH) == 27

    def unlucky_again(**given):
        sell(**given)
        raise OperationalError from DeadlockDetected()

    monkeypatch.setattr("sales.admin.counter.sell", unlucky_again)
    answer = strict.post(f"{DESK}sale/counter/", form | {"csrfmiddlewaretoken": token, "key": "l"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "Somebody else was at it at the same moment" in answer.content.decode()
    assert (Sale.objects.count(), Stock.objects.get().on_hand) == (1, 97)


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("UPDATE rbac_roleassignment SET role_id = NULL", 500),
        ("SET CONSTRAINTS ALL IMMEDIATE; UPDATE rbac_roleassignment SET role_id = -1", 500),
        ("UPDATE inventory_stock SET reserved = -1", 409),
    ],
)
def test_what_only_a_bug_can_ask_of_the_database_is_reported(at, monkeypatch, statement, status):
    product, desk, reported = on_shelf(shop(), price="9"), at("cashier"), []
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies = desk.cookies

    def buggy(**given):
        sale = sell(**given)
        with connection.cursor() as cursor:
            cursor.execute(statement)
        return sale

    def report(**_signal):
        reported.append(1)

    monkeypatch.setattr("sales.admin.counter.sell", buggy)
    page = strict.get(f"{DESK}sale/counter/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w{64})"', page)[1]
    form = {
        "product": product.pk,
        "unit": product.units.first().pk,
        "quantity": "3",
        "method": "cash",
        "pay": "",
    }
    got_request_exception.connect(report)
    answer = strict.post(f"{DESK}sale/counter/", form | {"csrfmiddlewaretoken": token, "key": "k"})
    got_request_exception.disconnect(report)
    assert (answer.status_code, len(reported)) == (status, status == 500)
    assert (Sale.objects.count(), Stock.objects.get().on_hand) == (0, 100)


def test_a_sale_is_paid_as_typed(at):
    product = on_shelf(shop(), price="9")
    form = sale_form((product.pk, 3, ""), payments=[("card", "20"), ("cash", "10")])
    assert at("cashier").post(f"{DESK}sale/add/", form).status_code == 302
    assert (account_balance(AccountRole.BANK), account_balance(AccountRole.CASH)) == (20, 7)


def test_a_refused_sale_is_told_and_keeps_nothing(at):
    product = on_shelf(shop(), price="9")
    page = at("cashier").post(f"{DESK}sale/add/", sale_form((product.pk, 1, "1")), follow=True)
    assert "You may not change a selling price" in page.content.decode()
    assert not Sale.objects.exists()
    assert Stock.objects.get().on_hand == 100
    assert at("purchaser").post(f"{DESK}sale/add/", sale_form((product.pk, 1, ""))).status_code == 403


def test_sales_are_taken_back(at):
    product = on_shelf(shop(), price="9")
    first, second = sold((product, 1)), sold((product, 1))
    desk, pages = at(), [f"{DESK}sale/{sale.pk}/" for sale in (first, second)]
    assert f"{pages[1]}reverse/" in desk.get(f"{pages[1]}change/").content.decode()
    desk.post(f"{pages[0]}refund/", {"line": ["0"], "quantity": ["1"], "reason": "x"})
    assert desk.post(f"{pages[1]}reverse/", {"reason": " "}).status_code == 200
    assert at("cashier").post(f"{pages[1]}reverse/", {"reason": "x"}).status_code == 403
    assert Sale.objects.get(pk=second.pk).status == "posted"
    assert desk.get(f"{pages[1]}reverse/").status_code == 200
    desk.post(f"{pages[1]}reverse/", {"reason": "Rung up twice"})
    assert f"{pages[1]}reverse/" not in desk.get(f"{pages[1]}change/").content.decode()
    assert [sale.status for sale in Sale.objects.order_by("pk")] == ["refunded", "reversed"]
    assert Stock.objects.get().on_hand == 100
    assert account_balance(AccountRole.CASH) == 0


def test_a_sale_and_its_refund_are_read_without_idle_decimals_or_keys(at):
    product = on_shelf(shop(), price="21000", name_en="Panadol 500")
    sale = sold((product, 3), paid="70000")
    desk = at()
    desk.post(f"{DESK}sale/{sale.pk}/refund/", {"line": ["0"], "quantity": ["1"], "reason": "x"})
    page = desk.get(f"{DESK}sale/{sale.pk}/change/").content.decode()
    refund = desk.get(f"{DESK}refund/{sale.refunds.get().pk}/change/").content.decode()
    assert ("63,000" in page, "70,000" in page, "7,000" in page) == (True, True, True)
    assert "Panadol 500" in refund
    for shown in (page, refund):
        assert "21,000" in shown
        assert "000.0" not in shown
        assert f"{sale.pk}/0" not in shown


def test_at_a_till_that_asks_the_typed_sale_and_the_reversal_ask_too(at):
    till, _shift = counter("100", asks_who_sells=True)
    product, desk = on_shelf(shop(), price="9"), at()
    seller = user_with_role("pharmacist", is_staff=True)
    set_pin(user_id=seller.pk, password=PASSWORD, pin="4711")
    by = {"seller": seller.pk, "pin": "4711"}
    assert 'name="pin"' in desk.get(f"{DESK}sale/add/").content.decode()
    form = sale_form((product.pk, 3, ""), till=till.pk)
    for slip in ({}, by | {"pin": "1234"}):
        assert "PIN" in desk.post(f"{DESK}sale/add/", form | slip, follow=True).content.decode()
    assert (Sale.objects.count(), TillPin.objects.get().failed_count) == (0, 1)
    assert desk.post(f"{DESK}sale/add/", form | by).status_code == 302
    sale = Sale.objects.get()
    assert (sale.actor_id, sale.till_id) == (seller.pk, till.pk)
    page = f"{DESK}sale/{sale.pk}/reverse/"
    assert "whose PIN was given" in desk.post(page, {"reason": "x"}).content.decode()
    assert Sale.objects.get().status == "posted"
    assert desk.post(page, by | {"reason": "x"}).status_code == 302
    assert Sale.objects.get().status == "reversed"


def test_shortages_are_noted_and_closed(at):
    product = priced()
    desk = at("cashier")
    form = {"product": product.pk, "requested_name": "", "quantity": 2, "customer": "", "note": ""}
    assert desk.post(f"{DESK}shortage/add/", form).status_code == 302
    shortage = Shortage.objects.get()
    desk.post(f"{DESK}shortage/", {"action": "supplied", "_selected_action": [shortage.pk]})
    shortage.refresh_from_db()
    assert (shortage.status, shortage.outcome) == ("closed", "supplied")


def test_a_customer_is_kept(at):
    desk = at("pharmacist")
    form = {"name": "Abu Samir", "phone": "", "kind": "retail", "price_tier": "retail"}
    form |= {"credit_limit_amount": "50", "note": ""}
    assert desk.post(f"{DESK}customer/add/", form).status_code == 302
    customer = Customer.objects.get()
    assert customer.party.name == "Abu Samir"
    form |= {"name": "Abu Sami", "is_active": "on"}
    assert desk.post(f"{DESK}customer/{customer.pk}/change/", form).status_code == 302
    customer.refresh_from_db()
    assert (customer.name, customer.party.name, customer.credit_limit_amount) == ("Abu Sami", "Abu Sami", 50)
    typed = form | {"name": "Abu", "credit_limit_amount": "9999", "price_tier": "wholesale"}
    assert at("cashier").post(f"{DESK}customer/{customer.pk}/change/", typed).status_code == 302
    customer.refresh_from_db()
    assert (customer.name, customer.credit_limit_amount, customer.price_tier) == ("Abu", 50, "retail")
