"""The counter's one statement says what the five that it replaces say."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from inventory.enums import ControlClass, PriceTier
from inventory.models import Batch, LegalPrice, Location, SellingPrice
from inventory.selectors import (
    control_classes,
    counter_goods,
    default_location_id,
    legal_maximums,
    price_book,
    product_units,
    resolve_products,
)
from inventory.services import merge_products
from inventory.tests.factories import ACTOR, ProductFactory, ProductUnitFactory, stocked, today
from users.enums import SellingPricePolicy
from users.models import Organization

pytestmark = pytest.mark.django_db


def price(unit, amount, *, days_ago=10, tier=PriceTier.RETAIL, batch=None):
    since = today() - timedelta(days_ago)
    SellingPrice.objects.create(unit=unit, price=Decimal(amount), valid_from=since, tier=tier, batch=batch)


@pytest.fixture
def shelf():
    """Products priced in every way: by the base unit, by the box, twice, later, not at all; restricted; merged."""
    plain, boxed, bare, narcotic, merged = (ProductFactory() for _ in range(5))
    price(plain.units.get(), "3")
    price(plain.units.get(), "4", days_ago=5)
    price(plain.units.get(), "9", days_ago=-5)
    price(plain.units.get(), "2", tier=PriceTier.WHOLESALE)
    box = ProductUnitFactory(product=boxed, name="box", factor=30)
    ProductUnitFactory(product=boxed, name="strip", factor=10)
    price(box, "10")
    LegalPrice.objects.create(unit=box, price=Decimal("9.99"), valid_from=today())
    LegalPrice.objects.create(unit=box, price=Decimal(5), valid_from=today() + timedelta(1))
    narcotic.control_class = ControlClass.NARCOTIC
    narcotic.save()
    with transaction.atomic():
        merge_products(product_id=merged.pk, into_id=plain.pk, actor=ACTOR)
    return [plain, boxed, bare, narcotic, merged]


@pytest.mark.parametrize("tier", [PriceTier.RETAIL, PriceTier.WHOLESALE])
@pytest.mark.parametrize("policy", SellingPricePolicy)
def test_it_says_what_the_others_say(shelf, tier, policy):
    Organization.objects.update(selling_price_policy=policy)
    posted = stocked(shelf[1], Location.objects.get(is_default=True), 30, "30")
    batch = Batch.objects.get(pk=posted.batch_id)
    price(shelf[1].units.get(name="box"), "12", batch=batch)
    ids, on = [product.pk for product in shelf] + [10**9], today()
    goods = counter_goods(ids, on=on, tier=tier)
    assert goods.products == resolve_products(ids)
    kept = set(goods.products.values())
    assert goods.units == product_units(kept)
    book = price_book(kept, on=on, tier=tier)
    assert goods.prices == (book if book.on_batch else replace(book, by_batch={}))
    assert book.by_batch
    units = {unit.id for family in goods.units.values() for unit in family}
    assert goods.legal_maximums == legal_maximums(units, on=on)
    assert goods.legal_maximums  # a strip has its share of the box's
    assert goods.control_classes == control_classes(kept) == {shelf[3].pk: "narcotic"}


@pytest.mark.parametrize("count", [1, 5])
def test_it_is_one_statement(shelf, django_assert_num_queries, count):
    on = today()
    with django_assert_num_queries(2):  # the policy of prices, and the goods
        counter_goods([product.pk for product in shelf[:count]], on=on)


def test_the_usual_place_is_the_one_marked_so():
    assert default_location_id() == Location.objects.get(is_default=True).pk
    Location.objects.update(is_active=False)
    with pytest.raises(Location.DoesNotExist):
        default_location_id()
