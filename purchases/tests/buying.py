"""Money, stock and plans to buy with; made through the services."""

from decimal import Decimal

from django.db import transaction

from capital.enums import AccountRole
from capital.selectors import (
    balances_by_party,
    capital_summary,
    party_balance,
)
from capital.services import EntryLine, post_entry
from capital.types import Balance
from core.actors import SYSTEM
from core.api.etags import etag_for
from core.sources import Source
from inventory.models import Location, Product, StockMovement
from inventory.tests.agreement import ledgers_agree
from inventory.tests.factories import LocationFactory
from purchases.models import (
    GoodsReceipt,
    OfferLine,
    Proposal,
    PurchaseOrder,
    Supplier,
    SupplierOpenItem,
)
from purchases.selectors.verification import LEDGER_CHECKS
from purchases.services import (
    DeliveryData,
    OrderData,
    OrderLineData,
    ProposalData,
    ReceiptRow,
    create_order,
    create_proposal,
    generate_proposal,
    receive_order,
    send_order,
)
from purchases.tests import factories as make
from users.selectors import local_today

ACTOR = make.ACTOR
D = Decimal
NAMES = ("Cardiline 5 mg 30 tab", "Gastrozol 40 mg 14 cap", "Broncovit syrup 100 ml")


def money(amount="100000", *, key="1"):
    """The owner puts cash in."""
    with transaction.atomic():
        post_entry(
            source=Source("test_capital", key),
            business_date=local_today(),
            lines=[
                EntryLine(AccountRole.CASH, debit=D(amount)),
                EntryLine(AccountRole.OWNER_CAPITAL, credit=D(amount)),
            ],
            actor=ACTOR,
        )


def place():
    return Location.objects.first() or LocationFactory()


def wanted(*names, minimum=30, maximum=60, **fields):
    """Products that lie below their minimum: a plan wants `maximum` base units (boxes of ten) of each."""
    made = make.products(*names, **fields)
    Product.objects.filter(pk__in=[one.pk for one in made]).update(
        min_stock_qty=minimum, max_stock_qty=maximum
    )
    return made


def offered(lines, *, supplier=None, **fields):
    """A ready offer of `lines` [(name, price, tiers?)]; (supplier, offer)."""
    supplier = supplier or make.a_supplier(**fields)
    return supplier, make.read_offer(supplier, lines)


def proposed(**data):
    """A generated proposal."""
    proposal = create_proposal(data=ProposalData(**data), actor=ACTOR)
    generate_proposal(proposal_id=proposal.pk)
    return Proposal.objects.get(pk=proposal.pk)


def rows_for(order, **fields):
    """Everything that the order still expects, in one batch a line."""
    expiry = fields.pop("expiry", make.days(400))
    return [
        ReceiptRow(
            line_id=line.pk,
            paid_quantity=line.open_qty,
            free_quantity=max(line.free_qty - line.received_free_qty, 0),
            batch_number=f"B{line.pk}",
            expiry=expiry,
        )
        for line in order.lines.order_by("position")
    ]


def received(order, rows=None, actor=ACTOR, **fields):
    place()
    return receive_order(
        order_id=order.pk, data=DeliveryData(rows=rows or rows_for(order), **fields), actor=actor
    )


def books_agree():
    """Every check of the ledgers, and what is open document by document is what the books say of each supplier."""
    ledgers_agree(*LEDGER_CHECKS)
    for supplier in Supplier.objects.all():
        items = SupplierOpenItem.objects.filter(supplier=supplier)
        still = sum((-one.open_value if one.is_credit else one.open_value for one in items), D(0))
        assert still == owed(supplier) + returns_due(supplier), (supplier, list(items.values()))


def returns_due(supplier):
    """What the supplier should credit for goods that are back with it, no document of debt or credit yet."""
    role = AccountRole.RETURNS_DUE
    return (
        balances_by_party(roles=[role], party_ids=[supplier.party_id]).get(supplier.party_id, Balance()).net
    )


def spendable():
    return capital_summary().spendable


def owed(supplier):
    return party_balance(supplier.party_id)


ORDERS = "/api/v1/purchase-orders/"


def sent(supplier, *quantities):
    """A sent order of `quantities` of the supplier's lines in order."""
    offered_lines = OfferLine.objects.filter(supplier=supplier).order_by("position")
    lines = [
        OrderLineData(offer_line_id=line.pk, paid_quantity=quantity)
        for line, quantity in zip(offered_lines, quantities, strict=False)
    ]
    order = create_order(data=OrderData(supplier_id=supplier.pk, lines=lines), actor=SYSTEM)
    return send_order(order_id=order.pk, actor=SYSTEM)


def order_url(order, *parts):
    return f"{ORDERS}{order.pk}/" + "".join(f"{part}/" for part in parts)


def post(client, target, data=None, **headers):
    """An order is sent and approved, a draft posted, as it is now, unless another version is named."""
    if target.endswith("/post/"):
        headers.setdefault("If-Match", "*")
    if target.startswith(ORDERS) and target.endswith(("/send/", "/approve/")):
        order = PurchaseOrder.objects.filter(pk=target.split("/")[-3]).first()
        headers.setdefault("If-Match", etag_for(order) if order else "*")
    return client.post(target, data or {}, format="json", headers=headers or None)


def row(line, paid, free=0, batch="B1", expiry=None, **more):
    """A row of a delivery as a client types it."""
    typed = {"line": line.pk, "paid_quantity": paid, "free_quantity": free, "batch_number": batch}
    return typed | {"expiry": expiry or soon()} | more


def lines_of(order):
    return list(order.lines.order_by("position"))


def nothing_received():
    return not GoodsReceipt.objects.exists() and not StockMovement.objects.exists()


def soon(days=400):
    return make.days(days).isoformat()


def market():
    """Money, a place, three products; a supplier with tiers and a fee, and a dearer one without.

    (products, the supplier with tiers)
    """
    money("100000")
    place()
    made = make.products(*NAMES)
    first, _offer = offered(
        [(NAMES[0], "1000", [(5, 1), (10, 3)]), (NAMES[1], "500")],
        name="Nile Drugs",
        delivery_fee_amount=D(200),
    )
    offered([(NAMES[0], "1100"), (NAMES[2], "300")], name="Delta Pharma")
    return made, first
