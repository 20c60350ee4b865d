"""Goods that came and invoices for them, over the API."""

from purchases.tests import buying as buy
from purchases.tests.buying import lines_of, post, row, sent
from users.selectors import local_today

INVOICES = "/api/v1/supplier-invoices/"
PAYMENTS = "/api/v1/supplier-payments/"
RECEIPTS = "/api/v1/goods-receipts/"


def came(client, supplier, *quantities, batch="B"):
    """A delivery of a fresh order, whole; the receipt as JSON."""
    order = sent(supplier, *quantities)
    rows = [row(line, line.paid_qty, line.free_qty, batch=f"{batch}{line.pk}") for line in lines_of(order)]
    response = post(client, buy.order_url(order, "receive"), {"lines": rows})
    assert response.status_code == 201, response.content
    return response.json()


def goods(receipt, *quantities, price=None, **more):
    """Invoice lines for the receipt's lines: all of each, or the quantities given; at `price`, or as received."""
    quantities = quantities or [line["paid_quantity"] for line in receipt["lines"]]
    priced = {} if price is None else {"unit_price": price}
    return [
        {"receipt_line": line["id"], "quantity": quantity} | priced | more
        for line, quantity in zip(receipt["lines"], quantities, strict=False)
    ]


def body_of(supplier, lines, number="INV-1", **more):
    head = {"supplier": supplier.pk, "supplier_number": number, "invoice_date": local_today().isoformat()}
    return head | {"lines": lines} | more


def drafted(client, supplier, lines, number="INV-1", **more):
    response = post(client, INVOICES, body_of(supplier, lines, number, **more))
    assert response.status_code == 201, response.content
    return response.json()


def invoiced(client, supplier, lines, number="INV-1", **more):
    """A posted invoice as JSON."""
    draft = drafted(client, supplier, lines, number, **more)
    response = post(client, f"{INVOICES}{draft['id']}/post/")
    assert response.status_code == 200, response.content
    return response.json()


def paid(client, supplier, amount, **more):
    response = post(client, PAYMENTS, {"supplier": supplier.pk, "amount": str(amount)} | more)
    assert response.status_code == 201, response.content
    return response.json()


def invoice_url(invoice, *parts):
    return f"{INVOICES}{invoice['id']}/" + "".join(f"{part}/" for part in parts)
