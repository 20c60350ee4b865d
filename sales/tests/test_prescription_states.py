"""How far a prescription is follows from what was dispensed on it, what came back, and the day; nobody says so."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from inventory.enums import ControlClass
from inventory.models import Batch
from rbac.tests.factories import client_for, user_with_role
from sales.enums import PrescriptionState
from sales.models import ControlPolicy, Prescription
from sales.selectors import find_prescriptions
from sales.selectors.prescriptions import in_states
from sales.services import (
    PatientData,
    PaymentData,
    PrescribedLineData,
    PrescriberData,
    PrescriptionData,
    SaleData,
    SaleLineData,
    cancel_prescription,
    create_prescription,
    refund_sale,
    reverse_sale,
    sell,
)
from sales.tests.factories import ACTOR, on_shelf, shop, today

pytestmark = pytest.mark.django_db
URL = "/api/v1/prescriptions/"


def bound():
    return on_shelf(shop(), control_class=ControlClass.PRESCRIPTION)


def paper(*lines, **more):
    rows = [PrescribedLineData(product.pk, quantity, repeats=repeats) for product, quantity, repeats in lines]
    data = PrescriptionData(PatientData("Rana"), PrescriberData("Dr. Nadim"), rows, **more)
    return create_prescription(data=data, actor=ACTOR)


def dispense(on, product, quantity):
    line = SaleLineData(product.pk, quantity, prescription_id=on.pk)
    return sell(data=SaleData([line], [PaymentData("cash", Decimal(1000))]), actor=ACTOR)


def state(of):
    """As it is shown; the lists of the states, which are worked out another way, hold it in this one alone."""
    shown = client_for("cashier").get(f"{URL}{of.pk}/").json()["status"]
    papers = Prescription.objects.filter(pk=of.pk)
    assert [one for one in PrescriptionState if in_states(papers, [one])] == [shown]
    return shown


def test_it_is_open_partly_dispensed_and_dispensed_and_open_again_when_all_came_back():
    first, second = bound(), bound()
    rx = paper((first, 2, 1), (second, 1, 0))
    assert state(rx) == "open"
    sales = [dispense(rx, first, 4)]
    assert state(rx) == "partly_dispensed"
    sales.append(dispense(rx, second, 1))
    assert state(rx) == "dispensed"
    reverse_sale(sale_id=sales[1].pk, reason="x", actor=ACTOR)
    assert state(rx) == "partly_dispensed"
    refund_sale(sale_id=sales[0].pk, reason="x", actor=ACTOR)
    assert state(rx) == "open"


def test_a_poll_that_holds_an_older_state_is_told_the_new_one_and_may_still_edit_by_it():
    """What is sold on a prescription changes nothing in itself."""
    product = bound()
    rx, client = paper((product, 2, 0)), client_for("pharmacist")
    seen = client.get(f"{URL}{rx.pk}/")["ETag"]
    assert client.get(f"{URL}{rx.pk}/", headers={"If-None-Match": seen}).status_code == 304
    dispense(rx, product, 1)
    told = client.get(f"{URL}{rx.pk}/", headers={"If-None-Match": seen})
    assert (told.status_code, told.json()["status"]) == (200, "partly_dispensed")
    batch = Batch.objects.get(product=product)
    url, held = f"/api/v1/batches/{batch.pk}/", {}
    held["If-Match"] = client.get(url)["ETag"]
    dispense(rx, product, 1)
    again = client.get(url, headers={"If-None-Match": held["If-Match"]})
    assert (again.status_code, again.json()["on_hand"]) == (200, 98)
    assert client.patch(url, {"batch_number": "B9"}, headers=held, format="json").status_code == 200
    assert client.patch(url, {"batch_number": "B10"}, headers=held, format="json").status_code == 412


def test_it_runs_out_by_its_own_last_day_or_by_the_days_of_the_class_but_not_once_it_is_dispensed():
    product, other = bound(), bound()
    said = paper((product, 2, 0), valid_until=today() + timedelta(days=3))
    full = paper((product, 1, 0), valid_until=today() + timedelta(days=3))
    ruled = paper((product, 2, 0), (other, 1, 0))
    dispense(full, product, 1)
    dispense(ruled, product, 1)
    ControlPolicy.objects.filter(control_class=ControlClass.PRESCRIPTION).update(valid_days=5)
    for days, told in ((3, "open partly_dispensed"), (4, "expired partly_dispensed"), (6, "expired expired")):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            assert f"{state(said)} {state(ruled)}" == told, days
            assert state(full) == "dispensed"


def test_states_are_listed_filtered_and_shown_in_as_many_statements_for_one_as_for_many(
    django_assert_num_queries,
):
    product = bound()
    made = {
        "open": paper((product, 3, 0)),
        "partly_dispensed": paper((product, 3, 0)),
        "dispensed": paper((product, 3, 0)),
        "cancelled": paper((product, 3, 0)),
        "expired": paper(
            (product, 3, 0), issued_date=today() - timedelta(9), valid_until=today() - timedelta(1)
        ),
    }
    dispense(made["partly_dispensed"], product, 1)
    dispense(made["dispensed"], product, 3)
    cancel_prescription(prescription_id=made["cancelled"].pk, reason="x", actor=ACTOR)
    assert set(made) == set(PrescriptionState.values)
    client = client_for("cashier")
    listed = {row["id"]: row["status"] for row in client.get(URL).json()["results"]}
    assert listed == {rx.pk: name for name, rx in made.items()}
    for name, rx in made.items():
        with django_assert_num_queries(5):
            assert [row["id"] for row in client.get(URL, {"status": name}).json()["results"]] == [rx.pk], name
    both = client.get(f"{URL}?status=open&status=partly_dispensed").json()
    assert both["count"] == 2
    assert client.get(f"{URL}?status=somehow").status_code == 400
    assert {rx.pk for rx in find_prescriptions("rana")} == {made["open"].pk, made["partly_dispensed"].pk}
    desk = Client()
    desk.force_login(user_with_role("pharmacist", is_staff=True))
    page = desk.get("/admin/sales/prescription/?state=expired").content.decode()
    assert made["expired"].number in page
    assert made["open"].number not in page
    assert "No longer valid" in page
    shown = desk.get(f"/admin/sales/prescription/{made['partly_dispensed'].pk}/change/").content.decode()
    assert "Partly dispensed" in shown
    assert "1 / 3" in shown
