"""The counter of the workbench, as somebody with a keyboard and a scanner uses it."""

from decimal import Decimal

import pytest
from django.test import Client

from capital.enums import AccountRole
from capital.selectors import account_balance, party_balance
from core.sources import Source
from inventory.enums import BatchState, ControlClass
from inventory.keys import identifier_key
from inventory.models import Batch, ProductIdentifier, Stock
from inventory.selectors import movements_for
from inventory.tests.factories import stocked
from rbac.tests.factories import user_with_role
from sales.models import Dispensing, Prescription, Sale
from sales.services import (
    PatientData,
    PrescribedLineData,
    PrescriberData,
    PrescriptionData,
    create_prescription,
    set_pin,
)
from sales.tests.factories import ACTOR, counter, customer, drawer_of, on_shelf, shop, unit_of
from users.models import Organization
from users.selectors import get_organization
from users.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
URL = "/admin/sales/sale/counter/"


def at(role="pharmacist"):
    browser = Client()
    browser.user = user_with_role(role, is_staff=True)
    browser.force_login(browser.user)
    return browser


def basket(*lines, **typed):
    """The form of a list of (product, quantity) pairs; further columns and fields by name."""
    form = {
        "product": [product.pk for product, _quantity in lines],
        "unit": [unit_of(product).pk for product, _quantity in lines],
        "quantity": [quantity for _product, quantity in lines],
    }
    return form | typed


def page(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def made(answer):
    assert answer.status_code == 302, answer.content.decode()
    return Sale.objects.latest("pk")


def paper(product, name="Rana Haddad", quantity=10):
    return create_prescription(
        data=PrescriptionData(
            patient=PatientData(name),
            prescriber=PrescriberData("Dr. Nadim"),
            lines=[PrescribedLineData(product.pk, quantity)],
        ),
        actor=ACTOR,
    )


def test_a_customer_is_found_however_spelled_and_buys_on_account_within_the_limit():
    till, _shift = counter()
    buyer = customer(limit="25", name="أحمد الحلبي")
    customer(limit="0", name="Rana")
    product = on_shelf(shop(), price="10")
    desk = at("cashier")
    found = page(desk.post(URL, basket((product, 2), who="احمد", till=till.pk)))
    assert f'name="customer" value="{buyer.pk}"' in found
    assert "May still buy on account" in found
    assert ">25<" in found
    assert 'value="account"' in found
    assert 'value="account"' not in page(desk.post(URL, basket((product, 2), who="rana haddad")))
    sale = made(
        desk.post(URL, basket((product, 2), customer=buyer.pk, method="account", pay="1", till=till.pk))
    )
    assert (sale.customer_id, party_balance(buyer.party_id), drawer_of(till)) == (buyer.pk, -20, 0)
    refused = page(desk.post(URL, basket((product, 1), customer=buyer.pk, method="account", pay="1")))
    assert "more than the customer may owe" in refused.lower()
    assert Sale.objects.count() == 1


def test_a_sale_is_paid_in_two_ways():
    till, _shift = counter()
    product = on_shelf(shop(), price="50")
    form = basket((product, 2), till=till.pk, method2="card", amount2="60", pay="1")
    made(at("cashier").post(URL, form | {"method": "cash", "given": "50"}))
    assert (account_balance(AccountRole.BANK), drawer_of(till)) == (60, 40)
    made(at("cashier").post(URL, form | {"method": "cash", "given": ""}))
    assert (account_balance(AccountRole.BANK), drawer_of(till)) == (120, 80)


def test_controlled_goods_ask_for_a_prescription_on_file_or_written_down():
    till, _shift = counter()
    product = on_shelf(shop(), price="10", control_class=ControlClass.NARCOTIC)
    on_file = paper(product)
    desk = at()
    listed = page(desk.post(URL, basket((product, 2))))
    assert "Register" in listed
    assert "needed" in listed
    refused = page(desk.post(URL, basket((product, 2), pay="1", till=till.pk)))
    assert "Line 1: This is sold on a prescription only" in refused
    assert "The request is not valid" not in page(desk.post(URL, basket((product, "x"), pay="1")))
    assert not Sale.objects.exists()
    for typed in (on_file.number, "rana"):
        assert f'name="pick_prescription" value="{on_file.pk}"' in page(
            desk.post(URL, basket((product, 2), paper=typed))
        )
    picked = page(desk.post(URL, basket((product, 2), pick_prescription=on_file.pk)))
    assert "0 / 10" in picked
    made(desk.post(URL, basket((product, 2), prescription=on_file.pk, pay="1", till=till.pk)))
    assert Dispensing.objects.get().prescription_line.prescription == on_file
    above = page(desk.post(URL, basket((product, 9), prescription=on_file.pk, pay="1", till=till.pk)))
    assert "Only 8 of it are left" in above
    written = {"patient_name": "Samir", "prescriber_name": "Dr. Nadim", "prescriber_licence": "77"}
    buyer = customer(name="Samir")
    made(desk.post(URL, basket((product, 1), customer=buyer.pk, pay="1", till=till.pk, **written)))
    assert Prescription.objects.latest("pk").customer == buyer
    cashier = page(at("cashier").post(URL, basket((product, 1), pay="1", till=till.pk, **written)))
    assert "kept in the register" in cashier
    assert Sale.objects.count() == 2


def test_the_customers_own_prescriptions_are_offered():
    product = on_shelf(shop(), control_class=ControlClass.PRESCRIPTION)
    buyer = customer()
    paper(product, "Somebody else")
    form = basket((product, 1), customer=buyer.pk)
    assert "pick_prescription" not in page(at().post(URL, form))
    owned = create_prescription(
        data=PrescriptionData(
            patient=PatientData("Abu Samir", customer_id=buyer.pk),
            prescriber=PrescriberData("Dr. Nadim"),
            lines=[PrescribedLineData(product.pk, 1)],
        ),
        actor=ACTOR,
    )
    shown = page(at().post(URL, form))
    assert f'name="pick_prescription" value="{owned.pk}"' in shown
    assert shown.count("pick_prescription") == 1


def test_what_is_typed_wrongly_is_refused_and_stays_on_the_form():
    till, _shift = counter()
    product = on_shelf(shop(), price="10")
    desk = at()
    for change in (
        {"given": "abc"},
        {"off": "x"},
        {"quantity": ["1.5"]},
        {"quantity": ["0"]},
        {"quantity": ["-1"]},
        {"quantity": ["9" * 30]},
        {"percent": ["%"]},
        {"price": ["-5"]},
        {"given": "9" * 25},
        {"amount2": "-3"},
        {"issued_date": "yesterday"},
        {"customer": "999999"},
        {"unit": ["999999"]},
        {"product": ["999999"]},
        {"till": "999999"},
        {"method": "card", "given": "11"},
        {"given": "9"},
    ):
        shown = page(desk.post(URL, basket((product, 1), till=till.pk, pay="1") | change))
        for value in change.values():
            typed = value[0] if isinstance(value, list) else value
            assert typed in shown or typed == "999999", change
        assert not Sale.objects.exists(), change
    assert (Stock.objects.get().on_hand, drawer_of(till)) == (100, 0)


def test_arabic_digits_are_read():
    till, _shift = counter()
    product = on_shelf(shop(), price="10")
    sale = made(at().post(URL, basket((product, "٣"), till=till.pk, given="٥٠٫٠", pay="1")))
    assert (sale.total_amount, sale.change_amount) == (30, 20)


def test_a_pack_that_may_not_be_sold_does_not_go_onto_the_list():
    product = on_shelf(shop(), price="7")
    gtin = "04006381333931"
    ProductIdentifier.objects.create(product=product, kind="gtin", value=gtin, key=gtin)
    desk = at("cashier")
    answer = page(desk.post(URL, {"find": f"01{gtin}17200131"}))
    assert "expired" in answer
    assert 'name="product"' not in answer
    assert f'name="product" value="{product.pk}"' in page(desk.post(URL, {"find": f"01{gtin}10B1"}))


def test_a_pack_of_a_batch_that_was_never_received_is_sold_for_a_reason():
    till, _shift = counter()
    product = on_shelf(shop(), price="7")
    gtin = "04006381333931"
    ProductIdentifier.objects.create(product=product, kind="gtin", value=gtin, key=gtin)
    desk, code = at("cashier"), f"01{gtin}10NEVER"
    listed = page(desk.post(URL, basket((product, 1), find=f"2*{code}", code=[""], reason=[""])))
    assert f'name="code" value="{code}"' in listed
    assert 'placeholder="Why is it sold?"' in listed
    assert "Line 2: The batch on this pack was never received: say why it is sold." in listed
    form = basket((product, 1), (product, 2), till=till.pk, pay="1", code=["", code], reason=["", ""])
    assert "say why it is sold" in page(desk.post(URL, form))
    assert not Sale.objects.exists()
    told = page(desk.post(URL, {**form, "reason": ["", "Seen with my own eyes"], "pay": [], "find": code}))
    assert "<b>28</b>" in told, "scanned again: three of it, and the reason stays"
    sale = made(desk.post(URL, form | {"reason": ["", "Seen with my own eyes"]}))
    assert list(sale.lines.values_list("quantity", "batch_reason")) == [(1, ""), (2, "Seen with my own eyes")]


def two_of_one_code():
    """Two products that carry one code, the first with a younger batch B2; and the code."""
    gtin = "04006381333931"
    place = shop()
    products = [on_shelf(place, price="7", name_en=name) for name in ("First", "Second")]
    for product in products:
        ProductIdentifier.objects.create(product=product, kind="gtin", value=gtin, key=gtin)
    stocked(products[0], place, 5, "25", batch="B2", days=800)
    return products, f"01{gtin}10"


def chosen(desk, product, code, **form):
    pressed = {"add": f"{product.pk}:{unit_of(product).pk}", "times": "1", "scanned": code}
    return page(desk.post(URL, form | pressed))


def test_of_a_pack_that_several_products_share_the_one_chosen_is_sold_by_its_own_batch():
    till, _shift = counter()
    (first, _second), code = two_of_one_code()
    desk, batch = at("cashier"), Batch.objects.get(number="B2")
    listed = page(desk.post(URL, {"find": f"{code}B2"}))
    assert (listed.count('name="add"'), listed.count("never received")) == (2, 1)
    assert f'name="scanned" value="{code}B2"' in listed
    assert f'name="batch" value="{batch.pk}"' in chosen(desk, first, f"{code}B2")
    sale = made(desk.post(URL, basket((first, 1), till=till.pk, pay="1", batch=[batch.pk])))
    (out,) = movements_for(Source("sale", str(sale.pk)))
    assert out.batch_id == batch.pk
    Batch.objects.update(state=BatchState.RECALLED)
    Batch.objects.exclude(pk=batch.pk).update(state=BatchState.ACTIVE)
    assert "This batch was recalled" in page(desk.post(URL, {"find": f"{code}B2"}))
    refused = chosen(desk, first, f"{code}B2")
    assert 'name="product"' not in refused, "it stays here"
    assert "recalled" in refused


def test_of_a_pack_that_several_products_share_an_unknown_batch_asks_why():
    till, _shift = counter()
    (_first, second), code = two_of_one_code()
    desk = at("cashier")
    listed = page(desk.post(URL, {"find": f"{code}NEVER"}))
    assert listed.count('name="add"') == listed.count("This batch was never received") == 2
    assert 'placeholder="Why is it sold?"' in chosen(desk, second, f"{code}NEVER")
    form = basket((second, 1), till=till.pk, pay="1", code=[f"{code}NEVER"], reason=[""])
    assert "say why it is sold" in page(desk.post(URL, form))
    assert not Sale.objects.exists()
    sale = made(desk.post(URL, form | {"reason": ["Seen with my own eyes"]}))
    assert list(sale.lines.values_list("product", "batch_reason")) == [(second.pk, "Seen with my own eyes")]


def test_a_shared_code_that_lands_in_another_field_is_asked_about():
    till, _shift = counter()
    products, _code = two_of_one_code()
    other = on_shelf(shop(), price="10")
    shown = page(at().post(URL, basket((other, 1), till=till.pk, pay="1") | {"quantity": ["04006381333931"]}))
    assert shown.count('name="add"') == 2
    assert shown.count('name="product"') == 1
    assert all(product.name in shown for product in products)


def test_a_scan_that_lands_in_another_field_goes_onto_the_list():
    till, _shift = counter()
    product, scanned = on_shelf(shop(), price="10"), on_shelf(shop(), price="7", name_en="Scanned")
    code = "4006381333931"
    ProductIdentifier.objects.create(
        product=scanned, kind="gtin", value=code, key=identifier_key("gtin", code)
    )
    desk = at()
    for change in ({"given": code}, {"quantity": [code]}):
        shown = page(desk.post(URL, basket((product, 1), till=till.pk, pay="1") | change))
        assert "Scanned" in shown
        assert code not in shown
    assert "<b>28</b>" in page(desk.post(URL, basket((scanned, 1), find=f"3*{code}")))
    assert not Sale.objects.exists()


def test_the_pin_says_who_sells_where_the_till_asks():
    till, _shift = counter(asks_who_sells=True)
    product = on_shelf(shop(), price="10")
    machine, seller = at("cashier"), at("pharmacist").user
    set_pin(user_id=seller.pk, password=PASSWORD, pin="4711")
    form = basket((product, 1), till=till.pk, pay="1")
    assert "PIN" in page(machine.get(URL))
    page(machine.post(URL, form))
    page(machine.post(URL, form | {"seller": seller.pk, "pin": "1234"}))
    assert not Sale.objects.exists()
    sale = made(machine.post(URL, form | {"seller": seller.pk, "pin": "4711"}))
    assert (sale.actor_id, sale.actor_name) == (seller.pk, seller.name)


@pytest.mark.parametrize("at_a_till", [True, False])
def test_the_same_form_sent_twice_sells_once(at_a_till):
    till = counter()[0] if at_a_till else None
    form = basket((on_shelf(shop(), price="10"), 1), till=till.pk if till else "", pay="1", key="one")
    desk = at()
    page(desk.post(URL, form | {"given": "9"}))
    sale = made(desk.post(URL, form))
    again = desk.post(URL, form | {"given": "11"})
    assert again.url == f"/admin/sales/sale/{sale.pk}/change/"
    assert Sale.objects.count() == 1
    made(desk.post(URL, form | {"key": "another"}))


def test_it_says_what_is_to_be_minded():
    get_organization()
    Organization.objects.update(cash_rounding_step=Decimal(5))
    cheap = on_shelf(shop(), 3, "27", price="8")
    shown = page(at().post(URL, basket((cheap, 4), percent=["10"])))
    assert "Below what replacing it costs" in shown
    assert "More than the shelf holds: 3" in shown
    assert "In cash 30" in " ".join(shown.split())


@pytest.mark.parametrize(
    "slip",
    [{"quantity": "99999999999999"}, {"quantity": "9" * 18}, {"price": "9" * 15, "quantity": "999999"}],
)
def test_what_is_no_quantity_and_no_price_sells_nothing(slip):
    """A code that nothing carries, scanned into the field of a quantity, by somebody who may sell above stock."""
    product = on_shelf(shop(), 30, "15", price="10")
    shown = page(at("owner").post(URL, basket((product, 1)) | slip | {"pay": "1"}))
    assert "A whole number" in shown or "out of range" in shown
    assert not Sale.objects.exists()


def test_a_choice_that_is_no_number_puts_nothing_on_the_list():
    assert at().post(URL, {"add": f"{'9' * 30}:1"}).status_code == 200
