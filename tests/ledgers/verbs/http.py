"""What front ends send, sensible or not: over HTTP, twice with one key."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.ledgers.pharmacy import PICK, Pharmacy

#: Mostly what a person means; then nothing, less than nothing, a fraction, more than there is, no number.
NUMBERS = st.sampled_from([1, 2, 3, 5]) | st.sampled_from([1, 0, -1, "1.5", 10**7, "x"])
MONEY = st.sampled_from(["1", "20.50", "300"]) | st.sampled_from(
    ["2", "0", "-5", "1.005", "1e9", "NaN", 10**14]
)
EXPIRIES = st.sampled_from(["2031-01-31", "2031-01", "2030-05-31", "2020-01-31", "soon"])


class HttpVerbs(Pharmacy):
    @rule(
        pick=PICK,
        quantity=NUMBERS,
        twice=st.booleans(),
        paid=st.sampled_from(["100000", "100000", "90", "0"]),
    )
    def post_a_sale(self, pick, quantity, twice, paid):
        line = {"product": self.product(pick).pk, "quantity": quantity}
        body = {"lines": [line] * (1 + twice), "payments": [{"method": "cash", "amount": paid}]}
        self.send("sales/", body, keep="sale")

    @rule(pick=PICK, quantity=NUMBERS, cost=MONEY, expiry=EXPIRIES, unit=st.sampled_from([None, None, 10**9]))
    def post_a_delivery(self, pick, quantity, cost, expiry, unit):
        row = {
            "product": self.product(pick).pk,
            "paid_quantity": quantity,
            "unit_cost": cost,
            "expiry": expiry,
        }
        row |= {"batch_number": "B1"} | ({"unit": unit} if unit else {})
        self.send("goods-receipts/", {"supplier": self.supplier.pk, "lines": [row]}, keep="receipt")

    @rule(pick=PICK, quantity=NUMBERS, there=st.sampled_from([True, True, True, False]))
    def post_a_transfer(self, pick, quantity, there):
        ends = (self.shop.pk, self.store.pk if there else self.shop.pk)
        body = {"from_location": ends[0], "to_location": ends[1]}
        body["lines"] = [{"product": self.product(pick).pk, "quantity": quantity}]
        self.send("stock-transfers/", body, keep="transfer")

    @rule(pick=PICK, quantity=NUMBERS, reason=st.sampled_from(["loss", "found", "theft"]))
    def post_an_adjustment(self, pick, quantity, reason):
        line = {"product": self.product(pick).pk, "location": self.shop.pk, "quantity": quantity}
        self.send("stock-adjustments/", {"reason": reason, "note": "x", "lines": [line]}, keep="adjustment")

    @rule(amount=MONEY, path=st.sampled_from(["expenses/", "owner-drawings/", "owner-contributions/"]))
    def post_money(self, amount, path):
        keep = {"expenses/": "expense", "owner-drawings/": "drawing"}.get(path, "contribution")
        self.send(path, {"business_date": self.day.isoformat(), "amount": amount}, keep=keep)

    @rule(amount=MONEY, currency=st.sampled_from(["SYP", "USD", "EUR", "XXX"]))
    def post_a_payment(self, amount, currency):
        body = {"supplier": self.supplier.pk, "amount": amount, "currency": currency}
        self.send("supplier-payments/", body, keep="payment")

    @rule(amount=MONEY, method=st.sampled_from(["cash", "card", "write_off", "shells"]))
    def post_a_customer_payment(self, amount, method):
        self.send(
            f"customers/{self.buyer.pk}/payments/",
            {"amount": amount, "method": method},
            keep="receipt_of_money",
        )
