"""Rows for tests. What the services write (keys, stock, ledger) is made through them."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

import factory
from django.db import transaction

from core.actors import Actor
from core.sources import Source
from core.text import fold
from inventory.models import Batch, Category, Location, Manufacturer, Product, ProductUnit
from inventory.services import ReceiveLine, receive_stock
from users.selectors import local_today

#: Without an id, and so without a limit: those who have one are made with `rbac.tests.factories`.
ACTOR = Actor(id=None, name="pharmacist@example.org", kind="system")
_numbers = count(1)


class CategoryFactory(factory.django.DjangoModelFactory):
    name_en = factory.Sequence(lambda n: f"Category {n}")

    class Meta:
        model = Category


class ManufacturerFactory(factory.django.DjangoModelFactory):
    name_en = factory.Sequence(lambda n: f"Maker {n}")

    class Meta:
        model = Manufacturer


class ProductFactory(factory.django.DjangoModelFactory):
    """A product with its base unit."""

    name_en = factory.Sequence(lambda n: f"Product {n} 500 mg")
    name_ar = factory.Sequence(lambda n: f"دواء {n}")
    search_key = factory.LazyAttribute(lambda o: fold(f"{o.name_en} {o.name_ar}"))

    class Meta:
        model = Product
        skip_postgeneration_save = True

    @factory.post_generation
    def base_unit(self, create, extracted, **kwargs):
        if create:
            ProductUnitFactory(
                product=self, name=extracted or "piece", factor=1, is_base=True,
                is_default_buy=True, is_default_sell=True,
            )  # fmt: skip


class ProductUnitFactory(factory.django.DjangoModelFactory):
    product = factory.SubFactory(ProductFactory)
    name = factory.Sequence(lambda n: f"box {n}")
    factor = 10

    class Meta:
        model = ProductUnit


def many_products(number, **fields):
    """``number`` products with their base units. One by one, five hundred of them take longer than what they are made for."""
    made = Product.objects.bulk_create(ProductFactory.build_batch(number, **fields))
    ProductUnit.objects.bulk_create(
        ProductUnitFactory.build(
            product=product, name="piece", factor=1, is_base=True, is_default_buy=True, is_default_sell=True
        )
        for product in made
    )
    return made


class LocationFactory(factory.django.DjangoModelFactory):
    name = factory.Sequence(lambda n: f"Place {n}")

    class Meta:
        model = Location


class BatchFactory(factory.django.DjangoModelFactory):
    product = factory.SubFactory(ProductFactory)
    number = factory.Sequence(lambda n: f"B{n}")
    expiry_date = factory.LazyFunction(lambda: local_today() + timedelta(days=400))

    class Meta:
        model = Batch


def new_source(kind="test", purpose=""):
    return Source(kind, str(next(_numbers)), purpose)


def today():
    return local_today()


def stocked(product, location, quantity, value="0", *, batch="B1", days=400, source=None):
    """``quantity`` of ``product`` received at ``location``, through the service."""
    (posted,) = all_stocked([product], location, quantity, value, batch=batch, days=days, source=source)
    return posted


def all_stocked(products, location, quantity, value="0", *, batch="B1", days=400, source=None):
    """The same for each of ``products``, in one delivery."""
    expiry = None if days is None else today() + timedelta(days=days)
    lines = [
        ReceiveLine(product.pk, location.pk, quantity, Decimal(value), batch_number=batch, expiry=expiry)
        for product in products
    ]
    with transaction.atomic():
        return receive_stock(
            lines=lines, source=source or new_source("receipt"), actor=ACTOR, business_date=today()
        )
