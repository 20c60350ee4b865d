"""A small pharmacy in which nearly every list has a row: what hostile requests are aimed at."""

from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from capital.services import post_drawing, post_expense
from core.actors import SYSTEM
from files.services import create_import, store_file
from inventory.enums import AdjustmentReason
from inventory.services import AdjustLine, adjust_stock
from inventory.tests.factories import CategoryFactory, LocationFactory, ManufacturerFactory
from notifications.services import raise_alert
from purchases.models import PurchaseOrder
from purchases.services import PaymentData, approve_proposal, pay_supplier
from purchases.tests import buying as buy
from rbac.tests.factories import user_with_role
from sales.services import record_shortage
from sales.tests import factories as selling
from users.models import User
from users.selectors import local_today

#: High, so that an id tried at random is somebody else's account.
OWNER_ID = 770_077


def open_pharmacy() -> User:
    """Money, lists, a plan, an order, goods, a sale and their documents; its owner."""
    owner = user_with_role("owner", pk=OWNER_ID, email="owner@example.org")
    user_with_role("cashier", email="cashier@example.org")
    buy.money("900000")
    _buy()
    _sell()
    today, actor = local_today(), buy.ACTOR
    post_expense(business_date=today, amount=Decimal(120), memo="Light", actor=actor)
    post_drawing(business_date=today, amount=Decimal(80), actor=actor)
    raise_alert(kind="low_stock", key="1", title="Low")
    table = SimpleUploadedFile("products.csv", b"name_en,name_ar\nNadamol 500 mg,\n", "text/csv")
    create_import(kind="products", file_id=store_file(upload=table, actor=actor).pk, actor=actor)
    return owner


def _buy() -> None:
    buy.wanted("Cardiline 5 mg 30 tab", "Gastrozol 40 mg 14 cap")
    lines = [
        ("Cardiline 5 mg 30 tab", "1000", [(5, 1)]),
        ("Gastrozol 40 mg 14 cap", "500"),
        ("Cardiline 5 mg tab", "900"),
        ("Nobody Knows It 3 g", "70"),
    ]
    supplier, _offer = buy.offered(lines, delivery_fee_amount=Decimal(200))
    proposal = buy.proposed()
    approve_proposal(proposal_id=proposal.pk, actor=SYSTEM)
    buy.received(PurchaseOrder.objects.get(proposal=proposal))
    pay_supplier(data=PaymentData(supplier_id=supplier.pk, amount=Decimal(500)), actor=buy.ACTOR)
    buy.wanted("Dolorin 400 mg 20 tab")
    buy.offered([("Dolorin 400 mg 20 tab", "300"), ("Cardiline 5 mg 30 tab", "1100")])
    buy.proposed()
    approve_proposal(proposal_id=buy.proposed().pk, actor=SYSTEM)


def _sell() -> None:
    shop = selling.shop()
    with transaction.atomic():
        product = selling.on_shelf(shop)
    selling.sold((product, 2))
    selling.customer()
    record_shortage(actor=selling.ACTOR, product_id=product.pk, quantity=2)
    line = AdjustLine(product_id=product.pk, location_id=shop.pk, quantity=1)
    with transaction.atomic():
        adjust_stock(reason=AdjustmentReason.DAMAGE, lines=[line], actor=SYSTEM)
    LocationFactory()
    CategoryFactory()
    ManufacturerFactory()
