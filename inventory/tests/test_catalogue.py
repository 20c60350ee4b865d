"""The catalogue through its services."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from core.sources import Source
from inventory.enums import BatchState, IdentifierKind, MovementKind, ReservationState
from inventory.errors import AboveLegalMaximum, BaseUnitFrozen, CannotMerge, InsufficientStock, LineInvalid
from inventory.models import Batch, Product, ProductUnit, Reservation, SellingPrice, Stock, StockMovement
from inventory.selectors import (
    alternatives_to,
    catalogue_for_matching,
    get_product,
    legal_maximums,
    positions,
    price_book,
    scan,
    search_products,
    stock_valuation,
)
from inventory.services import (
    IdentifierData,
    IngredientData,
    IssueLine,
    PriceData,
    ProductData,
    ReserveLine,
    UnitData,
    create_product,
    create_products,
    issue_stock,
    merge_products,
    quarantine_batch,
    recall_batch,
    reserve_stock,
    set_legal_prices,
    set_selling_price,
    update_product,
)
from inventory.tests.factories import (
    ACTOR,
    BatchFactory,
    LocationFactory,
    ProductFactory,
    new_source,
    stocked,
    today,
)
from users.enums import SellingPricePolicy
from users.selectors import get_organization

pytestmark = pytest.mark.django_db

UNITS = (UnitData("tablet", 1), UnitData("strip", 10), UnitData("box", 30, barcodes=("4006381333931",)))


def amoxil(**changes):
    data = {
        "name_en": "Amoxil 500 mg capsules",
        "name_ar": "أموكسيل ٥٠٠ كبسول",
        "strength": "500 mg",
        "form": "capsule",
        "units": UNITS,
        "aliases": ("Amoxycillin GSK",),
        "ingredients": (IngredientData("Amoxicillin", "500 mg"),),
        **changes,
    }
    with transaction.atomic():
        return create_product(data=ProductData(**data), actor=ACTOR)


def unit(product, name):
    return ProductUnit.objects.get(product=product, name=name)


def test_a_product_comes_with_everything_it_is_found_by():
    product = amoxil()
    assert {u.name: (u.factor, u.is_base, u.is_default_buy) for u in product.units.all()} == {
        "tablet": (1, True, False),
        "strip": (10, False, False),
        "box": (30, False, True),
    }
    for query in (
        "amoxil",
        "اموكسيل 500",
        "أموكسيل",
        "AMOXICILLIN",
        "amoxycillin gsk",
        "4006381333931",
        "500 مل",
    ):
        found = list(search_products(query))
        assert found == ([product] if query != "500 مل" else []), query


def test_many_products_cost_the_same_statements():
    def cost(count, start):
        rows = [
            ProductData(
                name_en=f"Medicine {start + n}", units=UNITS[:2], aliases=(f"Other {n}",),
                ingredients=(IngredientData("Paracetamol", "500 mg"),),
            )
            for n in range(count)
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as captured, transaction.atomic():
            create_products(rows=rows, actor=ACTOR)
        return len(captured)

    cost(1, 0)
    assert cost(5, 10) == cost(500, 100)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name_en": " ", "name_ar": ""}, "name_en"),
        ({"units": (UnitData("box", 10),)}, "units"),
        ({"units": (UnitData("tablet", 1), UnitData("tablet", 10))}, "units[1].name"),
        ({"units": (UnitData("tablet", 1), UnitData("box", 0))}, "units[1].factor"),
        ({"min_stock_qty": 5, "max_stock_qty": 4}, "max_stock_qty"),
        ({"identifiers": (IdentifierData("1", unit_name="crate"),)}, "identifiers[0].unit_name"),
    ],
)
def test_bad_products_name_their_field_and_create_nothing(changes, field):
    with pytest.raises(LineInvalid) as caught:
        amoxil(**changes)
    assert [error.field for error in caught.value.errors] == [field]
    assert not Product.objects.exists()


def test_alternatives_have_the_same_substances_strength_and_form():
    product = amoxil()
    same = amoxil(
        name_en="Ospamox 500",
        name_ar="",
        units=(),
        aliases=(),
        ingredients=(IngredientData("AMOXICILLIN", "0.5 g"),),
    )
    amoxil(
        name_en="Amoxil 250",
        name_ar="",
        units=(),
        aliases=(),
        ingredients=(IngredientData("Amoxicillin", "250 mg"),),
    )
    amoxil(name_en="Amoxil syrup", name_ar="", form="syrup", units=(), aliases=())
    assert list(alternatives_to(product)) == [same]


def test_updating_keeps_what_is_not_named():
    product = amoxil()
    with transaction.atomic():
        update_product(product_id=product.pk, changes={"brand": "Beecham"}, actor=ACTOR)
    product.refresh_from_db()
    assert product.brand == "Beecham"
    assert product.units.count() == 3
    assert list(search_products("beecham 4006381333931")) == [product]


def test_units_are_changed_by_id_and_unlisted_ones_go():
    product = amoxil()
    box = unit(product, "box")
    units = [UnitData("tablet", 1), UnitData("big box", 60, id=box.pk, is_default_buy=True)]
    with transaction.atomic():
        update_product(product_id=product.pk, changes={"units": units}, actor=ACTOR)
    assert {u.name: u.pk for u in product.units.all()}["big box"] == box.pk
    assert product.units.count() == 2


def test_the_base_unit_cannot_change_after_a_movement():
    product = amoxil()
    units = [UnitData("capsule", 1), UnitData("box", 30)]
    with transaction.atomic():
        update_product(product_id=product.pk, changes={"units": units}, actor=ACTOR)
    stocked(product, LocationFactory(), 5, "5")
    with pytest.raises(BaseUnitFrozen), transaction.atomic():
        update_product(
            product_id=product.pk,
            changes={"units": [UnitData("tablet", 1), UnitData("box", 30)]},
            actor=ACTOR,
        )
    assert unit(product, "capsule").is_base


def test_matching_gets_names_aliases_and_codes():
    product = amoxil()
    (entry,) = catalogue_for_matching()
    assert entry.id == product.pk
    assert entry.aliases == ("Amoxycillin GSK",)
    assert entry.identifiers == ("04006381333931",)


def test_prices_are_dated_and_shared_between_units():
    product = amoxil()
    box = unit(product, "box")
    with transaction.atomic():
        set_selling_price(price=PriceData(box.pk, Decimal(300), today() - timedelta(days=9)), actor=ACTOR)
        set_selling_price(price=PriceData(box.pk, Decimal(330), today()), actor=ACTOR)
        set_selling_price(price=PriceData(box.pk, Decimal(360), today() + timedelta(days=1)), actor=ACTOR)
    book = price_book([product.pk], on=today())
    assert book.price(box.pk) == 330
    assert book.price(unit(product, "strip").pk) == 110
    assert price_book([product.pk], on=today() - timedelta(days=1)).price(box.pk) == 300


def test_a_price_printed_on_the_batch_wins_under_its_policy():
    product = amoxil()
    box = unit(product, "box")
    batch = BatchFactory(product=product)
    organization = get_organization()
    organization.selling_price_policy = SellingPricePolicy.PRICE_PRINTED_ON_BATCH
    organization.save()
    with transaction.atomic():
        set_selling_price(price=PriceData(box.pk, Decimal(300), today()), actor=ACTOR)
        set_selling_price(price=PriceData(box.pk, Decimal(240), today(), batch_id=batch.pk), actor=ACTOR)
    book = price_book([product.pk], on=today())
    assert (book.price(box.pk, batch.pk), book.price(box.pk)) == (240, 300)
    assert book.price(unit(product, "tablet").pk, batch.pk) == 8
    organization.selling_price_policy = SellingPricePolicy.NEWEST_PRICE_FOR_ALL_STOCK
    organization.save()
    assert price_book([product.pk], on=today()).price(box.pk, batch.pk) == 300


def test_no_price_above_the_legal_maximum_without_somebody_who_may():
    product = amoxil()
    box, strip = unit(product, "box"), unit(product, "strip")
    with transaction.atomic():
        set_legal_prices(
            prices=[PriceData(box.pk, Decimal(300), today())], source=Source("price_notice", "1"), actor=ACTOR
        )
    assert legal_maximums([strip.pk], on=today()) == {strip.pk: Decimal(100)}
    above = PriceData(strip.pk, Decimal("100.01"), today())
    with pytest.raises(AboveLegalMaximum), transaction.atomic():
        set_selling_price(price=above, actor=ACTOR)
    assert not SellingPrice.objects.exists()
    with transaction.atomic():
        set_selling_price(price=above, actor=ACTOR, may_exceed=True)
        set_selling_price(price=PriceData(strip.pk, Decimal(100), today()), actor=ACTOR)


def test_a_shared_barcode_answers_a_list():
    first = amoxil()
    second = amoxil(name_en="Amoxil import")
    batch = BatchFactory(product=second, number="ABC123")
    _code, matches = scan("4006381333931")
    assert [(m.product_id, m.unit_name) for m in matches] == [(first.pk, "box"), (second.pk, "box")]
    code, matches = scan("010400638133393110ABC123")
    assert code.batch_number == "ABC123"
    assert [m.batch_id for m in matches] == [None, batch.pk]
    assert scan("no such code")[1] == []


def test_merging_moves_stock_names_and_codes_and_leaves_the_ledger():
    kept, old = ProductFactory(name_en="Panadol 500"), ProductFactory(name_en="Panadol 0.5 g")
    shop = LocationFactory()
    stocked(kept, shop, 3, "9.00", batch="A")
    same = stocked(old, shop, 4, "10.00", batch="A")
    stocked(old, shop, 2, "1.00", batch="R")
    with transaction.atomic():
        quarantine_batch(batch_id=same.batch_id, reason="check", actor=ACTOR)
        merge_products(product_id=old.pk, into_id=kept.pk, actor=ACTOR)
    assert get_product(old.pk) == kept
    position = positions([kept.pk], today())[kept.pk]
    assert (position.on_hand, position.value_amount, position.available) == (9, 20, 2)
    assert kept.batches.get(number="A").state == BatchState.QUARANTINED
    assert StockMovement.objects.filter(product=old).count() == 4
    assert Stock.objects.filter(product=old, on_hand__gt=0).count() == 0
    kept.refresh_from_db()
    assert kept in search_products("panadol 0.5")
    with pytest.raises(CannotMerge), transaction.atomic():
        merge_products(product_id=old.pk, into_id=kept.pk, actor=ACTOR)


def test_a_batch_stays_blocked_when_its_product_is_merged_after_the_last_of_it_is_gone():
    kept, old = ProductFactory(), ProductFactory()
    shop = LocationFactory()
    gone = stocked(old, shop, 5, "5", batch="BAD")
    held = stocked(kept, shop, 3, "3", batch="HELD", days=100)
    blocked = Batch.objects.get(pk=held.batch_id)
    twin = BatchFactory(product=old, number="HELD", expiry_date=blocked.expiry_date)
    with transaction.atomic():
        recall_batch(batch_id=gone.batch_id, reason="contaminated", actor=ACTOR)
        issue_stock(
            lines=[IssueLine(old.pk, shop.pk, 5, gone.batch_id)], source=new_source(), actor=ACTOR,
            kind=MovementKind.DAMAGE, business_date=today(),
        )  # fmt: skip
        reserve_stock(lines=[ReserveLine(kept.pk, shop.pk, 2)], source=new_source("order"), actor=ACTOR)
        recall_batch(batch_id=twin.pk, reason="late letter", actor=ACTOR)
        merge_products(product_id=old.pk, into_id=kept.pk, actor=ACTOR)
    again = stocked(old, shop, 3, "3", batch="BAD")
    assert (again.product_id, Batch.objects.get(pk=again.batch_id).state) == (kept.pk, BatchState.RECALLED)
    blocked.refresh_from_db()
    assert (blocked.state, blocked.state_reason) == (BatchState.RECALLED, "late letter")
    assert not Stock.objects.filter(reserved__gt=0).exists()
    assert not Reservation.objects.filter(state=ReservationState.OPEN).exists()
    with pytest.raises(InsufficientStock), transaction.atomic():
        issue_stock(
            lines=[IssueLine(kept.pk, shop.pk, 1)], source=new_source("sale"), actor=ACTOR,
            kind=MovementKind.SALE, business_date=today(),
        )  # fmt: skip


def test_products_in_different_base_units_do_not_merge():
    with pytest.raises(CannotMerge), transaction.atomic():
        merge_products(product_id=amoxil().pk, into_id=ProductFactory().pk, actor=ACTOR)


@pytest.mark.parametrize("by", ["location", "product", "category"])
def test_valuation_equals_the_carried_value(by):
    shop = LocationFactory()
    for value in ("10.00", "5.55"):
        stocked(ProductFactory(), shop, 3, value)
    assert stock_valuation(by=by).total_amount == Decimal("15.55")
    assert stock_valuation(by=by, as_of=today() - timedelta(days=1)).total_amount == 0


@pytest.mark.parametrize(
    ("language", "called"), [("en", ["Shop", "Panadol"]), ("ar", ["الصيدلية", "بانادول"])]
)
def test_valuation_names_places_and_goods_as_the_reader_does(language, called):
    shop = LocationFactory(name="Shop", name_ar="الصيدلية")
    stocked(ProductFactory(name_en="Panadol", name_ar="بانادول"), shop, 3, "10.00")
    with translation.override(language):
        assert [stock_valuation(by=by).rows[0].name for by in ("location", "product")] == called


def test_identifiers_may_be_national_codes():
    product = amoxil(identifiers=(IdentifierData("SY-77", IdentifierKind.NATIONAL),))
    assert list(search_products("sy-77")) == [product]
