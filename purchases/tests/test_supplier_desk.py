"""The supplier's side at the workbench: drafts of deliveries, claims and corrected prices, credit notes used."""

from decimal import Decimal

import pytest

from capital.enums import AccountRole
from capital.selectors import account_balance
from core.api.etags import etag_for
from purchases.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    OfferLine,
    PurchaseOrder,
    SupplierClaim,
    SupplierCreditNote,
)
from purchases.services import (
    DeliveryData,
    OrderData,
    OrderLineData,
    create_order,
    draft_receipt,
    edit_order,
)
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests.invoicing import came, goods, invoiced
from rbac.tests.factories import client_for, user_with_role

pytestmark = pytest.mark.django_db
DESK = "/admin/purchases"


@pytest.fixture
def desk(client):
    client.force_login(user_with_role("owner"))
    return client


def page(client, address):
    response = client.get(f"{DESK}/{address}")
    assert response.status_code == 200, response
    return response.content.decode()


def act(client, address, **data):
    return client.post(f"{DESK}/{address}", data, follow=True).content.decode()


def test_a_draft_of_a_delivery_is_filled_saved_and_received_on_its_page(desk):
    _products, supplier = buy.market()
    order = buy.sent(supplier, 10)
    draft = draft_receipt(order_id=order.pk, data=DeliveryData(rows=[]), actor=make.ACTOR)
    url = f"goodsreceipt/{draft.pk}/"
    assert "Throw this draft away" in page(desk, f"{url}change/")
    row = {"paid-0": "10", "free-0": "3", "batch-0": "B7", "expiry-0": f"{make.days(400):%d/%m/%Y}"}
    assert "Somebody changed this" in act(desk, f"{url}do/save/", version='"0-0"', **row)
    assert GoodsReceipt.objects.get().draft["rows"] == []
    seen = etag_for(GoodsReceipt.objects.get())
    assert 'value="B7"' in act(desk, f"{url}do/save/", version=seen, **row)
    assert account_balance(AccountRole.STOCK) == 0
    act(desk, f"{url}do/post/", version=etag_for(GoodsReceipt.objects.get()), **row | {"free-0": "2"})
    assert GoodsReceipt.objects.get().status == "posted"
    assert list(GoodsReceiptLine.objects.values_list("paid_qty", "free_qty")) == [(10, 2)]
    gone = draft_receipt(order_id=order.pk, data=DeliveryData(rows=[]), actor=make.ACTOR)
    act(desk, f"goodsreceipt/{gone.pk}/do/discard/")
    assert GoodsReceipt.objects.count() == 1


def test_an_order_that_was_edited_meanwhile_is_not_sent(desk):
    _products, supplier = buy.market()
    line = OrderLineData(
        offer_line_id=OfferLine.objects.filter(supplier=supplier).first().pk, paid_quantity=5
    )
    order = create_order(data=OrderData(supplier_id=supplier.pk, lines=[line]), actor=make.ACTOR)
    seen = etag_for(order)
    edit_order(order_id=order.pk, note="more", actor=make.ACTOR)
    url = f"purchaseorder/{order.pk}/do/send/"
    assert "Somebody changed this" in act(desk, url, version=seen)
    assert PurchaseOrder.objects.get().status == "draft"
    act(desk, url, version=etag_for(PurchaseOrder.objects.get()))
    assert PurchaseOrder.objects.get().status == "sent"


def test_a_lower_price_is_credited_settled_and_paid_out_at_the_desk(desk):
    _products, supplier = buy.market()
    clerk = client_for("owner")
    receipt = came(clerk, supplier, 10)
    invoice = invoiced(clerk, supplier, goods(receipt))
    add = f"suppliercreditnote/add/?receipt={receipt['id']}"
    line = GoodsReceiptLine.objects.get()
    assert f'name="amount-{line.pk}"' in page(desk, add)
    act(desk, add, reference="CN-9", tax="0", **{f"amount-{line.pk}": "600"})
    note = SupplierCreditNote.objects.get()
    url = f"suppliercreditnote/{note.pk}/"
    act(desk, f"{url}do/refund/", amount="100", method="cash")
    assert "SF-" in page(desk, f"{url}change/")
    act(desk, f"{url}do/allocate/", invoice=invoice["id"])
    left = clerk.get(f"/api/v1/supplier-credit-notes/{note.pk}/").json()
    assert (left["unused"], left["settles"][0]["amount"]) == ("0.00", "500.00")
    refund = left["refunds"][0]["id"]
    assert "Reversed" in act(desk, f"{url}do/reverse_refund/", refund=refund, reason="bounced")
    buy.books_agree()


def test_a_claim_is_opened_by_hand_from_the_receipt(desk):
    _products, supplier = buy.market()
    receipt = came(client_for("owner"), supplier, 10)
    add = f"supplierclaim/add/?receipt={receipt['id']}"
    assert add.replace("&", "&amp;") in page(desk, f"goodsreceipt/{receipt['id']}/change/")
    line = GoodsReceiptLine.objects.get()
    act(desk, add, receipt_line=line.pk, kind="damaged", quantity=2, note="crushed")
    claim = SupplierClaim.objects.get()
    assert (claim.kind, claim.quantity, claim.note) == ("damaged", 2, "crushed")
    assert desk.get(f"{DESK}/supplierclaim/add/").status_code == 404


def test_a_suppliers_page_shows_where_we_stand(desk):
    _products, supplier = buy.market()
    receipt = came(client_for("owner"), supplier, 10)
    invoice = invoiced(client_for("owner"), supplier, goods(receipt))
    shown = page(desk, f"supplier/{supplier.pk}/change/")
    assert f"/admin/purchases/supplierinvoice/{invoice['id']}/change/" in shown
    assert "No terms are known" in shown
    assert Decimal(invoice["open"]) == 10000


@pytest.mark.parametrize("role", ["cashier", "auditor"])
def test_who_may_not_write_is_refused(client, role):
    _products, supplier = buy.market()
    receipt = came(client_for("owner"), supplier, 10)
    client.force_login(user_with_role(role))
    for address in (
        f"supplierclaim/add/?receipt={receipt['id']}",
        f"suppliercreditnote/add/?receipt={receipt['id']}",
    ):
        assert client.get(f"{DESK}/{address}").status_code == 403
    assert client.post(f"{DESK}/goodsreceipt/{receipt['id']}/do/save/").status_code == 403
