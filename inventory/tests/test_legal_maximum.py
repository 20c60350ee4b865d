"""No way leads to a selling price above the legal maximum, but the decision of somebody who may."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from inventory.errors import AboveLegalMaximum, LineInvalid
from inventory.models import LegalPrice, SellingPrice
from inventory.selectors import price_book
from inventory.services import PriceData, set_selling_prices
from inventory.tests.factories import ACTOR, BatchFactory, ProductUnitFactory, today
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(product):
    return ProductUnitFactory(product=product, name="box", factor=10)


def base(product):
    return product.units.get(is_base=True)


def legal(unit, price, since="2020-01-01"):
    return LegalPrice.objects.create(unit=unit, price=Decimal(price), valid_from=since)


def insert(unit, price, **fields):
    with transaction.atomic():
        return SellingPrice.objects.create(
            unit=unit, price=Decimal(price), **({"valid_from": today()} | fields)
        )


def test_the_database_itself_refuses_a_price_above_the_law(product):
    legal(base(product), "10")
    insert(base(product), "10")
    with pytest.raises(DatabaseError, match="above the legal maximum"):
        insert(base(product), "10.01")
    assert SellingPrice.objects.count() == 1


def test_a_maximum_of_one_unit_binds_its_sisters(product, box):
    legal(box, "100")
    insert(base(product), "10")
    with pytest.raises(DatabaseError):
        insert(base(product), "10.01")
    with pytest.raises(AboveLegalMaximum), transaction.atomic():
        set_selling_prices(prices=[PriceData(base(product).pk, Decimal("10.01"), today())], actor=ACTOR)


def test_the_maximum_of_the_day_counts(product):
    legal(base(product), "10")
    legal(base(product), "20", since=today())
    insert(base(product), "20")
    with pytest.raises(DatabaseError):
        insert(base(product), "15", valid_from="2024-01-01")


def test_one_bad_row_among_many_stops_them_all(product, box):
    legal(base(product), "10")
    rows = [
        SellingPrice(unit=base(product), price=price, valid_from=today()) for price in (8, 9, Decimal("10.5"))
    ]
    with pytest.raises(DatabaseError), transaction.atomic():
        SellingPrice.objects.bulk_create(rows)
    assert not SellingPrice.objects.exists()


def test_a_price_is_never_overwritten(product):
    row = insert(base(product), "5")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_sellingprice SET price = 500 WHERE id = %s", [row.pk])


def test_who_may_exceed_is_remembered_on_the_price(product):
    legal(base(product), "10")
    with transaction.atomic():
        high, low = set_selling_prices(
            prices=[
                PriceData(base(product).pk, Decimal(11), today()),
                PriceData(base(product).pk, Decimal(9), today()),
            ],
            actor=ACTOR,
            may_exceed=True,
        )
    assert (high.above_legal, low.above_legal) == (True, False)


def test_prices_of_batches_are_for_the_policy_that_knows_them(product):
    batch = BatchFactory(product=product)
    price = PriceData(base(product).pk, Decimal(7), today(), batch_id=batch.pk)
    with pytest.raises(LineInvalid, match="not valid") as caught, transaction.atomic():
        set_selling_prices(prices=[price], actor=ACTOR)
    assert [error.code for error in caught.value.errors] == ["policy"]
    insert(base(product), "5")
    insert(base(product), "7", batch=batch)
    unit = base(product).pk
    assert price_book([product.pk], on=today()).price(unit, batch.pk) == 5
    get_organization()
    Organization.objects.update(selling_price_policy="price_printed_on_batch")
    assert price_book([product.pk], on=today()).price(unit, batch.pk) == 7
    with transaction.atomic():
        set_selling_prices(prices=[price], actor=ACTOR)
