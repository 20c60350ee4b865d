"""Prescriptions, rules, and customers' money at the workbench."""

from decimal import Decimal

import pytest
from django.test import Client

from capital.enums import AccountRole
from capital.selectors import account_balance
from inventory.enums import ControlClass
from rbac.tests.factories import user_with_role
from sales.models import ControlPolicy, CustomerPayment, Dispensing, Prescription, Sale
from sales.tests.factories import customer, on_shelf, shop
from sales.tests.test_admin import sale_form

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


def restricted():
    return on_shelf(shop(), 100, "500", control_class=ControlClass.NARCOTIC)


def paper(product, **change):
    form = {
        "patient_name": "Rana", "patient_id_number": "0501", "patient_phone": "", "patient_birth_year": "1980",
        "customer": "", "prescriber_name": "Dr. Nadim", "prescriber_licence": "77", "issued_date": "",
        "valid_until": "", "reference": "", "image": "", "note": "",
        "lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 0,
        "lines-0-product": product.pk, "lines-0-quantity": 2, "lines-0-repeats": 0,
    }  # fmt: skip
    return form | change


@pytest.mark.parametrize("model", ["prescription", "controlpolicy", "customer", "customerpayment"])
def test_every_list_opens(at, model):
    assert at("owner").get(f"{DESK}{model}/").status_code == 200


def test_a_prescription_is_written_down_dispensed_and_looked_at(at):
    product, desk = restricted(), at()
    written = desk.post(f"{DESK}prescription/add/", paper(product, issued_date="2020-01-01"), follow=True)
    assert written.status_code == 200
    assert Prescription.objects.count() == 1, written.content.decode()[:3000]
    desk.post(
        f"{DESK}prescription/", {"action": "cancel", "_selected_action": [Prescription.objects.get().pk]}
    )
    assert Prescription.objects.get().status == "cancelled"
    form = sale_form((product.pk, 1, ""), patient_name="Rana", prescriber_name="Dr. Nadim")
    assert desk.post(f"{DESK}sale/add/", form).status_code == 302
    page = desk.get(
        f"{DESK}prescription/{Dispensing.objects.get().prescription_line.prescription_id}/change/"
    )
    assert "1 / 1" in page.content.decode()
    assert b'name="_save"' not in page.content


def test_a_restricted_sale_without_paper_is_refused_and_told(at):
    product = restricted()
    page = at().post(f"{DESK}sale/add/", sale_form((product.pk, 1, "")), follow=True)
    assert "on a prescription only" in page.content.decode()
    assert not Sale.objects.exists()


def test_the_owner_sets_the_rules(at):
    rule = ControlPolicy.objects.get(control_class="prescription")
    form = {"max_quantity": "", "valid_days": "90", "max_repeats": ""}
    assert at("pharmacist").post(f"{DESK}controlpolicy/{rule.pk}/change/", form).status_code in (302, 403)
    rule.refresh_from_db()
    assert rule.needs_prescription
    assert at("owner").post(f"{DESK}controlpolicy/{rule.pk}/change/", form).status_code == 302
    rule.refresh_from_db()
    assert (rule.needs_prescription, rule.valid_days) == (False, 90)


def test_a_customers_money_is_received_printed_and_reversed(at):
    buyer, desk = customer(), at()
    form = {
        "customer": buyer.pk, "method": "cash", "amount": "12.50", "till": "", "reference": "", "note": "",
    }  # fmt: skip
    assert desk.post(f"{DESK}customerpayment/add/", form).status_code == 302
    payment = CustomerPayment.objects.get()
    assert account_balance(AccountRole.CASH) == Decimal("12.5")
    assert desk.get(f"{DESK}customerpayment/{payment.pk}/change/").status_code == 200
    for path in (f"customerpayment/{payment.pk}/receipt/", f"customer/{buyer.pk}/statement/"):
        assert desk.get(f"{DESK}{path}")["Content-Type"] == "application/pdf"
    assert "-12.50" in desk.get(f"{DESK}customer/{buyer.pk}/change/").content.decode()
    written_off = desk.post(f"{DESK}customerpayment/add/", form | {"method": "write_off"})
    assert written_off.status_code == 403
    assert (
        f"{payment.pk}/reverse/" in desk.get(f"{DESK}customerpayment/{payment.pk}/change/").content.decode()
    )
    assert (
        at("cashier").post(f"{DESK}customerpayment/{payment.pk}/reverse/", {"reason": "x"}).status_code == 403
    )
    desk.post(f"{DESK}customerpayment/{payment.pk}/reverse/", {"reason": "The cheque came back"})
    assert CustomerPayment.objects.get().status == "reversed"
    assert account_balance(AccountRole.CASH) == 0
