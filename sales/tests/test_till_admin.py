"""Tills, shifts and the counter at the workbench."""

import pytest
from django.test import Client

from capital.enums import AccountRole
from capital.selectors import account_balance, balance_of_account, default_account
from rbac.tests.factories import user_with_role
from sales.models import CashMovement, Sale, SaleReplay, Shift, Till, TillPin
from sales.services import close_shift, create_till, set_pin
from sales.tests.factories import (
    ACTOR,
    counted,
    counter,
    drawer_of,
    in_the_safe,
    on_shelf,
    shop,
    sold,
    unit_of,
)
from users.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
DESK = "/admin/sales/"


def browser(role="pharmacist"):
    client = Client()
    client.user = user_with_role(role, is_staff=True)
    client.force_login(client.user)
    return client


def test_a_till_is_made_and_its_pages_open():
    client = browser()
    answer = client.post(f"{DESK}till/add/", {"name": "Front", "location": shop().pk})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    till = Till.objects.get()
    assert till.accounts.count() == 1
    assert client.get(f"{DESK}till/{till.pk}/change/").status_code == 200
    assert client.get(f"{DESK}till/").status_code == 200
    assert browser("cashier").get(f"{DESK}till/add/").status_code == 403


def test_a_shift_is_opened_counted_and_closed_on_its_page():
    till = create_till(name="Front", location_id=shop().pk, actor=ACTOR)
    client, safe = browser("cashier"), default_account(AccountRole.CASH)
    shown = client.get(f"{DESK}shift/add/").content.decode()
    assert f'<option value="{safe.pk}" selected>' in shown
    form = {"till": till.pk, "amount": "50", "float_from": "", "reason": "Float"}
    for slip in ("", "found", str(till.accounts.get().account_id)):
        assert client.post(f"{DESK}shift/add/", form | {"float_from": slip}).status_code == 200, slip
    assert not Shift.objects.exists()
    in_the_safe("50")
    opened = client.post(f"{DESK}shift/add/", form | {"float_from": safe.pk})
    shift = Shift.objects.get()
    page = f"{DESK}shift/{shift.pk}/change/"
    assert opened.url == page
    assert (balance_of_account(safe.pk), account_balance(AccountRole.CASH_OVER_SHORT)) == (0, 0)
    sold((on_shelf(shop(), price="40"), 1), paid="40", till_id=till.pk)
    shown = client.get(page).content.decode()
    assert "Close the shift" in shown
    assert "So far (X)" not in shown
    owner, asked = browser("pharmacist"), f"{page}?expected=1"
    for blind in (shown, client.get(asked).content.decode(), owner.get(page).content.decode()):
        assert ">90<" not in blind
        assert "Expected" not in blind
    assert "So far (X)" in owner.get(page).content.decode()
    assert ">90<" in owner.get(asked).content.decode()
    do = f"{DESK}shift/{shift.pk}/do/"
    client.post(f"{do}cash/", {"direction": "out", "amount": "10", "reason": "Tea"})
    assert drawer_of(till) == 80
    notes = {"value-SYP-0": "20", "pieces-SYP-0": "4", "handed-SYP": "30"}
    for slip in ({"pieces-SYP-0": "x"}, {"value-SYP-1": "5", "pieces-SYP-1": "1o"}):
        refused = client.post(f"{do}close/", notes | slip)
        assert refused.status_code == 200, slip
        assert 'name="handed-SYP" value="30"' in refused.content.decode(), "what was typed stays"
        assert "Expected" not in refused.content.decode()
        assert Shift.objects.get().status == "open", slip
    client.post(f"{do}close/", notes)
    assert Shift.objects.get().status == "closed"
    assert drawer_of(till) == 50
    assert "Closing report (Z)" in client.get(page).content.decode()
    strip = client.get(f"{DESK}shift/{shift.pk}/z-report/")
    assert strip.content[:4] == b"%PDF"
    assert browser("accountant").post(f"{do}close/", notes).status_code == 403


def test_who_can_open_nothing_is_told_who_adds_a_till():
    assert "Add a till" in (desk := browser()).get(f"{DESK}shift/add/").content.decode()
    told = browser("cashier").get(f"{DESK}shift/add/").content.decode()
    assert "Add a till" not in told
    assert f"Somebody who may adds one: {desk.user.name}" in told
    counter()
    assert "Each till has an open shift already" in desk.get(f"{DESK}shift/add/").content.decode()


def test_at_a_till_that_asks_no_sign_in_opens_counts_or_closes_a_shift():
    till = create_till(name="Front", location_id=shop().pk, asks_who_sells=True, actor=ACTOR)
    machine, seller = browser("cashier"), browser("cashier").user
    set_pin(user_id=seller.pk, password=PASSWORD, pin="4711")
    by = {"seller": seller.pk, "pin": "4711"}
    in_the_safe("10")
    form = {"till": till.pk, "amount": "0"}
    for slip in ({}, by | {"pin": "1234"}):
        assert machine.post(f"{DESK}shift/add/", form | slip).status_code == 200
    assert not Shift.objects.exists()
    machine.post(f"{DESK}shift/add/", form | by)
    shift = Shift.objects.get()
    assert shift.opened_by_id == seller.pk
    do = f"{DESK}shift/{shift.pk}/do/"
    assert 'name="pin"' in machine.get(f"{DESK}shift/{shift.pk}/change/").content.decode()
    for verb, sent in (
        ("cash", {"direction": "in", "amount": "10", "reason": "x"}),
        ("count", {"counted-SYP": "10"}),
        ("close", {"counted-SYP": "10"}),
    ):
        machine.post(f"{do}{verb}/", sent)
        machine.post(f"{do}{verb}/", sent | by | {"pin": "1234"})
        assert (CashMovement.objects.count(), shift.counts.count(), Shift.objects.get().status) == (
            (0, 1, "open") if verb == "cash" else (1, 1 if verb == "count" else 2, "open")
        ), verb
        machine.post(f"{do}{verb}/", sent | by)
    assert (Shift.objects.get().status, Shift.objects.get().closed_by_id) == ("closed", seller.pk)
    assert TillPin.objects.get(user=seller).failed_count == 0
    machine.post(f"{do}close/", by | {"pin": "1234"})
    assert TillPin.objects.get(user=seller).failed_count == 1, "a wrong one counts, though it is refused"


def test_a_pin_is_set_and_taken_away():
    client = browser("cashier")
    assert client.get(f"{DESK}tillpin/add/").status_code == 200
    client.post(f"{DESK}tillpin/add/", {"password": PASSWORD, "pin": "1111"})
    assert not TillPin.objects.exists()
    client.post(f"{DESK}tillpin/add/", {"password": PASSWORD, "pin": "4711"})
    row = TillPin.objects.get(user=client.user)
    desk = browser()
    assert desk.get(f"{DESK}tillpin/{row.pk}/change/").status_code == 200
    desk.post(f"{DESK}tillpin/", {"action": "reset", "_selected_action": [row.pk]})
    assert not TillPin.objects.exists()


def test_the_counter_finds_changes_and_sells():
    till, _shift = counter()
    product = on_shelf(shop(), price="10", name_en="Panadol 500")
    client = browser("cashier")
    url = f"{DESK}sale/counter/"
    found = client.post(url, {"find": "panadol"}).content.decode()
    choice = f"{product.pk}:{unit_of(product).pk}"
    assert choice in found
    listed = client.post(url, {"add": choice}).content.decode()
    assert "Panadol 500" in listed
    basket = {
        "product": [product.pk],
        "unit": [unit_of(product).pk],
        "quantity": [3],
        "batch": [""],
        "percent": ["5"],
    }
    assert "28.50" in client.post(url, basket).content.decode()
    refused = client.post(url, basket | {"percent": ["50"], "pay": "1", "till": till.pk})
    assert refused.status_code == 200
    assert not Sale.objects.exists()
    answer = client.post(url, basket | {"pay": "1", "till": till.pk, "method": "cash", "given": "50"})
    sale = Sale.objects.get()
    assert answer.url == f"{url}?till={till.pk}&sold={sale.pk}"
    assert (sale.total_amount, sale.change_amount, drawer_of(till)) == (28.5, 21.5, 28.5)
    assert client.get(f"{DESK}sale/{sale.pk}/receipt/").content[:4] == b"%PDF"
    assert client.get(f"{DESK}sale/{sale.pk}/change/").status_code == 200
    assert client.get(answer.url).status_code == 200
    removed = client.post(url, basket | {"remove": "0"}).content.decode()
    assert "Nothing on the list yet" in removed
    assert browser("accountant").get(url).status_code == 403


def test_a_refused_sale_is_settled_on_its_page():
    till, shift = counter()
    product = on_shelf(shop(), price="10")
    body = {
        "lines": [{"product": product.pk, "quantity": 1}],
        "payments": [{"method": "cash", "amount": "10"}],
    }
    rows = [
        SaleReplay.objects.create(
            till=till,
            key=key,
            occurred_at=shift.opened_at,
            body=body,
            seller_name="x",
            problem={"detail": "No"},
        )
        for key in ("a", "b", "c")
    ]
    client = browser()
    assert client.get(f"{DESK}salereplay/").status_code == 200
    assert client.get(f"{DESK}salereplay/{rows[0].pk}/change/").status_code == 200
    client.post(f"{DESK}salereplay/{rows[0].pk}/do/retry/")
    client.post(f"{DESK}salereplay/{rows[1].pk}/do/dismiss/", {"reason": "Never handed over"})
    close_shift(shift_id=shift.pk, counts=counted("10"), actor=ACTOR)
    client.post(f"{DESK}salereplay/{rows[2].pk}/do/retry/")
    states = dict(SaleReplay.objects.values_list("key", "status"))
    assert states == {"a": "accepted", "b": "dismissed", "c": "refused"}
    assert drawer_of(till) == 10
    assert browser("cashier").post(f"{DESK}salereplay/{rows[2].pk}/do/retry/").status_code == 403
