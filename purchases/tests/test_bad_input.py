"""Whatever is wrong with a request about what suppliers owe or get: a problem that names the field, and nothing changed."""

from decimal import Decimal

import pytest
from django.utils import timezone

from capital.enums import AccountRole
from capital.models import JournalEntry, Period
from capital.services import create_account
from core.actors import Actor
from core.errors import DomainError
from core.models import AuditEvent
from inventory.models import Stock
from purchases.enums import ItemKind
from purchases.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    SupplierAllocation,
    SupplierClaim,
    SupplierOpenItem,
    SupplierRefund,
)
from purchases.services import (
    Chosen,
    ClaimData,
    RefundData,
    allocate_credit,
    open_claim,
    refund_credit,
)
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests import returning as back
from purchases.tests.buying import post
from purchases.tests.invoicing import RECEIPTS, came, goods, invoiced
from rbac.tests.factories import client_for
from users.selectors import local_today

pytestmark = pytest.mark.django_db
D = Decimal
HUGE = "9" * 40
COUNTED = (AuditEvent, GoodsReceipt, JournalEntry, SupplierAllocation, SupplierClaim, SupplierRefund)


class Scene:
    """An invoice of 10,000 and a credit note of 600; a delivery in a draft; the bodies that requests start from."""

    def __init__(self):
        products, self.supplier = buy.market()
        self.product = products[0]
        self.desk = client_for("owner")
        self.invoice = invoiced(self.desk, self.supplier, goods(came(self.desk, self.supplier, 10)))
        self.line = GoodsReceiptLine.objects.get()
        credited = [{"receipt_line": self.line.pk, "amount": "600"}]
        self.note = back.credited(self.desk, self.supplier, credited, kind="price").json()
        self.claim = post(self.desk, back.CLAIMS, self.body("claim")).json()
        self.draft = post(self.desk, RECEIPTS, self.body("draft")).json()

    def body(self, name):
        row = {
            "product": self.product.pk,
            "paid_quantity": 1,
            "unit_cost": "5",
            "expiry": make.days(400).isoformat(),
        }
        return {
            "refund": {"amount": "5"},
            "allocate": {"invoices": [{"invoice": self.invoice["id"], "amount": "5"}]},
            "claim": {"kind": "damaged", "receipt_line": self.line.pk, "quantity": 2},
            "tell": {"claims": [1]},
            "waive": {"reason": "x"},
            "draft": {"draft": True, "supplier": self.supplier.pk, "lines": [row]},
            "deliver": {"supplier": self.supplier.pk, "lines": [row]},
        }[name]

    def url(self, name):
        note = f"{back.NOTES}{self.note['id']}/"
        claim = f"{back.CLAIMS}{self.claim['id']}/"
        return {
            "refund": f"{note}refund/",
            "allocate": f"{note}allocate/",
            "claim": back.CLAIMS,
            "tell": f"{back.CLAIMS}claim/",
            "waive": f"{claim}waive/",
            "draft": RECEIPTS,
            "deliver": RECEIPTS,
        }[name]

    def state(self):
        items = SupplierOpenItem.objects.order_by("pk").values_list("settled_amount", "cleared_amount")
        stock = Stock.objects.order_by("pk").values_list("on_hand", "value_amount")
        told = SupplierClaim.objects.values_list("status", "value_amount")
        return [model.objects.count() for model in COUNTED], list(items), list(stock), list(told)


def row(**fields):
    return lambda scene: {"lines": [scene.body("draft")["lines"][0] | fields]}


def invoice(*parts):
    return lambda scene: {
        "invoices": [{"invoice": scene.invoice["id"], "amount": "5"} | part for part in parts]
    }


def foreign(_scene):
    account = create_account(
        code="1009", name="Dollars", role=AccountRole.CASH, currency="USD", actor=buy.ACTOR
    )
    return {"account": account.pk}


CASES = {
    "refund": [
        ({"amount": "0"}, (400, "amount")),
        ({"amount": "-1"}, (400, "amount")),
        ({"amount": "0.001"}, (400, "amount")),
        ({"amount": HUGE}, (400, "amount")),
        ({"amount": "600.01"}, (409, "amount")),
        ({"method": "cheque"}, (400, "method")),
        ({"account": 999999}, (400, "account")),
        (foreign, (400, "account")),
        ({"business_date": "2999-01-01"}, (400, "business_date")),
        ({"business_date": "2001-01-01"}, (400, "business_date")),
    ],
    "allocate": [
        (invoice({"amount": "0"}), (400, "invoices[0].amount")),
        (invoice({"amount": "-1"}), (400, "invoices[0].amount")),
        (invoice({"amount": "0.001"}), (400, "invoices[0].amount")),
        (invoice({"amount": "600.01"}), (400, "amount")),
        (invoice({"amount": "20000"}), (409, "invoices[0].amount")),
        (invoice({"invoice": 999999}), (400, "invoices[0].invoice")),
        (invoice({}, {}), (400, "invoices[1].invoice")),
    ],
    "claim": [
        ({"quantity": 0}, (400, "quantity")),
        ({"quantity": -1}, (400, "quantity")),
        ({"quantity": "1.5"}, (400, "quantity")),
        ({"quantity": HUGE}, (400, "quantity")),
        ({"quantity": 100}, (400, "quantity")),
        ({"quantity": 12}, (400, "quantity")),  # of thirteen, two are claimed already
        ({"receipt_line": 999999}, (400, "receipt_line")),
        ({"kind": "late_bonus"}, (400, "kind")),
        ({"kind": "price"}, (400, "amount")),
        ({"amount": "-1"}, (400, "amount")),
        ({"amount": "0.001"}, (400, "amount")),
        ({"amount": "999999"}, (400, "amount")),
    ],
    "tell": [
        ({"claims": []}, (400, "claims")),
        ({"claims": [999999]}, (404, None)),
    ],
    "waive": [
        ({"reason": " "}, (400, "reason")),
    ],
    "draft": [
        (row(paid_quantity=-1), (400, "lines[0].paid_quantity")),
        (row(paid_quantity="1.5"), (400, "lines[0].paid_quantity")),
        (row(paid_quantity=HUGE), (400, "lines[0].paid_quantity")),
        (row(unit_cost="-1"), (400, "lines[0].unit_cost")),
        (row(expiry="soon"), (400, "lines[0].expiry")),
        ({"delivery_fee": "-1"}, (400, "delivery_fee")),
        ({"location": 999999}, (400, "location")),
        ({"supplier": 999999}, (404, None)),
    ],
    "deliver": [
        (row(paid_quantity=0), (400, "lines[0].paid_quantity")),
        (row(product=999999), (400, "lines[0].product")),
        (row(unit=999999), (400, "lines[0].unit")),
        (row(expiry="2001-01"), (400, "lines[0].expiry")),
        (row(unit_cost="NaN"), (400, "lines[0].unit_cost")),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_by_name_and_nothing_changes(name):
    scene = Scene()
    for change, expected in CASES[name]:
        wrong = change(scene) if callable(change) else change
        before = scene.state()
        answer = post(scene.desk, scene.url(name), scene.body(name) | wrong)
        assert answer["Content-Type"] == "application/problem+json", (wrong, answer.content)
        fields = [error["field"] for error in answer.json()["errors"]]
        assert (answer.status_code, fields[0] if fields else None) == expected, (wrong, answer.content)
        assert scene.state() == before, wrong


@pytest.mark.parametrize("name", ["refund", "deliver"])
def test_in_a_closed_month_nothing_is_posted(name):
    scene = Scene()
    today = local_today()
    month = Period.objects.filter(start_date__lte=today, end_date__gte=today)
    assert month.update(closed_at=timezone.now(), closed_by="x") == 1
    before = scene.state()
    refused = post(scene.desk, scene.url(name), scene.body(name))
    assert (refused.status_code, refused.json()["code"]) == (409, "period_closed"), refused.json()
    assert scene.state() == before


def test_two_cannot_claim_the_same_units_or_use_the_same_credit(committed_db):
    """Two at the same moment: of two claims for six of ten one stands, of two refunds of all one, of two allocations one."""
    scene = Scene()
    person = Actor(scene.desk.user.pk, "boss")
    claim = ClaimData("damaged", scene.line.pk, 6)
    for call in (
        lambda: open_claim(data=claim, actor=person),
        lambda: refund_credit(data=RefundData(scene.note["id"], D("400")), actor=person),
    ):
        answers = committed_db.race(call, call)
        assert sorted(isinstance(answer, DomainError) for answer in answers) == [False, True], answers
    chosen = [Chosen(scene.invoice["id"], D("150"))]

    def allocate():
        return allocate_credit(
            kind=ItemKind.CREDIT, document_id=scene.note["id"], chosen=chosen, actor=person
        )

    answers = committed_db.race(allocate, allocate)
    assert sorted(isinstance(answer, DomainError) for answer in answers) == [False, True], answers
    item = SupplierOpenItem.objects.get(kind=ItemKind.CREDIT, document_id=scene.note["id"])
    assert (item.cleared_amount, item.settled_amount) == (400, 150)
    buy.books_agree()
