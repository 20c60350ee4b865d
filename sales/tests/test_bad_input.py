"""Whatever is wrong with a request of selling: a problem that names the field, and nothing changed anywhere."""

from datetime import timedelta

import pytest
from django.utils import timezone

from capital.models import JournalEntry, Period
from core.models import AuditEvent
from inventory.models import Stock, StockMovement
from rbac.tests.factories import client_for
from sales.models import (
    CashMovement,
    Customer,
    CustomerPayment,
    Prescription,
    Refund,
    Sale,
    SaleReplay,
    Shift,
    ShiftCount,
    Shortage,
    Till,
)
from sales.tests.factories import counter, customer, in_the_safe, on_shelf, shop, sold, today

pytestmark = pytest.mark.django_db
API = "/api/v1/"
HUGE = "9" * 40
OF_SHIFT = ("cash", "count", "close")
WATCHED = (
    AuditEvent, CashMovement, Customer, CustomerPayment, JournalEntry, Prescription, Refund, Sale, SaleReplay, Shift,
    ShiftCount, Shortage, StockMovement, Till,
)  # fmt: skip


class Scene:
    """A till with an open shift, a customer, goods on the shelf, one sale; the bodies that requests start from."""

    def __init__(self):
        self.till, self.shift = counter("100")
        self.buyer = customer(limit="50")
        self.product = on_shelf(shop(), price="10")
        self.other = on_shelf(shop(), price="10")
        self.sale = sold((self.product, 2), paid="20", till_id=self.till.pk)
        in_the_safe("50")

    def state(self):
        rows = Stock.objects.order_by("pk").values_list("pk", "on_hand", "reserved", "value_amount")
        return [model.objects.count() for model in WATCHED], list(rows), Shift.objects.get().status

    def body(self, name):
        lines = [{"product": self.product.pk, "quantity": 1}]
        return {
            "sales": {"lines": lines, "payments": [{"method": "cash", "amount": "10"}], "till": self.till.pk},
            "sales/quote": {"lines": lines},
            "refund": {"reason": "x", "till": self.till.pk},
            "shortages": {"product": self.product.pk, "quantity": 1},
            "customers": {"name": "Rana"},
            "payments": {"amount": "5"},
            "prescriptions": {
                "patient": {"name": "Rana"},
                "prescriber": {"name": "Dr. Nadim"},
                "lines": lines,
            },
            "cash": {"direction": "in", "amount": "5", "reason": "x"},
            "count": {"counts": [{"currency": "SYP", "amount": "120"}]},
            "close": {"counts": [{"currency": "SYP", "amount": "120"}]},
        }[name]

    def url(self, name):
        if name == "refund":
            return f"{API}sales/{self.sale.pk}/refund/"
        if name == "payments":
            return f"{API}customers/{self.buyer.pk}/payments/"
        return f"{API}shifts/{self.shift.pk}/{name}/" if name in OF_SHIFT else f"{API}{name}/"


def line(**fields):
    return lambda scene: {"lines": [{"product": scene.product.pk, "quantity": 1} | fields]}


def paid(**fields):
    return lambda _scene: {"payments": [{"method": "cash", "amount": "10"} | fields]}


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("sales", line(quantity=HUGE), ("lines[0].quantity", "max_value")),
        ("sales", line(quantity=10**9 + 1), ("lines[0].quantity", "max_value")),
        ("sales", line(quantity=None), ("lines[0].quantity", "null")),
        ("sales", line(quantity="NaN"), ("lines[0].quantity", "invalid")),
        ("sales", line(product=2**63), ("lines[0].product", "max_value")),
        ("sales", line(unit_price=HUGE), ("lines[0].unit_price", "max_digits")),
        ("sales", line(unit_price="NaN"), ("lines[0].unit_price", "invalid")),
        ("sales", line(batch=999999, batch_reason="x"), ("lines[0].quantity", "insufficient_stock")),
        ("sales", line(prescription=999999), ("lines[0].prescription", "not_found")),
        ("sales", line(code="x" * 201, product=None), ("lines[0].code", "max_length")),
        ("sales", lambda scene: {"lines": [{"product": scene.other.pk, "quantity": 1, "unit": scene.product.units.get().pk}]},
         ("lines[0].unit", "not_sold")),
        ("sales", paid(amount="0"), ("payments[0].amount", "invalid")),
        ("sales", paid(amount="-1"), ("payments[0].amount", "min_value")),
        ("sales", paid(amount=HUGE), ("payments[0].amount", "max_digits")),
        ("sales", paid(currency="EUR"), ("payments[0].currency", "no_rate")),
        ("sales", paid(currency="eur"), ("payments[0].currency", "invalid")),
        ("sales", paid(method="card", currency="EUR"), ("payments[0].currency", "not_cash")),
        ("sales", lambda _: {"payments": {}}, ("payments", "not_a_list")),
        ("sales", lambda _: {"occurred_at": (timezone.now() + timedelta(days=2)).isoformat()}, ("occurred_at", "future")),
        ("sales", lambda _: {"occurred_at": (timezone.now() - timedelta(days=30)).isoformat()}, ("occurred_at", "too_old")),
        ("sales", lambda _: {"location": 999999, "till": None}, ("location", "not_found")),
        ("sales", lambda _: {"prescribed": {"patient": {"name": "x"}}}, ("prescribed.prescriber", "required")),
        ("sales/quote", line(quantity=0), ("lines[0].quantity", "min_value")),
        ("sales/quote", line(product=999999), ("lines[0].product", "not_found")),
        ("refund", lambda _: {"lines": []}, ("lines", "min_length")),
        ("refund", lambda _: {"lines": [{"line": 0, "quantity": 0}]}, ("lines[0].quantity", "min_value")),
        ("refund", lambda _: {"lines": [{"line": 0, "quantity": 3}]}, ("lines[0].quantity", "more_than_sold")),
        ("refund", lambda _: {"lines": [{"line": 7}]}, ("lines[0].line", "unknown")),
        ("refund", lambda _: {"lines": [{"line": 0, "quantity": 1}] * 2}, ("lines[1].line", "unknown")),
        ("refund", lambda _: {"reason": " "}, ("reason", "blank")),
        ("refund", lambda _: {"till": 999999}, ("till", "not_found")),
        ("shortages", lambda _: {"quantity": 0}, ("quantity", "min_value")),
        ("shortages", lambda _: {"quantity": HUGE}, ("quantity", "max_value")),
        ("shortages", lambda _: {"product": 999999}, ("product", "not_found")),
        ("shortages", lambda scene: {"unit": scene.other.units.get().pk}, ("unit", "not_found")),
        ("shortages", lambda _: {"customer": 999999}, ("customer", "not_found")),
        ("customers", lambda _: {"name": " "}, ("name", "blank")),
        ("customers", lambda _: {"credit_limit": "-1"}, ("credit_limit", "min_value")),
        ("customers", lambda _: {"credit_limit": HUGE}, ("credit_limit", "max_digits")),
        ("customers", lambda _: {"price_tier": "gold"}, ("price_tier", "invalid_choice")),
        ("prescriptions", lambda _: {"lines": []}, ("lines", "min_length")),
        ("prescriptions", line(quantity=-1), ("lines[0].quantity", "min_value")),
        ("prescriptions", line(quantity=HUGE), ("lines[0].quantity", "max_value")),
        ("prescriptions", lambda _: {"patient": {"name": " "}}, ("patient.name", "blank")),
        ("cash", lambda _: {"amount": HUGE}, ("amount", "max_digits")),
        ("cash", lambda _: {"account": HUGE}, ("account", "max_value")),
        ("count", lambda _: {"counts": [{"currency": "SYP", "amount": HUGE}]}, ("counts[0].amount", "max_digits")),
        ("count", lambda _: {"counts": [{"currency": "SYP"}]}, ("counts[0].amount", "required")),
        ("close", lambda _: {"counts": [{"currency": "SYP", "amount": "-1"}]}, ("counts[0].amount", "min_value")),
        ("close", lambda _: {"handed_over": [{"currency": "SYP", "amount": "121"}]}, ("handed_over[0].amount", "more_than_counted")),
    ],
)  # fmt: skip
def test_a_bad_request_names_the_field_and_changes_nothing(name, change, expected):
    scene = Scene()
    client = client_for("owner")
    before = scene.state()
    refused = client.post(scene.url(name), scene.body(name) | change(scene))
    assert 400 <= refused.status_code < 500, refused.content
    assert refused["Content-Type"] == "application/problem+json"
    assert expected in {(row["field"], row["code"]) for row in refused.json()["errors"]}, refused.json()
    assert scene.state() == before


@pytest.mark.parametrize("name", ["sales", "refund", "payments", "cash", "close"])
def test_in_a_closed_month_nothing_is_posted(name):
    scene = Scene()
    month = Period.objects.filter(start_date__lte=today(), end_date__gte=today())
    assert month.update(closed_at=timezone.now(), closed_by="x") == 1
    client = client_for("owner")
    before = scene.state()
    body = scene.body(name)
    if name == "close":
        body["counts"][0]["amount"] = "119"
    refused = client.post(scene.url(name), body)
    assert (refused.status_code, refused.json()["code"]) == (409, "period_closed"), refused.json()
    assert scene.state() == before


def test_sums_beyond_any_column_are_refused():
    scene = Scene()
    before = scene.state()
    client = client_for("owner")
    lines = [{"product": scene.product.pk, "quantity": 10**9, "unit_price": "99999999999"}]
    most = [{"method": "cash", "amount": "9999999999999999"}] * 20
    refused = client.post(f"{API}sales/", scene.body("sales") | {"lines": lines, "payments": most})
    assert 400 <= refused.status_code < 500, refused.content
    assert scene.state() == before
