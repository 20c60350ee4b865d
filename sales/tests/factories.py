"""Goods on a shelf with prices, through the services."""

from decimal import Decimal

from django.db import transaction

from capital.services import post_contribution
from core.actors import SYSTEM, Actor
from inventory.models import LegalPrice, Location, ProductUnit, SellingPrice
from inventory.tests.factories import (
    ProductFactory,
    ProductUnitFactory,
    all_stocked,
    many_products,
    stocked,
    today,
)
from sales.enums import CashDirection, PaymentMethod
from sales.models import Sale
from sales.services import (
    CountData,
    PaymentData,
    SaleData,
    SaleLineData,
    SellerRights,
    create_customer,
    create_till,
    move_cash,
    open_shift,
    sell,
)
from sales.services.drawers import drawer_balance

ACTOR = Actor(id=3, name="cashier@example.org")


def shop():
    """The usual place."""
    return Location.objects.get(is_default=True)


def unit_of(product):
    return product.units.get(is_base=True)


def priced(price="10", *, legal=None, box=None, **fields):
    """A product with a price of its base unit; ``box``: and a box of so many."""
    product = ProductFactory(**fields)
    SellingPrice.objects.create(unit=unit_of(product), price=Decimal(price), valid_from="2020-01-01")
    if legal is not None:
        LegalPrice.objects.create(unit=unit_of(product), price=Decimal(legal), valid_from="2020-01-01")
    if box is not None:
        ProductUnitFactory(product=product, name="box", factor=box)
    return product


def on_shelf(place, quantity=100, value="500", price="10", **fields):
    """A priced product with stock."""
    product = priced(price, **fields)
    stocked(product, place, quantity, value)
    return product


def many_on_shelf(number, place, quantity=100, value="500", price="10", **fields):
    """``number`` priced products with stock."""
    made = many_products(number, **fields)
    units = ProductUnit.objects.filter(product__in=made)
    SellingPrice.objects.bulk_create(
        SellingPrice(unit=unit, price=Decimal(price), valid_from="2020-01-01") for unit in units
    )
    all_stocked(made, place, quantity, value)
    return made


def cash(amount):
    return [PaymentData(PaymentMethod.CASH, Decimal(amount))]


def sold(*lines, paid="1000000", rights=None, **header) -> Sale:
    """A counter sale of (product, quantity) pairs, paid in cash."""
    data = SaleData(
        lines=[SaleLineData(product.pk, quantity) for product, quantity in lines],
        payments=cash(paid),
        **header,
    )
    return sell(data=data, actor=ACTOR, rights=rights or SellerRights())


def customer(limit="0", name="Abu Samir"):
    with transaction.atomic():
        return create_customer(name=name, credit_limit_amount=Decimal(limit), actor=SYSTEM)


def in_the_safe(amount, account=None):
    """The owner puts money into the main cash account, or another one of our own currency."""
    paid_into = None if account is None else account.pk
    post_contribution(business_date=today(), amount=Decimal(amount), paid_into_id=paid_into, actor=SYSTEM)


def counter(float_amount="0", *, name="Front", **fields):
    """A till with an open shift; its float was put into the safe and taken from there."""
    till = create_till(name=name, location_id=shop().pk, actor=ACTOR, **fields)
    shift = open_shift(till_id=till.pk, counts=counted("0"), actor=ACTOR)
    if Decimal(float_amount):
        in_the_safe(float_amount)
        move_cash(
            shift_id=shift.pk,
            direction=CashDirection.IN,
            amount=Decimal(float_amount),
            reason="Float",
            actor=ACTOR,
        )
    return till, shift


def counted(amount, currency="SYP"):
    return [CountData(currency=currency, amount=Decimal(amount))]


def drawer_of(till, currency="SYP"):
    """What the books say lies in a till."""
    account = till.accounts.get(currency=currency).account_id
    return drawer_balance(account_id=account, currency=currency)


__all__ = [
    "ACTOR",
    "cash",
    "counted",
    "counter",
    "customer",
    "drawer_of",
    "in_the_safe",
    "many_on_shelf",
    "on_shelf",
    "priced",
    "shop",
    "sold",
    "stocked",
    "today",
    "unit_of",
]
