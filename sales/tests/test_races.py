"""Tills at the same moment, over real connections."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from capital.enums import AccountRole
from capital.selectors import account_balance, party_balance
from core import idempotency
from core.api import idempotency as keys
from inventory.enums import ControlClass
from inventory.errors import InsufficientStock
from inventory.models import Stock
from rbac.tests.factories import user_with_role
from sales.enums import PaymentMethod
from sales.errors import CreditLimitExceeded, OverDispensed, SaleLineInvalid, SaleNotOpen
from sales.models import Dispensing, Refund, Sale
from sales.services import (
    PatientData,
    PaymentData,
    PrescribedLineData,
    PrescriberData,
    PrescriptionData,
    SaleData,
    SaleLineData,
    SellerRights,
    create_prescription,
    dispensing,
    refund_sale,
    sell,
)
from sales.tests.factories import ACTOR, customer, on_shelf, shop, sold

pytestmark = [pytest.mark.django_db, pytest.mark.process, pytest.mark.rounds(20)]
TILLS = 8
CROWD = 32


def test_of_many_sales_of_the_last_unit_one_succeeds_and_the_books_know_one(committed_db):
    product = on_shelf(shop(), 1, "5", price="9")
    answers = committed_db.race(*[lambda: sold((product, 1))] * CROWD)
    assert sum(isinstance(answer, Sale) for answer in answers) == 1, answers
    assert sum(isinstance(answer, InsufficientStock) for answer in answers) == CROWD - 1
    assert (Stock.objects.get().on_hand, account_balance(AccountRole.CASH)) == (0, 9)
    assert account_balance(AccountRole.COGS) == 5


def test_one_sale_is_not_refunded_twice_at_once(committed_db):
    sale = sold((on_shelf(shop(), price="9"), 2))

    def take_back():
        return refund_sale(sale_id=sale.pk, method=PaymentMethod.CASH, reason="x", actor=ACTOR)

    answers = committed_db.race(*[take_back] * TILLS)
    assert sum(isinstance(answer, Refund) for answer in answers) == 1, answers
    assert all(isinstance(answer, Refund | SaleNotOpen | SaleLineInvalid) for answer in answers)
    assert (Stock.objects.get().on_hand, account_balance(AccountRole.CASH)) == (100, 0)


def test_a_credit_limit_holds_at_several_tills(committed_db):
    product = on_shelf(shop(), price="10")
    buyer = customer(limit="25")

    def buy():
        payments = [PaymentData(PaymentMethod.ACCOUNT, Decimal(10))]
        data = SaleData(lines=[SaleLineData(product.pk, 1)], payments=payments, customer_id=buyer.pk)
        return sell(data=data, actor=ACTOR)

    answers = committed_db.race(*[buy] * TILLS)
    assert sum(isinstance(answer, Sale) for answer in answers) == 2, answers
    assert sum(isinstance(answer, CreditLimitExceeded) for answer in answers) == TILLS - 2
    assert party_balance(buyer.party_id) == -20


def test_one_key_at_once_is_one_sale_and_one_answer(committed_db):
    product = on_shelf(shop(), price="10")
    cashier = user_with_role("cashier")
    typed = {
        "lines": [{"product": product.pk, "quantity": 1}],
        "payments": [{"method": "cash", "amount": "10"}],
    }

    def ring():
        client = APIClient(headers={"Idempotency-Key": "till-1"})
        client.force_authenticate(cashier)
        return client.post("/api/v1/sales/", typed, format="json")

    answers = committed_db.race(*[ring] * TILLS)
    assert {answer.status_code for answer in answers} <= {201, 409}, answers
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
        "idempotency_key_in_flight"
    }
    again = ring()
    assert {answer.content for answer in answers if answer.status_code == 201} == {again.content}
    assert (Sale.objects.count(), Stock.objects.get().on_hand) == (1, 99)
    assert account_balance(AccountRole.CASH) == 10


def test_without_the_keys_lock_its_constraint_stands(committed_db, lock_off):
    """All of them sell; one of them commits."""
    product = on_shelf(shop(), price="10")
    cashier = user_with_role("cashier")
    typed = {
        "lines": [{"product": product.pk, "quantity": 1}],
        "payments": [{"method": "cash", "amount": "10"}],
    }
    lock_off.replace(idempotency, "try_advisory_lock", lambda *_key: True)
    lock_off.meet(keys, "recall_answer", TILLS)

    def ring():
        client = APIClient(headers={"Idempotency-Key": "till-1"})
        client.force_authenticate(cashier)
        return client.post("/api/v1/sales/", typed, format="json")

    answers = committed_db.race(*[ring] * TILLS)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (TILLS - 1)
    assert (Sale.objects.count(), Stock.objects.get().on_hand) == (1, 99)


def the_same_prescription(committed_db):
    """Eight tills at once sell what one prescription allows to be sold three times."""
    product = on_shelf(shop(), price="10", control_class=ControlClass.CONTROLLED)
    data = PrescriptionData(
        PatientData("Rana"), PrescriberData("Dr. Nadim"), [PrescribedLineData(product.pk, 3)]
    )
    paper = create_prescription(data=data, actor=ACTOR)
    rights = SellerRights(dispense_controlled=True)
    return committed_db.race(*[lambda: sold((product, 1), rights=rights, prescription_id=paper.pk)] * TILLS)


def test_a_prescription_is_dispensed_no_more_than_it_says(committed_db):
    answers = the_same_prescription(committed_db)
    assert sum(isinstance(answer, Sale) for answer in answers) == 3, answers
    assert sum(isinstance(answer, OverDispensed) for answer in answers) == TILLS - 3
    assert Dispensing.objects.count() == 3


def test_without_the_lock_it_is_dispensed_to_everybody(committed_db, lock_off):
    lock_off.rows(dispensing)
    lock_off.meet(dispensing, "_lines_of", TILLS)
    answers = the_same_prescription(committed_db)
    assert sum(isinstance(answer, Sale) for answer in answers) > 3, answers
