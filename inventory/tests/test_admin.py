"""The workbench: products, stock and documents as a pharmacist meets them."""

import pytest
from django.test import Client

from inventory.enums import BatchState
from inventory.models import Batch, Location, Product, SellingPrice, Stock, StockAdjustment, StockTransfer
from inventory.selectors import search_products
from inventory.tests.factories import (
    BatchFactory,
    CategoryFactory,
    ProductFactory,
    ProductUnitFactory,
    stocked,
    today,
)
from rbac.tests.factories import user_with_role

pytestmark = pytest.mark.django_db
DESK = "/admin/inventory/"


@pytest.fixture
def desk():
    def sign_in(role="pharmacist"):
        client = Client()
        user = user_with_role(role)
        user.is_staff = True
        user.save()
        client.force_login(user)
        return client

    return sign_in


MODELS = [
    "product", "category", "manufacturer", "sellingprice", "legalprice", "location", "stock", "batch",
    "stockmovement", "reservation", "stockadjustment", "stocktransfer",
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("model", MODELS)
def test_every_list_opens_and_searches(desk, model, language, product, shop):
    stocked(product, shop, 5, "5")
    client = desk()
    headers = {"Accept-Language": language}
    assert client.get(f"{DESK}{model}/", headers=headers).status_code == 200
    assert client.get(f"{DESK}{model}/?q=a", headers=headers).status_code in (200, 302)


@pytest.mark.parametrize(
    "model",
    ["product", "category", "manufacturer", "sellingprice", "location", "stockadjustment", "stocktransfer"],
)
def test_every_form_opens(desk, model):
    assert desk().get(f"{DESK}{model}/add/").status_code == 200


def formset(prefix, *rows, initial=0):
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial,
            f"{prefix}-MIN_NUM_FORMS": 0, f"{prefix}-MAX_NUM_FORMS": 1000}  # fmt: skip
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def product_form(**changes):
    return {
        "name_en": "Amoxil 500", "name_ar": "أموكسيل", "brand": "", "strength": "500 mg", "form": "capsule",
        "pack": "", "manufacturer": "", "category": "", "is_active": "on", "min_stock_qty": "",
        "max_stock_qty": "", "monthly_use_qty": "", "control_class": "otc", "storage_class": "room",
        **formset("units"), **formset("identifiers"), **formset("ingredients"), **formset("aliases"),
        **changes,
    }  # fmt: skip


def test_a_product_is_made_and_changed_with_everything_below_it(desk):
    client = desk()
    units = formset(
        "units",
        {"name": "capsule", "factor": 1, "may_buy": "on", "may_sell": "on"},
        {"name": "box", "factor": 16, "may_buy": "on", "may_sell": "on", "is_default_buy": "on"},
    )
    answer = client.post(
        f"{DESK}product/add/", product_form(**units, **formset("aliases", {"alias": "Moxal"}))
    )
    assert answer.status_code == 302, answer.content
    product = Product.objects.get()
    assert {unit.name: unit.factor for unit in product.units.all()} == {"capsule": 1, "box": 16}
    assert list(search_products("moxal")) == [product]
    url = f"{DESK}product/{product.pk}/change/"
    page = client.get(url)
    assert page.status_code == 200
    rows = [
        {
            "id": unit.pk,
            "product": product.pk,
            "name": unit.name,
            "factor": unit.factor,
            "may_buy": "on",
            "may_sell": "on",
        }
        for unit in product.units.all()
    ]
    alias = product.aliases.get()
    changed = product_form(
        brand="GSK",
        category=CategoryFactory().pk,
        **formset("units", *rows, initial=2),
        **formset("identifiers", {"kind": "gtin", "value": "4006381333931", "unit": rows[1]["id"]}),
        **formset("aliases", {"id": alias.pk, "product": product.pk, "alias": "Moxal"}, initial=1),
    )
    answer = client.post(url, changed)
    assert answer.status_code == 302, answer.context and answer.context["errors"]
    product.refresh_from_db()
    assert (product.brand, product.category is not None) == ("GSK", True)
    assert product.units.get(name="box").barcodes.get().value == "4006381333931"
    assert list(search_products("gsk moxal 4006381333931")) == [product]


def test_a_product_page_shows_stock_and_prices(desk, product, shop):
    stocked(product, shop, 5, "5", days=90)
    page = desk().get(f"{DESK}product/{product.pk}/change/").content.decode()
    assert "5 on hand, 5 may be sold" in page


def test_the_ledger_is_only_looked_at(desk, product, shop):
    posted = stocked(product, shop, 5, "5")
    owner = desk("owner")
    page = owner.get(f"{DESK}stockmovement/{posted.movement_id}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert owner.get(f"{DESK}stockmovement/add/").status_code == 403
    assert owner.post(f"{DESK}stockmovement/{posted.movement_id}/delete/", {"post": "yes"}).status_code == 403
    assert owner.get(f"{DESK}stock/add/").status_code == 403


def test_an_adjustment_posts_and_is_taken_back(desk, product, shop):
    stocked(product, shop, 5, "5")
    client = desk()
    row = {"product": product.pk, "location": shop.pk, "batch": "", "quantity": 2}
    answer = client.post(
        f"{DESK}stockadjustment/add/", {"reason": "loss", "note": "x", **formset("lines", row)}
    )
    assert answer.status_code == 302, answer.content
    adjustment = StockAdjustment.objects.get()
    assert Stock.objects.get().on_hand == 3
    assert client.get(f"{DESK}stockadjustment/{adjustment.pk}/change/").status_code == 200
    client.post(f"{DESK}stockadjustment/", {"action": "take_back", "_selected_action": adjustment.pk})
    assert Stock.objects.get().on_hand == 5


def test_an_adjustment_that_cannot_be_says_why_and_keeps_nothing(desk, product, shop):
    stocked(product, shop, 5, "5")
    row = {"product": product.pk, "location": shop.pk, "batch": "", "quantity": 9}
    client = desk()
    answer = client.post(
        f"{DESK}stockadjustment/add/", {"reason": "loss", "note": "", **formset("lines", row)}, follow=True
    )
    assert "Only 5 of 9 can be taken" in answer.content.decode()
    assert not StockAdjustment.objects.exists()


def test_a_transfer_posts(desk, product, shop, store):
    stocked(product, shop, 5, "5")
    row = {"product": product.pk, "batch": "", "quantity": 2}
    body = {"from_location": shop.pk, "to_location": store.pk, "note": "", **formset("lines", row)}
    assert desk().post(f"{DESK}stocktransfer/add/", body).status_code == 302
    assert StockTransfer.objects.count() == 1
    assert Stock.objects.get(location=store).on_hand == 2


def test_batches_are_withheld_with_a_reason(desk):
    batch = BatchFactory()
    client = desk()
    client.post(f"{DESK}batch/", {"action": "quarantine", "_selected_action": batch.pk})
    batch.refresh_from_db()
    assert batch.state == BatchState.ACTIVE
    client.post(f"{DESK}batch/", {"action": "quarantine", "_selected_action": batch.pk, "reason": "leaflet"})
    batch.refresh_from_db()
    assert (batch.state, batch.state_reason) == (BatchState.QUARANTINED, "leaflet")
    client = desk("cashier")
    client.post(f"{DESK}batch/", {"action": "release", "_selected_action": batch.pk, "reason": "x"})
    assert Batch.objects.get().state == BatchState.QUARANTINED


def test_a_price_is_added(desk):
    unit = ProductUnitFactory(product=ProductFactory())
    body = {"unit": unit.pk, "price": "12.5", "valid_from": str(today()), "tier": "retail", "batch": ""}
    assert desk().post(f"{DESK}sellingprice/add/", body).status_code == 302
    assert SellingPrice.objects.get().price == 12.5
    assert desk("purchaser").get(f"{DESK}sellingprice/add/").status_code == 403


def test_a_place_is_added(desk):
    body = {"name": "Branch", "name_ar": "", "kind": "branch", "is_active": "on"}
    assert desk().post(f"{DESK}location/add/", body).status_code == 302
    assert Location.objects.filter(name="Branch").exists()


def test_a_batch_is_held_back_released_and_recalled_on_its_page_with_a_reason(desk):
    batch = BatchFactory()
    page = f"{DESK}batch/{batch.pk}/"

    def decide(client, verb, **data):
        shown = client.post(f"{page}do/{verb}/", data, follow=True).content.decode()
        batch.refresh_from_db()
        return batch.state, shown

    client = desk()
    shown = client.get(f"{page}change/").content.decode()
    assert f"{page}do/quarantine/" in shown
    assert f"{page}do/release/" not in shown
    state, shown = decide(client, "quarantine")
    assert (state, "Say why." in shown) == (BatchState.ACTIVE, True)
    state, shown = decide(client, "quarantine", reason="Cracked ampoules")
    assert (state, batch.state_reason) == (BatchState.QUARANTINED, "Cracked ampoules")
    assert f"{page}do/release/" in shown
    assert decide(client, "release", reason="Looked at")[0] == BatchState.ACTIVE
    assert decide(client, "recall")[0] == BatchState.ACTIVE
    assert decide(client, "recall", reason="By the ministry")[0] == BatchState.RECALLED
    state, shown = decide(client, "release", reason="Mistake")
    assert (state, f"{page}do/" in shown) == (BatchState.RECALLED, False)


@pytest.mark.parametrize(
    "form", [{"reason": "a\x00b"}, {"reason": ["Cracked", "\x00"]}, {"reason": "Cracked", "\x00": ""}]
)
def test_a_form_with_a_nul_is_refused_and_decides_nothing(desk, form):
    batch = BatchFactory()
    answer = desk().post(f"{DESK}batch/{batch.pk}/do/quarantine/", form)
    assert (answer.status_code, answer.json()["code"]) == (400, "null_character")
    batch.refresh_from_db()
    assert batch.state == BatchState.ACTIVE


@pytest.mark.parametrize("verb", ["quarantine", "release", "recall"])
def test_who_may_not_decide_about_batches_changes_none(desk, verb):
    batch = BatchFactory()
    for role in ("cashier", "accountant", "auditor"):
        client = desk(role)
        assert client.post(f"{DESK}batch/{batch.pk}/do/{verb}/", {"reason": "x"}).status_code == 403
        shown = client.get(f"{DESK}batch/{batch.pk}/change/").content.decode()
        assert "/do/" not in shown
    batch.refresh_from_db()
    assert batch.state == BatchState.ACTIVE
