"""The controlled register: every movement once, numbered, with the balance after it, and whom it was for."""

import io
from datetime import timedelta
from decimal import Decimal

import pypdfium2
import pytest
from django.db import transaction
from django.utils import timezone

from capital.tests.factories import PartyFactory
from core.sources import Source
from inventory.enums import ControlClass, MovementKind
from inventory.models import Location, Product, Stock
from inventory.services import (
    IssueLine,
    LoanLine,
    ReceiveLine,
    TransferLine,
    issue_stock,
    lend_stock,
    lower_control_class,
    post_opening_stock,
    transfer_stock,
)
from purchases.tests import returning
from purchases.tests.factories import a_supplier, products
from rbac.tests.factories import client_for, roles_refused, user_with_role
from sales.enums import PaymentMethod
from sales.models import Sale
from sales.services import (
    PatientData,
    PrescriberData,
    PrescriptionData,
    RefundLineData,
    SellerRights,
    refund_sale,
    reverse_sale,
)
from sales.tests.factories import ACTOR, on_shelf, priced, shop, sold, stocked, today

pytestmark = pytest.mark.django_db
REGISTER = "/api/v1/controlled-register/"
PAPER = PrescriptionData(PatientData("رنا الأحمد", id_number="0501"), PrescriberData("Dr. Nadim", "77"))


def narcotic(quantity=20, **more):
    return on_shelf(shop(), quantity, control_class=ControlClass.NARCOTIC, **more)


def dispensed(*lines, **more):
    return sold(*lines, rights=SellerRights(dispense_controlled=True), prescribed=PAPER, **more)


def lines_of(product, query="", role="pharmacist"):
    return client_for(role).get(f"{REGISTER}?product={product.pk}{query}").json()["results"]


def on_hand(product):
    return sum(Stock.objects.filter(product=product).values_list("on_hand", flat=True))


def busy():
    """A narcotic that everything has happened to."""
    place, product = shop(), narcotic()
    sale = dispensed((product, 5))
    refund_sale(
        sale_id=sale.pk,
        method=PaymentMethod.CASH,
        reason="unopened",
        lines=[RefundLineData(0, 2)],
        actor=ACTOR,
    )
    reverse_sale(sale_id=dispensed((product, 3)).pk, reason="wrong patient", actor=ACTOR)
    safe = Location.objects.create(name="Safe", kind="store")
    transfer_stock(
        lines=[TransferLine(product.pk, 4)], from_location_id=place.pk, to_location_id=safe.pk, actor=ACTOR
    )
    with transaction.atomic():
        issue_stock(
            lines=[IssueLine(product.pk, safe.pk, 1)],
            source=Source("test", "1"),
            kind=MovementKind.DAMAGE,
            actor=ACTOR,
            business_date=today(),
        )
    stocked(product, place, 10, "50", batch="B2", days=400)
    return product


def test_what_was_registered_stays_so_when_its_class_is_lowered():
    product = narcotic()
    dispensed((product, 5))
    before = lines_of(product)
    with transaction.atomic():
        lower_control_class(
            product_id=product.pk, control_class=ControlClass.OTC, reason="Decree 12", actor=ACTOR
        )
    assert lines_of(product) == before
    sold((product, 1))
    assert lines_of(product)[: len(before)] == before
    assert not lines_of(on_shelf(shop(), 5))


def test_the_running_balance_is_the_stock_and_no_number_is_missing():
    product = busy()
    lines = lines_of(product)
    assert [line["number"] for line in lines] == list(range(1, 8))
    assert [(line["received"], line["issued"], line["balance"]) for line in lines] == [
        (20, 0, 20), (0, 5, 15), (2, 0, 17), (0, 3, 14), (3, 0, 17), (0, 1, 16), (10, 0, 26),
    ]  # fmt: skip
    assert lines[-1]["balance"] == on_hand(product) == 26


def test_a_line_names_patient_prescriber_and_document():
    product = busy()
    lines = lines_of(product)
    sold_line, back, undone = lines[1], lines[2], lines[4]
    assert sold_line["document"].startswith("SA-")
    assert back["document"].startswith("RF-")
    for line in (sold_line, back, undone):
        assert (line["patient"], line["patient_id_number"]) == ("رنا الأحمد", "0501")
        assert (line["prescriber"], line["prescriber_licence"]) == ("Dr. Nadim", "77")
        assert line["prescription"].startswith("RX-")
    assert lines[0]["patient"] == ""


def test_a_line_names_the_neighbour_and_the_supplier_that_goods_went_to():
    (product,) = products("Morphine")
    Product.objects.filter(pk=product.pk).update(control_class=ControlClass.NARCOTIC)
    supplier = a_supplier(name="Wholesaler")
    returning.terms(supplier)
    batch = returning.delivered(supplier, product, 5, days=30)
    returning.sent(client_for("pharmacist"), supplier, returning.line(batch, 10, "damage"))
    place = Stock.objects.get(batch=batch).location
    with transaction.atomic():
        lend_stock(
            party_id=PartyFactory(name="Al-Shifa").pk,
            location_id=place.pk,
            lines=[LoanLine(product.pk, 3, batch_id=batch.pk)],
            actor=ACTOR,
        )
    told = {line["kind"]: line for line in lines_of(product)}
    assert [told[kind]["supplier"] for kind in ("receipt", "supplier_return", "loan_out")] == [
        "Wholesaler",
        "Wholesaler",
        "Al-Shifa",
    ]
    assert not any(" " in line["document"] for line in told.values()), told


def test_what_has_no_number_is_told_in_words():
    product = narcotic()
    line = ReceiveLine(product.pk, shop().pk, 5, Decimal(25), batch_number="B9")
    source = Source("opening_stock", "demo")
    with transaction.atomic():
        post_opening_stock(lines=[line], source=source, business_date=today(), actor=ACTOR)
    assert lines_of(product)[-1]["document"] == "Opening stock"


def test_a_period_keeps_numbers_and_balances():
    product = busy()
    assert lines_of(product, "&until=2020-01-01") == []
    only = lines_of(product, "&kind=customer_return")
    assert [(line["number"], line["balance"]) for line in only] == [(3, 17)]


def test_each_product_is_numbered_by_itself_and_free_goods_are_left_out():
    one, two = narcotic(), narcotic()
    on_shelf(shop())
    dispensed((one, 1), (two, 2))
    rows = client_for("owner").get(REGISTER).json()["results"]
    assert [(row["product"]["id"], row["number"], row["balance"]) for row in rows] == [
        (one.pk, 1, 20), (one.pk, 2, 19), (two.pk, 1, 20), (two.pk, 2, 18),
    ]  # fmt: skip


def test_a_sale_sent_later_keeps_its_hour():
    product = narcotic()
    earlier = timezone.now() - timedelta(hours=3)
    dispensed((product, 1), occurred_at=earlier)
    assert lines_of(product)[1]["occurred_at"].startswith(earlier.strftime("%Y-%m-%dT%H:%M"))


def test_the_register_is_exported_and_printed():
    product = busy()
    client = client_for("pharmacist")
    exported = client.get(f"{REGISTER}?product={product.pk}&format=csv").content.decode()
    assert "رنا الأحمد" in exported
    assert len(exported.strip().splitlines()) == 8
    printed = client.get(f"{REGISTER}pdf/?product={product.pk}")
    assert printed["Content-Type"] == "application/pdf"
    text = pypdfium2.PdfDocument(io.BytesIO(printed.content))[0].get_textpage().get_text_range()
    assert "Dr. Nadim" in text
    assert "Total of this page" in text
    for query, status in (("product=999999", 400), ("product=x", 400), ("", 400)):
        assert client.get(f"{REGISTER}pdf/?{query}").status_code == status


def test_pages_carry_their_balance_over():
    product = priced(control_class=ControlClass.NARCOTIC)
    for number in range(60):
        stocked(product, shop(), number + 1, "1", batch=f"B{number}", days=100 + number)
    printed = client_for("owner").get(f"{REGISTER}pdf/?product={product.pk}", HTTP_ACCEPT_LANGUAGE="ar")
    book = pypdfium2.PdfDocument(io.BytesIO(printed.content))
    assert len(book) == 3
    assert str(on_hand(product)) in book[2].get_textpage().get_text_range()
    empty = client_for("owner").get(f"{REGISTER}pdf/?product={product.pk}&until=2020-01-01")
    assert (
        "Nothing moved."
        in pypdfium2.PdfDocument(io.BytesIO(empty.content))[0].get_textpage().get_text_range()
    )


def test_the_register_is_for_those_who_answer_for_it():
    product = narcotic()
    for url in (REGISTER, f"{REGISTER}pdf/?product={product.pk}"):
        roles_refused("get", url, allowed=("owner", "pharmacist", "auditor"))


def test_reading_costs_the_same_for_1_and_3_lines(django_assert_num_queries):
    product = narcotic()
    client = client_for("pharmacist")
    client.get(REGISTER)
    for _ in range(3):
        dispensed((product, 1))
        with django_assert_num_queries(6):  # classes, count, page, places, sales, people
            client.get(REGISTER)


@pytest.mark.process
def test_numbers_follow_the_order_of_commits(committed_db):
    """A line that somebody saw keeps its number: a movement never lands before one that was committed earlier."""
    product = narcotic()
    seen: list[tuple[int, int]] = []

    def deliver(number):
        stocked(product, shop(), 1, "1", batch=f"N{number}", days=100 + number)
        rows = lines_of(product, role="owner")
        return [(row["id"], row["number"]) for row in rows]

    answers = committed_db.race(*[lambda number=number: deliver(number) for number in range(8)])
    final = dict(lines_of_pairs(product))
    for answer in answers:
        assert not isinstance(answer, Exception), answer
        seen += answer
    assert all(final[pk] == number for pk, number in seen)
    assert sorted(final.values()) == list(range(1, 10))


def lines_of_pairs(product):
    return [(row["id"], row["number"]) for row in lines_of(product)]


def test_the_page_shows_prints_and_exports(client):
    product = busy()
    url = "/admin/controlled-register/"
    for role, status in (("pharmacist", 200), ("cashier", 403)):
        user = user_with_role(role)
        user.is_staff = True
        user.save()
        client.force_login(user)
        assert client.get(url).status_code == status
    client.force_login(user_with_role("owner", is_staff=True))
    assert "Choose a product to print" in client.get(url).content.decode()
    page = client.get(f"{url}?product={product.pk}").content.decode()
    assert "Choose a product to print" not in page
    sale = Sale.objects.earliest("pk")
    assert f'<a href="/admin/sales/sale/{sale.pk}/change/"><bdi class="unit">{sale.number}</bdi></a>' in page
    assert "رنا الأحمد" in page
    assert client.get(f"{url}?product={product.pk}&format=pdf")["Content-Type"] == "application/pdf"
    assert "رنا الأحمد" in client.get(f"{url}?format=csv").content.decode()
    assert client.get(f"{url}?product=x&since=y").status_code == 200
