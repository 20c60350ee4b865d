"""Goods that the law restricts: sold on a prescription, by those who may, no more than it says."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.enums import ControlClass
from inventory.models import StockMovement
from inventory.services import merge_products
from rbac.tests.factories import client_for, roles_refused
from sales.enums import PaymentMethod, RestrictedClass
from sales.errors import OverDispensed
from sales.models import ControlPolicy, Dispensing, Prescription, PrescriptionLine, Sale
from sales.services import (
    PatientData,
    PrescribedLineData,
    PrescriberData,
    PrescriptionData,
    SaleData,
    SaleLineData,
    SellerRights,
    create_prescription,
    refund_sale,
    reverse_sale,
    sell,
)
from sales.tests.factories import ACTOR, cash, customer, many_on_shelf, on_shelf, shop, sold, today

pytestmark = pytest.mark.django_db
SALES, PRESCRIPTIONS = "/api/v1/sales/", "/api/v1/prescriptions/"
PAPER = {
    "patient": {"name": "Rana", "id_number": "0501"},
    "prescriber": {"name": "Dr. Nadim", "licence": "77"},
}


def restricted(control_class=ControlClass.CONTROLLED, **more):
    return on_shelf(shop(), control_class=control_class, **more)


def body(*lines, **more):
    rows = [{"product": product.pk, "quantity": quantity} for product, quantity in lines]
    return {"lines": rows, "payments": [{"method": "cash", "amount": "100000"}], **more}


def written(*lines, **more):
    """A prescription on file, of (product, quantity, repeats)."""
    rows = [PrescribedLineData(line[0].pk, line[1], repeats=line[2] if line[2:] else 0) for line in lines]
    data = PrescriptionData(PatientData("Rana"), PrescriberData("Dr. Nadim"), rows, **more)
    return create_prescription(data=data, actor=ACTOR)


def refusal(response):
    told = response.json()
    return response.status_code, told["code"], {error["field"] for error in told.get("errors", ())}


def untouched():
    return not Sale.objects.exists() and not StockMovement.objects.filter(quantity__lt=0).exists()


def test_every_class_but_free_goods_may_have_a_rule():
    assert set(RestrictedClass.values) == set(ControlClass.values) - {ControlClass.OTC}
    assert set(ControlPolicy.objects.values_list("control_class", flat=True)) == set(RestrictedClass.values)


@pytest.mark.parametrize("control_class", RestrictedClass.values)
def test_a_restricted_line_without_a_prescription_is_refused_by_name(control_class):
    free, bound = on_shelf(shop()), restricted(control_class)
    response = client_for("owner").post(SALES, body((free, 1), (bound, 1)), format="json")
    assert refusal(response) == (409, "prescription_required", {"lines[1].prescription"})
    assert untouched()


def test_patient_and_prescriber_may_come_with_the_sale():
    free, bound = on_shelf(shop()), restricted()
    response = client_for("pharmacist").post(
        SALES, body((free, 1), (bound, 2), (bound, 1), prescribed=PAPER), format="json"
    )
    assert response.status_code == 201, response.json()
    paper = Prescription.objects.get()
    assert (paper.patient_name, paper.patient_id_number, paper.prescriber_licence) == ("Rana", "0501", "77")
    assert [(line.product_id, line.quantity) for line in paper.lines.all()] == [(bound.pk, 3)]
    assert sorted(Dispensing.objects.values_list("sale_line__line", "quantity")) == [(1, 2), (2, 1)]


def test_a_paper_that_nothing_needs_is_not_kept():
    response = client_for("cashier").post(SALES, body((on_shelf(shop()), 1), prescribed=PAPER), format="json")
    assert response.status_code == 201
    assert not Prescription.objects.exists()


def test_a_prescription_is_used_up_with_its_repeats():
    bound = restricted(ControlClass.PRESCRIPTION)
    paper = written((bound, 2, 1))
    client = client_for("cashier")
    assert client.post(SALES, body((bound, 3), prescription=paper.pk), format="json").status_code == 201
    told = client.get(f"{PRESCRIPTIONS}{paper.pk}/").json()["lines"][0]
    assert (told["allowed_quantity"], told["dispensed_quantity"]) == (4, 3)
    refused = client.post(SALES, body((bound, 2), prescription=paper.pk), format="json")
    assert refusal(refused) == (409, "over_dispensed", {"lines[0].quantity"})
    both = client.post(SALES, body((bound, 1), (bound, 1), prescription=paper.pk), format="json")
    assert refusal(both) == (409, "over_dispensed", {"lines[1].quantity"})
    assert client.post(SALES, body((bound, 1), prescription=paper.pk), format="json").status_code == 201
    assert Sale.objects.count() == 2


def test_what_came_back_may_be_dispensed_again():
    bound = restricted()
    paper = written((bound, 2))

    def dispense(quantity):
        line = SaleLineData(bound.pk, quantity, prescription_id=paper.pk)
        rights = SellerRights(dispense_controlled=True)
        return sell(data=SaleData(lines=[line], payments=cash("1000")), actor=ACTOR, rights=rights)

    first = dispense(2)
    with pytest.raises(OverDispensed):
        dispense(1)
    refund_sale(sale_id=first.pk, method=PaymentMethod.CASH, reason="unopened", actor=ACTOR)
    again = dispense(2)
    reverse_sale(sale_id=again.pk, reason="wrong patient", actor=ACTOR)
    assert dispense(2).pk
    with pytest.raises(OverDispensed):
        dispense(1)


def test_a_merged_product_is_still_prescribed():
    bound, twin = restricted(), restricted()
    paper = written((bound, 1))
    with transaction.atomic():
        merge_products(product_id=bound.pk, into_id=twin.pk, actor=ACTOR)
    response = client_for("pharmacist").post(SALES, body((twin, 1), prescription=paper.pk), format="json")
    assert response.status_code == 201, response.json()


@pytest.mark.parametrize("role", ["cashier"])
def test_the_register_is_for_those_who_may(role):
    bound = restricted()
    response = client_for(role).post(SALES, body((bound, 1), prescribed=PAPER), format="json")
    assert refusal(response) == (403, "dispensing_refused", {"lines[0].product"})
    assert untouched()
    assert not Prescription.objects.exists()
    prescribed = restricted(ControlClass.PRESCRIPTION)
    assert (
        client_for(role).post(SALES, body((prescribed, 1), prescribed=PAPER), format="json").status_code
        == 201
    )


def test_a_prescription_is_judged_on_the_day():
    bound = restricted(ControlClass.NARCOTIC)
    old = written((bound, 1), issued_date=today() - timedelta(days=8))
    ended = written(
        (bound, 1), issued_date=today() - timedelta(days=3), valid_until=today() - timedelta(days=1)
    )
    gone = written((bound, 1))
    client = client_for("pharmacist")
    assert client.post(f"{PRESCRIPTIONS}{gone.pk}/cancel/", {"reason": "typed twice"}).status_code == 200
    for paper in (old, ended, gone):
        refused = client.post(SALES, body((bound, 1), prescription=paper.pk), format="json")
        assert refusal(refused) == (409, "prescription_not_valid", {"lines[0].prescription"})
    stale = PAPER | {"issued_date": str(today() - timedelta(days=8))}
    refused = client.post(SALES, body((bound, 1), prescribed=stale), format="json")
    assert refusal(refused) == (409, "prescription_not_valid", {"lines[0].prescription"})
    assert untouched()


def test_no_more_goes_out_at_once_than_the_rule_says():
    bound = restricted()
    rule = ControlPolicy.objects.get(control_class="controlled")
    url = f"/api/v1/control-policies/{rule.pk}/"
    owner = client_for("owner")
    etag = owner.get(url)["ETag"]
    assert owner.patch(url, {"max_quantity": 2}, format="json").status_code == 428
    assert owner.patch(url, {"max_quantity": 2}, format="json", HTTP_IF_MATCH=etag).status_code == 200
    refused = owner.post(SALES, body((bound, 2), (bound, 1), prescribed=PAPER), format="json")
    assert refusal(refused) == (409, "dispensing_limit_exceeded", {"lines[1].quantity"})
    assert untouched()
    assert owner.post(SALES, body((bound, 2), prescribed=PAPER), format="json").status_code == 201


def test_a_pharmacy_sets_its_own_rules():
    rule = ControlPolicy.objects.get(control_class="prescription")
    url = f"/api/v1/control-policies/{rule.pk}/"
    roles_refused("patch", url, {"needs_prescription": False}, allowed=("owner",))
    roles_refused("get", url, allowed=("owner", "auditor", "pharmacist", "cashier", "accountant"))
    owner = client_for("owner")
    etag = owner.get(url)["ETag"]
    for change in (
        {"needs_prescription": False, "needs_register": True},
        {"max_quantity": 0},
        {"valid_days": 0},
    ):
        refused = owner.patch(url, change, format="json", HTTP_IF_MATCH=etag)
        assert refused.status_code == 400, (change, refused.json())
    owner.patch(url, {"needs_prescription": False}, format="json", HTTP_IF_MATCH=etag)
    bound = restricted(ControlClass.PRESCRIPTION)
    assert client_for("cashier").post(SALES, body((bound, 1)), format="json").status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"patient": {"name": " "}}, "patient.name"),
        ({"patient": {"name": "Rana", "birth_year": 1700}}, "patient.birth_year"),
        ({"patient": {"name": "Rana", "customer": 999999}}, "patient.customer"),
        ({"prescriber": {"name": ""}}, "prescriber.name"),
        ({"issued_date": "2999-01-01"}, "issued_date"),
        ({"valid_until": "2001-01-01"}, "valid_until"),
        ({"image": "00000000-0000-0000-0000-000000000000"}, "image"),
        ({"colour": "white"}, "colour"),
    ],
)
def test_a_bad_prescription_names_the_field_and_keeps_nothing(change, field):
    bound = restricted()
    client = client_for("pharmacist")
    line = {"product": bound.pk, "quantity": 1}
    refused = client.post(PRESCRIPTIONS, PAPER | {"lines": [line]} | change, format="json")
    assert (refused.status_code, {error["field"] for error in refused.json()["errors"]}) == (400, {field})
    sale = client.post(SALES, body((bound, 1), prescribed=PAPER | change), format="json")
    assert sale.status_code == 400, sale.json()
    assert {error["field"] for error in sale.json()["errors"]} == {f"prescribed.{field}"}
    assert not Prescription.objects.exists()
    assert untouched()


def test_bad_lines_of_a_prescription_are_named():
    bound, other = restricted(ControlClass.NARCOTIC), restricted()
    rows = [
        {"product": bound.pk, "quantity": 1, "repeats": 1},
        {"product": other.pk, "quantity": 1, "unit": bound.units.get().pk},
        {"product": other.pk, "quantity": 1},
        {"product": 999999, "quantity": 1},
    ]
    refused = client_for("cashier").post(PRESCRIPTIONS, PAPER | {"lines": rows}, format="json")
    assert {error["field"] for error in refused.json()["errors"]} == {
        "lines[0].repeats", "lines[1].unit", "lines[2]", "lines[3].product",
    }  # fmt: skip
    assert not Prescription.objects.exists()


def test_a_prescription_for_something_else_is_refused():
    bound, other = restricted(), restricted()
    paper = written((other, 5))
    client = client_for("pharmacist")
    for named in (paper.pk, 999999):
        refused = client.post(SALES, body((bound, 1), prescription=named), format="json")
        assert refusal(refused)[::2] == (400, {"lines[0].prescription"})
    assert untouched()


def test_a_dispensed_prescription_is_not_cancelled():
    bound = restricted()
    paper = written((bound, 2))
    client = client_for("pharmacist")
    client.post(SALES, body((bound, 1), prescription=paper.pk), format="json")
    refused = client.post(f"{PRESCRIPTIONS}{paper.pk}/cancel/", {"reason": "x"})
    assert refusal(refused)[:2] == (409, "prescription_closed")


def test_prescriptions_are_found_by_whom_and_what():
    bound, other = restricted(), restricted()
    paper = written((bound, 2))
    written((other, 2))
    client = client_for("accountant")
    for query in (
        f"product={bound.pk}",
        f"product={bound.pk}&patient=ran",
        f"product={bound.pk}&prescriber=nadim",
    ):
        assert [row["id"] for row in client.get(f"{PRESCRIPTIONS}?{query}").json()["results"]] == [paper.pk]
    assert client.get(f"{PRESCRIPTIONS}?until=2001-01-01").json()["count"] == 0
    assert b"Rana" in client.get(f"{PRESCRIPTIONS}?format=csv").content


def test_who_may_write_and_see_prescriptions():
    paper = written((restricted(), 1))
    roles_refused("get", PRESCRIPTIONS, allowed=("owner", "auditor", "pharmacist", "cashier", "accountant"))
    roles_refused("post", PRESCRIPTIONS, {}, allowed=("owner", "pharmacist", "cashier"))
    roles_refused(
        "post",
        f"{PRESCRIPTIONS}{paper.pk}/cancel/",
        {"reason": "x"},
        allowed=("owner", "pharmacist", "cashier"),
    )
    assert Prescription.objects.get().status == "open"


def test_listing_prescriptions_costs_the_same_for_1_and_3(django_assert_num_queries):
    client = client_for("pharmacist")
    client.get(PRESCRIPTIONS)
    for number in range(3):
        written((restricted(), 1), (restricted(), 1))
        with django_assert_num_queries(4):  # what day it is here, count, page, lines
            assert len(client.get(PRESCRIPTIONS).json()["results"]) == number + 1


def test_dispensing_costs_the_same_for_5_and_500_lines():
    client = client_for("pharmacist")
    counts = []
    for size in (5, 100, 500):
        goods = many_on_shelf(size, shop(), control_class=ControlClass.CONTROLLED)
        papers = [
            written(*((bound, 1) for bound in goods[start : start + 100])) for start in range(0, size, 100)
        ]
        rows = [
            {"product": bound.pk, "quantity": 1, "prescription": papers[number // 100].pk}
            for number, bound in enumerate(goods)
        ]
        with CaptureQueriesContext(connection) as captured:
            response = client.post(SALES, body() | {"lines": rows}, format="json")
        assert response.status_code == 201, response.json()
        counts.append(len(captured))
    assert counts[1] == counts[2], counts


def test_free_goods_ask_no_statement_more():
    free = on_shelf(shop())
    sold((free, 1))
    with CaptureQueriesContext(connection) as captured:
        sold((free, 1))
    assert not [query for query in captured.captured_queries if "sales_controlpolicy" in query["sql"]]
    assert not [query for query in captured.captured_queries if "sales_prescription" in query["sql"]]


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE sales_prescription SET patient_name = 'x'",
        "DELETE FROM sales_prescription",
        "UPDATE sales_prescriptionline SET quantity = 9",
        "DELETE FROM sales_prescriptionline",
        "UPDATE sales_dispensing SET quantity = 9",
        "DELETE FROM sales_dispensing",
        "TRUNCATE sales_dispensing",
        "UPDATE sales_controlpolicy SET needs_prescription = false, needs_register = true",
    ],
)
def test_what_was_dispensed_does_not_change_by_raw_sql(attack):
    client_for("owner").post(SALES, body((restricted(), 1), prescribed=PAPER), format="json")
    assert (PrescriptionLine.objects.count(), Dispensing.objects.count()) == (1, 1)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


def test_a_patient_may_be_a_customer():
    buyer = customer()
    given = PAPER | {"patient": {"name": "Rana", "customer": buyer.pk}}
    client = client_for("pharmacist")
    client.post(SALES, body((restricted(), 1), prescribed=given), format="json")
    assert client.get(f"{PRESCRIPTIONS}?customer={buyer.pk}").json()["count"] == 1


@pytest.mark.process
def test_one_prescription_is_not_dispensed_twice_at_once(committed_db):
    bound = restricted()
    paper = written((bound, 2))
    data = SaleData(lines=[SaleLineData(bound.pk, 2, prescription_id=paper.pk)], payments=cash("1000"))

    def dispense():
        return sell(data=data, actor=ACTOR, rights=SellerRights(dispense_controlled=True))

    answers = committed_db.race(*[dispense] * 8)
    assert sum(isinstance(answer, Sale) for answer in answers) == 1, answers
    assert sum(isinstance(answer, OverDispensed) for answer in answers) == 7
    assert Dispensing.objects.count() == 1
