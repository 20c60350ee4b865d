"""Tills and PINs: who may make them, whose rights count, and what a PIN does not open."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from capital.models import Account
from core.models import AuditEvent, SecurityEvent
from rbac.tests.factories import client_for, roles_refused, user_with_role
from sales.models import CustomerPayment, Sale, Shift, Till, TillPin
from sales.services import close_shift, set_pin
from sales.services.pins import MAX_FAILED
from sales.tests.factories import ACTOR, counted, counter, customer, drawer_of, on_shelf, shop
from users.models import Organization
from users.selectors import get_organization
from users.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
TILLS, SALES, PINS = "/api/v1/tills/", "/api/v1/sales/", "/api/v1/till-pins/"
PIN = "4711"


def errors_of(response):
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


def with_pin(*roles, pin=PIN):
    user = user_with_role(*roles)
    set_pin(user_id=user.pk, password=PASSWORD, pin=pin)
    return user


def identify(client, till, user, pin=PIN):
    return client.post(f"{TILLS}{till.pk}/identify/", {"user": user.pk, "pin": pin})


def sale_at(till, product, quantity=1, **extra):
    return {
        "till": till.pk,
        "lines": [{"product": product.pk, "quantity": quantity}],
        "payments": [{"method": "cash", "amount": "1000"}],
    } | extra


def test_a_proof_of_this_morning_sells_nothing_in_the_evening_whatever_time_it_claims():
    till, _shift = counter(asks_who_sells=True)
    product, boss, client = on_shelf(shop(), 10, "100"), with_pin("pharmacist"), client_for("cashier")
    token = identify(client, till, boss).json()["token"]
    start = timezone.now()
    with time_machine.travel(start + timedelta(hours=6), tick=False):
        claimed = sale_at(till, product, occurred_at=(start + timedelta(minutes=5)).isoformat())
        for body in (sale_at(till, product), claimed):
            refused = client.post(SALES, body, format="json", headers={"Till-Seller": token})
            assert (refused.status_code, refused.json()["code"]) == (403, "seller_proof_refused")
    assert not Sale.objects.exists()


def test_a_customers_money_at_a_till_that_asks_is_taken_and_given_back_by_pin():
    till, _shift = counter(asks_who_sells=True)
    buyer, machine, desk = customer(), client_for("cashier"), with_pin("pharmacist")
    url, body = f"/api/v1/customers/{buyer.pk}/payments/", {"amount": "30", "till": till.pk}
    unknown = machine.post(url, body, format="json")
    assert (unknown.status_code, unknown.json()["code"], drawer_of(till)) == (403, "seller_unknown", 0)
    token = {"Till-Seller": identify(machine, till, desk).json()["token"]}
    taken = machine.post(url, body, format="json", headers=token)
    assert (taken.status_code, taken.json()["actor_name"]) == (201, desk.name), taken.content
    undo, why = f"/api/v1/payments/{taken.json()['id']}/reverse/", {"reason": "wrong person"}
    assert client_for("pharmacist").post(undo, why, format="json").json()["code"] == "seller_unknown"
    assert drawer_of(till) == 30
    by_cashier = {"Till-Seller": identify(machine, till, with_pin("cashier")).json()["token"]}
    assert machine.post(undo, why, format="json", headers=by_cashier).status_code == 403
    assert machine.post(undo, why, format="json", headers=token).status_code == 200
    assert drawer_of(till) == 0
    assert (
        machine.post(url, {"amount": "5", "method": "card"}, format="json", headers=token).status_code == 201
    )


def test_a_shift_tells_what_customers_paid_into_its_drawer():
    till, shift = counter("100")
    client, buyer = client_for("pharmacist"), customer()
    url = f"/api/v1/customers/{buyer.pk}/payments/"
    first, _second = (
        client.post(url, {"amount": amount, "till": till.pk}, format="json").json() for amount in ("30", "12")
    )
    client.post(f"/api/v1/payments/{first['id']}/reverse/", {"reason": "wrong person"}, format="json")
    client.post(url, {"amount": "7"}, format="json")  # not through the drawer
    assert CustomerPayment.objects.get(pk=first["id"]).reversal_shift == shift
    told = client.get(f"/api/v1/shifts/{shift.pk}/x-report/").json()
    drawer = told["drawers"][0]
    assert (drawer["payments"], drawer["other"], drawer["expected"]) == ("12.00", "0.00", "112.00")
    assert [(row["method"], row["taken"], row["payments"]) for row in told["methods"]] == [
        ("cash", "0.00", "12.00")
    ]


def test_where_selling_needs_a_shift_so_does_a_customers_cash():
    Organization.objects.filter(pk=get_organization().pk).update(require_shift=True)
    url = f"/api/v1/customers/{customer().pk}/payments/"
    refused = client_for("cashier").post(url, {"amount": "30"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "shift_required")
    assert not CustomerPayment.objects.exists()
    assert (
        client_for("cashier").post(url, {"amount": "30", "method": "card"}, format="json").status_code == 201
    )


def test_a_till_gets_a_cash_account_of_its_own():
    request = {"name": "Front", "location": shop().pk}
    roles_refused("post", TILLS, request, allowed=("owner", "pharmacist"))
    assert not Till.objects.exists()
    told = client_for("pharmacist").post(TILLS, request)
    assert told.status_code == 201, told.json()
    account = Account.objects.get(pk=told.json()["accounts"][0]["account"]["id"])
    assert (account.role, account.name, account.is_default) == ("cash", "Front", False)
    assert told.json()["accounts"][0]["currency"] == "SYP"
    assert AuditEvent.objects.filter(action="sales.add_till").count() == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "Front"}, ("name", "unique")),
        ({"name": ""}, ("name", "blank")),
        ({"location": 999999}, ("location", "not_found")),
        ({"surprise": 1}, ("surprise", "unknown_field")),
    ],
)
def test_a_bad_till_names_the_field_and_makes_nothing(change, expected):
    counter()
    accounts = Account.objects.count()
    request = {"name": "Back", "location": shop().pk} | change
    response = client_for("owner").post(TILLS, request)
    assert (response.status_code, errors_of(response)) == (400, {expected})
    assert (Till.objects.count(), Account.objects.count()) == (1, accounts)


def test_a_till_is_renamed_with_its_account_and_stays_in_use_while_its_shift_is_open():
    till, shift = counter()
    client = client_for("pharmacist")
    url = f"{TILLS}{till.pk}/"
    etag = client.get(url)["ETag"]
    renamed = client.patch(url, {"name": "Window"}, headers={"If-Match": etag})
    assert renamed.status_code == 200, renamed.json()
    assert Account.objects.filter(name="Window").count() == 1
    etag = client.get(url)["ETag"]
    refused = client.patch(url, {"is_active": False}, headers={"If-Match": etag})
    assert (refused.status_code, refused.json()["code"]) == (409, "shift_still_open")
    close_shift(shift_id=shift.pk, counts=counted("0"), actor=ACTOR)
    assert client.patch(url, {"is_active": False}, headers={"If-Match": etag}).status_code == 200
    sold = client.post(SALES, sale_at(till, on_shelf(shop())))
    assert sold.status_code == 409


def test_listing_tills_costs_the_same_for_1_and_3(django_assert_num_queries):
    client = client_for("cashier")
    client.get(TILLS)
    for number in range(3):
        counter(name=f"Till {number}")
        with django_assert_num_queries(4):
            assert len(client.get(TILLS).json()["results"]) == number + 1
    assert client.get(f"{TILLS}?search=till+2").json()["count"] == 1


def test_a_pin_is_set_by_its_owner_and_kept_as_a_hash():
    client = client_for("cashier")
    for pin, code in (("12", "invalid"), ("123456789", "max_length"), ("abcd", "invalid")):
        refused = client.post(PINS, {"password": PASSWORD, "pin": pin})
        assert errors_of(refused) == {("pin", code)}, pin
    for easy in ("1111", "1234", "9876"):
        assert errors_of(client.post(PINS, {"password": PASSWORD, "pin": easy})) == {("pin", "easy")}
    assert errors_of(client.post(PINS, {"password": "wrong", "pin": PIN})) == {("password", "wrong")}
    assert not TillPin.objects.exists()
    assert client.post(PINS, {"password": PASSWORD, "pin": PIN}).status_code == 204
    row = TillPin.objects.get(user=client.user)
    assert PIN not in row.pin_hash
    assert SecurityEvent.objects.filter(action="pin_set", actor_id=client.user.pk).exists()


def test_pins_are_seen_and_taken_away_by_the_desk():
    person = with_pin("cashier")
    roles_refused("get", PINS, allowed=("owner", "pharmacist", "auditor"))
    url = f"{PINS}{person.pk}/"
    roles_refused("delete", url, allowed=("owner", "pharmacist"))
    assert TillPin.objects.count() == 1
    client = client_for("pharmacist")
    listed = client.get(PINS).json()["results"]
    assert [row["user"]["id"] for row in listed] == [person.pk]
    assert "pin_hash" not in listed[0]
    assert client.delete(url).status_code == 204
    assert client.delete(url).status_code == 404


def test_people_change_at_a_signed_in_machine_by_pin():
    till, _shift = counter()
    machine, seller = client_for("cashier"), with_pin("pharmacist")
    people = machine.get(f"{TILLS}{till.pk}/people/").json()
    assert [row["id"] for row in people] == [seller.pk]
    proof = identify(machine, till, seller).json()
    assert proof["user"]["id"] == seller.pk
    body = sale_at(till, on_shelf(shop()))
    told = machine.post(SALES, body, headers={"Till-Seller": proof["token"]})
    assert told.status_code == 201, told.json()
    assert Sale.objects.get().actor_id == seller.pk
    assert machine.post(SALES, body).status_code == 201
    assert Sale.objects.latest("pk").actor_id == machine.user.pk


def test_the_rights_are_the_sellers_and_not_the_machines():
    till, _shift = counter()
    product = on_shelf(shop(), price="10")
    body = sale_at(till, product)
    body["lines"][0]["discount_percent"] = "20"
    cashiers, desks = client_for("cashier"), client_for("pharmacist")
    cashier, pharmacist = with_pin("cashier"), with_pin("pharmacist")
    of_pharmacist = identify(cashiers, till, pharmacist).json()["token"]
    of_cashier = identify(desks, till, cashier).json()["token"]
    assert cashiers.post(SALES, body).json()["code"] == "discount_above_limit"
    assert (
        desks.post(SALES, body, headers={"Till-Seller": of_cashier}).json()["code"] == "discount_above_limit"
    )
    assert not Sale.objects.exists()
    told = cashiers.post(SALES, body, headers={"Till-Seller": of_pharmacist})
    assert (told.status_code, told.json()["total"]) == (201, "8.00")
    url = f"{SALES}{told.json()['id']}/refund/"
    request = {"reason": "Back", "till": till.pk}
    assert desks.post(url, request, headers={"Till-Seller": of_cashier}).status_code == 403
    assert cashiers.post(url, request).status_code == 403
    assert cashiers.post(url, request, headers={"Till-Seller": of_pharmacist}).status_code == 201
    assert drawer_of(till) == 0


def test_a_pin_opens_nothing_but_the_till():
    till, _shift = counter()
    machine, owner = client_for("cashier"), with_pin("owner")
    token = identify(machine, till, owner).json()["token"]
    told = {"Till-Seller": token}
    assert machine.get("/api/v1/journal-entries/", headers=told).status_code == 403
    assert machine.post(TILLS, {"name": "Mine", "location": shop().pk}, headers=told).status_code == 403
    nobody = type(machine)()
    assert nobody.post(SALES, {}, headers=told).status_code == 401
    bearer = type(machine)()
    bearer.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert bearer.get("/api/v1/me/").status_code == 401
    accountant = client_for("accountant")  # may not speak for anybody at a till
    assert accountant.post(SALES, {}, headers=told).status_code == 403


def test_a_proof_is_good_at_its_till_for_a_while_and_dies_with_the_pin():
    till, _shift = counter()
    other, _other_shift = counter(name="Back")
    machine, seller = client_for("cashier"), with_pin("pharmacist")
    token = identify(machine, till, seller).json()["token"]
    headers = {"Till-Seller": token}
    product = on_shelf(shop())
    assert (
        machine.post(SALES, sale_at(other, product), headers=headers).json()["code"] == "seller_proof_refused"
    )
    forged = {"Till-Seller": token[:-2] + "xx"}
    assert (
        machine.post(SALES, sale_at(till, product), headers=forged).json()["code"] == "seller_proof_refused"
    )
    with time_machine.travel(timezone.now() + timedelta(hours=2, minutes=1), tick=False):
        late = machine.post(SALES, sale_at(till, product), headers=headers)
        assert late.json()["code"] == "seller_proof_refused"
    set_pin(user_id=seller.pk, password=PASSWORD, pin="8642")
    assert machine.post(SALES, sale_at(till, product), headers=headers).status_code == 403
    assert not Sale.objects.exists()


def test_a_deactivated_person_sells_no_more():
    till, _shift = counter()
    machine, seller = client_for("cashier"), with_pin("pharmacist")
    token = identify(machine, till, seller).json()["token"]
    type(seller).objects.filter(pk=seller.pk).update(is_active=False)
    answer = machine.post(SALES, sale_at(till, on_shelf(shop())), headers={"Till-Seller": token})
    assert answer.json()["code"] == "seller_proof_refused"
    assert identify(machine, till, seller).json()["code"] == "pin_refused"


def test_wrong_pins_lock_it_even_for_the_right_one():
    till, _shift = counter()
    machine, seller = client_for("cashier"), with_pin("pharmacist")
    stranger = user_with_role("cashier")
    assert identify(machine, till, stranger).json()["code"] == "pin_refused"
    for _attempt in range(MAX_FAILED):
        assert identify(machine, till, seller, "0000").json()["code"] == "pin_refused"
    locked = identify(machine, till, seller)
    assert (locked.status_code, locked.json()["code"]) == (429, "pin_locked")
    assert int(locked["Retry-After"]) > 600
    assert SecurityEvent.objects.filter(action="pin_locked", actor_id=seller.pk).count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert identify(machine, till, seller).status_code == 200
    assert TillPin.objects.get(user=seller).failed_count == 0


def test_where_the_till_asks_who_sells_the_machine_sells_nothing():
    till, shift = counter(asks_who_sells=True)
    machine, seller = client_for("cashier"), with_pin("cashier")
    product = on_shelf(shop())
    refused = machine.post(SALES, sale_at(till, product))
    assert (refused.status_code, refused.json()["code"]) == (403, "seller_unknown")
    count = {"counts": [{"currency": "SYP", "amount": "0"}]}
    assert machine.post(f"/api/v1/shifts/{shift.pk}/close/", count).json()["code"] == "seller_unknown"
    assert not Sale.objects.exists()
    assert Shift.objects.get().status == "open"
    headers = {"Till-Seller": identify(machine, till, seller).json()["token"]}
    assert machine.post(SALES, sale_at(till, product), headers=headers).status_code == 201


def test_identify_and_people_are_for_sellers():
    till, _shift = counter()
    person = with_pin("cashier")
    sellers = ("owner", "pharmacist", "cashier")
    roles_refused("post", f"{TILLS}{till.pk}/identify/", {"user": person.pk, "pin": PIN}, allowed=sellers)
    roles_refused("get", f"{TILLS}{till.pk}/people/", allowed=sellers)
    roles_refused(
        "post", f"{TILLS}{till.pk}/currencies/", {"currency": "USD"}, allowed=("owner", "pharmacist")
    )
    assert client_for("owner").post(f"{TILLS}999999/identify/", {"user": 1, "pin": PIN}).status_code == 400
