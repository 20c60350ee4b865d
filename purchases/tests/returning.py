"""Goods that may go back: delivered, aged and counted; made through the services."""

from decimal import Decimal

from django.db import transaction

from capital.enums import AccountRole
from capital.selectors import account_balance
from core.actors import SYSTEM
from inventory.models import Batch, Location, Stock
from inventory.services import quarantine_batch, recall_batch
from purchases.models import (
    ReturnSettlement,
    SupplierClaim,
    SupplierCreditNote,
    SupplierReturn,
    SupplierReturnLine,
)
from purchases.services import DeliveryData, ReceiptRow, receive_goods, save_return_terms
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests.factories import ACTOR

D = Decimal
RETURNS = "/api/v1/supplier-returns/"
NOTES = "/api/v1/supplier-credit-notes/"
CLAIMS = "/api/v1/supplier-claims/"
TERMS = "/api/v1/return-terms/"
SUGGESTIONS = "/api/v1/return-suggestions/"


def terms(supplier, **values):
    """3 months before to 6 after, in full, bonus taken back, unless told otherwise."""
    usual = {"months_before": 3, "months_after": 6, "excludes_bonus": False}
    return save_return_terms(values={"supplier_id": supplier.pk} | usual | values, actor=ACTOR)


def delivered(supplier, product, paid, free=0, *, batch="B1", days=400, cost="100"):
    """A delivery of boxes of ten without an order; the batch in stock. `days` until it expires."""
    buy.place()
    row = ReceiptRow(
        paid_quantity=paid,
        free_quantity=free,
        product_id=product.pk,
        unit_cost=D(cost),
        batch_number=batch,
        expiry=make.days(max(days, 1)),
    )
    receipt = receive_goods(supplier_id=supplier.pk, data=DeliveryData(rows=[row]), actor=SYSTEM)
    received = receipt.lines.get().batches.get()
    if days < 1:
        aged(received.batch, days)
    return Batch.objects.get(pk=received.batch_id)


def aged(batch, days=-10):
    """The batch as it is when it expires in `days`."""
    Batch.objects.filter(pk=batch.pk).update(expiry_date=make.days(days))
    return batch


def recalled(batch):
    with transaction.atomic():
        return recall_batch(batch_id=batch.pk, reason="letter of the ministry", actor=ACTOR)


def quarantined(batch):
    with transaction.atomic():
        return quarantine_batch(batch_id=batch.pk, reason="broken seal", actor=ACTOR)


def line(batch, quantity, reason="expiry", **more):
    return {"batch": batch.pk, "quantity": quantity, "reason": reason} | more


def drafted(client, supplier, *lines):
    """The body of a new draft."""
    response = buy.post(client, RETURNS, {"supplier": supplier.pk, "lines": list(lines)})
    assert response.status_code == 201, response.content
    return response.json() | {"etag": response["ETag"]}


def act(client, draft, verb, data=None, **headers):
    return buy.post(client, f"{RETURNS}{draft['id']}/{verb}/", data, **headers)


def sent(client, supplier, *lines):
    """The body of a return that was sent."""
    draft = drafted(client, supplier, *lines)
    response = act(client, draft, "send", **{"If-Match": draft["etag"]})
    assert response.status_code == 200, response.content
    return response.json()


def credited(client, supplier, lines, reference="CN-1", kind="return", **more):
    body = {"supplier": supplier.pk, "kind": kind, "reference": reference, "lines": lines} | more
    return buy.post(client, NOTES, body)


def due():
    return account_balance(AccountRole.RETURNS_DUE)


def variance():
    return account_balance(AccountRole.PRICE_VARIANCE)


def on_hand(batch):
    return sum(Stock.objects.filter(batch=batch).values_list("on_hand", flat=True))


def figures():
    """Everything that a refused request must leave as it was."""
    return (
        sorted(Stock.objects.values_list("pk", "on_hand", "value_amount")),
        [account_balance(role) for role in AccountRole],
        list(SupplierReturn.objects.order_by("pk").values_list("pk", "status", "expected_amount")),
        list(SupplierReturnLine.objects.order_by("pk").values_list("batch_id", "quantity")),
        ReturnSettlement.objects.count(),
        SupplierCreditNote.objects.count(),
        list(SupplierClaim.objects.order_by("pk").values_list("pk", "status", "quantity")),
    )


def place_of(batch):
    return Location.objects.get(stock__batch=batch)
