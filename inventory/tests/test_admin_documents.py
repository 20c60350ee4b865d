"""Counts, loans and decisions at the workbench."""

from decimal import Decimal

import pytest
from django.test import Client

from capital.models import Party
from core.actors import Actor
from inventory.enums import AdjustmentReason
from inventory.models import Stock, StockAdjustment, StockCount, StockCountLine, StockLoan, StockTransfer
from inventory.services import AdjustLine, TransferLine, adjust_stock, transfer_stock
from inventory.tests.factories import ACTOR, stocked
from rbac.models import Role
from rbac.tests.factories import user_with_role

pytestmark = pytest.mark.django_db
DESK = "/admin/inventory"


def desk(role="pharmacist"):
    client = Client()
    client.user = user_with_role(role, is_staff=True)
    client.force_login(client.user)
    return client


def do(client, model, pk, verb, **data):
    response = client.post(f"{DESK}/{model}/{pk}/do/{verb}/", data, follow=True)
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("model", ["stockcount", "stockloan", "stockadjustment", "stocktransfer"])
def test_lists_and_forms_open(model, language):
    client, headers = desk(), {"Accept-Language": language}
    assert client.get(f"{DESK}/{model}/", headers=headers).status_code == 200
    assert client.get(f"{DESK}/{model}/add/", headers=headers).status_code == 200


def test_a_count_from_plan_to_posting(product, shop):
    stocked(product, shop, 10, "30.00")
    client = desk()
    client.post(f"{DESK}/stockcount/add/", {"location": shop.pk, "products": product.name_en})
    count = StockCount.objects.get()
    do(client, "stockcount", count.pk, "open")
    line = StockCountLine.objects.get()
    page = f"{DESK}/stockcount/{count.pk}/change/"
    assert "expected" not in client.get(page).content.decode().lower().split("<table")[1]
    do(client, "stockcount", count.pk, "enter", **{f"qty-{line.pk}": "٨"})
    do(
        client,
        "stockcount",
        count.pk,
        "add",
        product=product.name_en,
        batch_number="NEW",
        expiry="2090-01",
        quantity="1",
    )
    assert client.get(f"{page}?only=uncounted&q=x").status_code == 200
    do(client, "stockcount", count.pk, "close")
    assert client.get(f"{page}?only=differences").context["seen"] is True
    cashier = desk("cashier")
    assert cashier.get(page).context["seen"] is False
    assert cashier.post(f"{DESK}/stockcount/{count.pk}/do/post/").status_code == 403
    do(client, "stockcount", count.pk, "post", uncounted="refuse")
    assert {row.batch.number: row.on_hand for row in Stock.objects.all()} == {"B1": 8, "NEW": 1}
    assert client.get(f"{DESK}/stockcount/{count.pk}/sheet/")["Content-Type"] == "application/pdf"
    do(client, "stockcount", count.pk, "reverse", reason="wrong shelf")
    assert Stock.objects.get(batch__number="B1").on_hand == 10


def test_a_slip_is_told_and_nothing_is_noted(product, shop):
    stocked(product, shop, 10, "30.00")
    client = desk()
    client.post(f"{DESK}/stockcount/add/", {"location": shop.pk})
    count = StockCount.objects.get()
    do(client, "stockcount", count.pk, "open")
    line = StockCountLine.objects.get()
    assert do(client, "stockcount", count.pk, "enter", **{f"qty-{line.pk}": "ten"})
    assert do(client, "stockcount", count.pk, "scan", code="0000")
    assert do(client, "stockcount", count.pk, "add", product="no such thing", quantity="1")
    line.refresh_from_db()
    assert line.counted_qty is None
    do(client, "stockcount", count.pk, "cancel", reason="")
    count.refresh_from_db()
    assert count.status == "cancelled"


def test_goods_are_lent_to_a_new_neighbour_and_come_back(product, shop):
    stocked(product, shop, 10, "30.00")
    client = desk()
    form = {"direction": "lent", "new_party": "Al-Shifa", "location": shop.pk, "product-0": product.name_en}
    assert client.post(f"{DESK}/stockloan/add/", {**form, "quantity-0": "99"}).status_code == 200
    assert not Party.objects.filter(name="Al-Shifa").exists()
    client.post(f"{DESK}/stockloan/add/", {**form, "quantity-0": "4"})
    loan = StockLoan.objects.get()
    assert Stock.objects.get().on_hand == 6
    line = loan.lines.get()
    assert client.get(f"{DESK}/stockloan/{loan.pk}/change/").status_code == 200
    do(client, "stockloan", loan.pk, "give_back", **{f"back-{line.pk}": "1"})
    do(
        client,
        "stockloan",
        loan.pk,
        "pay",
        method="cash",
        **{f"back-{line.pk}": "3", f"value-{line.pk}": "20"},
    )
    loan.refresh_from_db()
    assert (loan.status, Stock.objects.get().on_hand) == ("closed", 7)
    settlement = loan.settlements.order_by("pk").first()
    do(client, "stockloan", loan.pk, "reverse_settlement", settlement=str(settlement.pk), reason="wrong")
    assert Stock.objects.get().on_hand == 6
    assert client.get(f"{DESK}/stockloan/{loan.pk}/change/").status_code == 200


def action(client, model, name, pk, **data):
    body = {"action": name, "_selected_action": [pk], **data}
    return client.post(f"{DESK}/{model}/", body, follow=True)


def test_an_adjustment_above_the_limit_is_approved_or_rejected_by_somebody_else(product, shop):
    stocked(product, shop, 10, "100.00")
    maker, other = desk(), desk()
    Role.objects.filter(code="pharmacist").update(approval_limit=Decimal(5))
    actor = Actor(id=maker.user.pk, name=maker.user.email)
    made = [
        adjust_stock(
            reason=AdjustmentReason.LOSS, lines=[AdjustLine(product.pk, shop.pk, n)], actor=actor, note="gone"
        )
        for n in (2, 3)
    ]
    Role.objects.filter(code="pharmacist").update(approval_limit=None)
    action(maker, "stockadjustment", "approve", made[0].pk)
    assert Stock.objects.get().on_hand == 10
    action(other, "stockadjustment", "approve", made[0].pk, reason="seen")
    action(other, "stockadjustment", "reject", made[1].pk)
    action(other, "stockadjustment", "reject", made[1].pk, reason="it is there")
    assert Stock.objects.get().on_hand == 8
    states = list(StockAdjustment.objects.order_by("pk").values_list("status", flat=True))
    assert states == ["posted", "rejected"]


def test_a_transfer_is_taken_back(product, shop, store):
    stocked(product, shop, 10, "100.00")
    made = transfer_stock(
        from_location_id=shop.pk, to_location_id=store.pk, lines=[TransferLine(product.pk, 4)], actor=ACTOR
    )
    action(desk(), "stocktransfer", "take_back", made.pk)
    assert Stock.objects.get(location=shop).on_hand == 10
    assert StockTransfer.objects.get().status == "reversed"


def test_a_document_shows_what_it_moved_and_is_taken_back_on_its_page(product, shop):
    stocked(product, shop, 10, "30.00")
    client = desk()
    lines = [AdjustLine(product.pk, shop.pk, 2)]
    made = adjust_stock(reason=AdjustmentReason.DAMAGE, lines=lines, actor=ACTOR, note="fell down")
    page = f"{DESK}/stockadjustment/{made.pk}/change/"
    content = client.get(page).content.decode()
    assert "fell down" in content
    assert "\u200e-6<" in content  # two of ten for 30, as money
    assert do(client, "stockadjustment", made.pk, "take_back", reason="found again") == [
        f"{made.number} was taken back."
    ]
    assert Stock.objects.get().on_hand == 10
    assert len(client.get(page).context["moved"]) == 2


def test_lists_and_pages_write_money_as_people_do(product, shop):
    stocked(product, shop, 10, "30.00")
    adjust_stock(reason=AdjustmentReason.DAMAGE, lines=[AdjustLine(product.pk, shop.pk, 2)], actor=ACTOR)
    client = desk("owner")
    for address in ("stockadjustment/", "stockmovement/?o=7", f"stock/{Stock.objects.get().pk}/change/"):
        content = client.get(f"{DESK}/{address}").content.decode()
        assert ".0000" not in content
        assert "24" in content or "\u200e-6" in content
