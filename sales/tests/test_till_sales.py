"""Sales at a till over HTTP: codes, discounts, coins, foreign notes, refunds out of the drawer, receipts."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pypdfium2 import PdfDocument

from capital.enums import AccountRole
from capital.selectors import account_balance
from capital.services import create_tax_class, set_exchange_rate, set_tax_rate
from inventory.keys import identifier_key
from inventory.models import Batch, ProductIdentifier, Stock
from rbac.tests.factories import client_for, roles_refused
from sales.documents.receipt_pdf import receipt_pdf
from sales.models import Refund, Sale
from sales.selectors import get_sale, shift_report
from sales.services import add_till_currency, close_shift, open_shift
from sales.tests.factories import (
    ACTOR,
    counted,
    counter,
    customer,
    drawer_of,
    many_on_shelf,
    on_shelf,
    priced,
    shop,
    sold,
    stocked,
    today,
    unit_of,
)
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
SALES = "/api/v1/sales/"


def policy(**fields):
    get_organization()
    Organization.objects.update(**fields)


def errors_of(response):
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


def at(till, *lines, paid="1000", **extra):
    return {
        "till": till.pk,
        "lines": [{"product": product.pk, "quantity": quantity} for product, quantity in lines],
        "payments": [{"method": "cash", "amount": paid}],
    } | extra


def coded(product, code, kind="gtin", unit=None):
    return ProductIdentifier.objects.create(
        product=product, unit=unit, kind=kind, value=code, key=identifier_key(kind, code)
    )


def test_cash_of_a_till_lies_in_its_drawer():
    till, shift = counter("100")
    other, _shift = counter(name="Back")
    product = on_shelf(shop(), price="10")
    payments = [{"method": "card", "amount": "6"}, {"method": "cash", "amount": "20"}]
    told = client_for("cashier").post(SALES, at(till, (product, 2), payments=payments)).json()
    assert (told["total"], told["change"], told["till"]["id"]) == ("20.00", "6.00", till.pk)
    assert told["shift"] == {"id": shift.pk, "name": shift.number}
    assert (drawer_of(till), drawer_of(other)) == (114, 0)
    assert account_balance(AccountRole.BANK) == 6


def test_without_a_shift_a_till_sells_nothing_and_policy_may_ask_for_one():
    till, shift = counter()
    product = on_shelf(shop())
    client = client_for("cashier")
    body = at(till, (product, 1))
    close_shift(shift_id=shift.pk, counts=counted("0"), actor=ACTOR)
    assert client.post(SALES, body).json()["code"] == "shift_not_open"
    assert errors_of(client.post(SALES, body | {"till": 999999})) == {("till", "not_found")}
    body.pop("till")
    policy(require_shift=True)
    assert client.post(SALES, body).json()["code"] == "shift_required"
    assert not Sale.objects.exists()
    policy(require_shift=False)
    assert client.post(SALES, body).status_code == 201


def test_a_barcode_names_product_and_unit():
    till, _shift = counter()
    product = on_shelf(shop(), price="1.50", box=30)
    box = product.units.get(name="box")
    coded(product, "4006381333931", unit=box)
    body = at(till)
    body["lines"] = [{"code": "4006381333931", "quantity": 1}]
    told = client_for("cashier").post(SALES, body).json()
    assert (told["total"], told["lines"][0]["unit"]["id"]) == ("45.00", box.pk)
    body["lines"] = [{"code": "4006381333931", "unit": unit_of(product).pk, "quantity": 1}]
    assert client_for("cashier").post(SALES, body).json()["total"] == "1.50"


def test_a_gs1_code_takes_the_batch_that_it_names():
    till, _shift = counter()
    product = priced("10")
    coded(product, "4006381333931")
    stocked(product, shop(), 5, "5", batch="SOON", days=30)
    stocked(product, shop(), 5, "5", batch="LATE", days=300)
    body = at(till)
    body["lines"] = [{"code": "010400638133393110LATE", "quantity": 1}]
    told = client_for("cashier").post(SALES, body).json()
    assert [batch["number"] for batch in told["lines"][0]["batches"]] == ["LATE"]
    assert told["lines"][0]["batch_reason"] == "scanned"


def pack(batch, days=300):
    """What the scanner reads off a pack of the batch."""
    expires = "" if days is None else f"17{today() + timedelta(days=days):%y%m%d}"
    return f"0104006381333931{expires}10{batch}"


@pytest.mark.parametrize(
    ("state", "days", "scanned", "told"),
    [
        ("active", 300, ("ELSE", -1), ("lines[0].code", "expired")),
        ("active", 300, ("GOOD", -1), ("lines[0].code", "expired")),
        ("active", -1, ("good", 300), ("lines[0].code", "expired")),
        ("recalled", 300, ("good", 300), ("lines[0].code", "recalled")),
        ("recalled", 200, ("GO-OD", 300), ("lines[0].code", "recalled")),
        ("quarantined", 300, ("GOOD", None), ("lines[0].code", "quarantined")),
        ("active", 300, ("NEVER", 300), ("lines[0].batch_reason", "batch_unknown")),
    ],
)
def test_a_pack_that_may_not_be_sold_is_not_sold_out_of_another_batch(state, days, scanned, told):
    product = priced("10")
    coded(product, "4006381333931")
    named = stocked(product, shop(), 5, "5", batch="GOOD", days=days)
    Batch.objects.filter(pk=named.batch_id).update(state=state)
    stocked(product, shop(), 5, "5", batch="OTHER", days=100)
    body = {
        "lines": [{"code": pack(*scanned), "quantity": 1}],
        "payments": [{"method": "cash", "amount": "10"}],
    }
    refused = client_for("cashier").post(SALES, body)
    assert (refused.status_code, errors_of(refused)) == (400, {told})
    assert not Sale.objects.exists()
    assert set(Stock.objects.values_list("on_hand", flat=True)) == {5}


def test_a_pack_of_a_batch_never_received_is_sold_for_a_reason_or_as_goods_without_a_number():
    product = priced("10")
    coded(product, "4006381333931")
    stocked(product, shop(), 5, "5", batch="SOON", days=30)
    line = {"code": pack("NEVER"), "quantity": 1, "batch_reason": "Number misprinted"}
    body = {"lines": [line], "payments": [{"method": "cash", "amount": "10"}]}
    told = client_for("cashier").post(SALES, body).json()["lines"][0]
    assert ([batch["number"] for batch in told["batches"]], told["batch_reason"]) == (
        ["SOON"],
        "Number misprinted",
    )
    stocked(product, shop(), 5, "5", batch="", days=300)
    del line["batch_reason"]
    told = client_for("cashier").post(SALES, body).json()["lines"][0]
    assert ([batch["number"] for batch in told["batches"]], told["batch_reason"]) == ([""], "scanned")


def test_a_pack_never_received_is_found_beside_expired_ones_of_its_kind():
    product = priced("10")
    coded(product, "4006381333931")
    stocked(product, shop(), 5, "5", batch="OLD")
    Batch.objects.update(expiry_date=today() - timedelta(days=1))
    line = {"code": pack("NEW"), "quantity": 1, "batch_reason": "Came this morning"}
    body = {"lines": [line], "payments": [{"method": "cash", "amount": "10"}]}
    told = client_for("cashier").post(SALES, body)
    assert (told.status_code, told.json()["lines"][0]["found_quantity"]) == (201, 1)
    assert sorted(Stock.objects.values_list("batch__number", "on_hand")) == [("", 0), ("OLD", 5)]


def test_a_shared_barcode_answers_the_choices_and_an_unknown_one_its_line():
    till, _shift = counter()
    first, second = on_shelf(shop()), on_shelf(shop())
    for product in (first, second):
        coded(product, "4006381333931")
    client = client_for("cashier")
    body = at(till, (first, 1))
    body["lines"].append({"code": "4006381333931", "quantity": 1})
    shared = client.post(SALES, body)
    assert (shared.status_code, shared.json()["code"]) == (409, "shared_barcode")
    assert errors_of(shared) == {("lines[1].code", "shared")}
    choices = shared.json()["params"]["choices"]
    assert [(row["line"], row["product"]) for row in choices] == [(1, first.pk), (1, second.pk)]
    body["lines"][1]["code"] = "nothing"
    assert errors_of(client.post(SALES, body)) == {("lines[1].code", "unknown")}
    body["lines"][1] = {"quantity": 1}
    assert errors_of(client.post(SALES, body)) == {("lines[1].product", "one_of")}
    other = on_shelf(shop())
    body["lines"][1] = {"product": other.pk, "code": "4006381333931", "quantity": 1}
    assert errors_of(client.post(SALES, body)) == {("lines[1].code", "unknown")}
    assert not Sale.objects.exists()
    body["lines"][1]["product"] = second.pk
    assert client.post(SALES, body).status_code == 201
    assert list(Sale.objects.get().lines.values_list("product", flat=True)) == [first.pk, second.pk]


@pytest.mark.parametrize(
    ("change", "line", "total", "discount"),
    [
        ({}, {"discount_percent": "5"}, "195.00", "5.00"),
        ({}, {"discount_amount": "4.99"}, "195.01", "4.99"),
        ({"discount_percent": "5"}, {}, "190.00", "10.00"),
        ({"discount_amount": "3.33"}, {}, "196.67", "3.33"),
        ({"discount_amount": "5"}, {"discount_percent": "5"}, "190.00", "10.00"),
    ],
)
def test_discounts_come_off_lines_and_sale(change, line, total, discount):
    till, _shift = counter()
    body = at(till, (on_shelf(shop(), price="100"), 1), (on_shelf(shop(), price="100"), 1)) | change
    body["lines"][0] |= line
    told = client_for("cashier").post(SALES, body)
    assert told.status_code == 201, told.json()
    assert (told.json()["total"], told.json()["discount"]) == (total, discount)
    assert sum(Decimal(row["amount"]) for row in told.json()["lines"]) == Decimal(total)
    assert account_balance(AccountRole.REVENUE) == -Decimal(total)


@pytest.mark.parametrize(
    ("role", "change", "line", "expected"),
    [
        ("cashier", {}, {"discount_percent": "5.01"}, ("lines[0].discount_percent", "above_limit")),
        ("cashier", {"discount_percent": "6"}, {}, ("discount_percent", "above_limit")),
        (
            "cashier",
            {"discount_percent": "5"},
            {"discount_percent": "5"},
            ("discount_percent", "above_limit"),
        ),
        ("pharmacist", {}, {"discount_amount": "25.01"}, ("lines[0].discount_percent", "above_limit")),
        (
            "pharmacist",
            {},
            {"unit_price": "80", "discount_percent": "10"},
            ("lines[0].discount_percent", "above_limit"),
        ),
    ],
)
def test_nobody_goes_further_below_the_list_price_than_their_role(role, change, line, expected):
    till, _shift = counter()
    body = at(till, (on_shelf(shop(), price="100"), 1)) | change
    body["lines"][0] |= line
    response = client_for(role).post(SALES, body)
    assert (response.status_code, response.json()["code"]) == (403, "discount_above_limit")
    assert errors_of(response) == {expected}
    assert not Sale.objects.exists()
    assert Stock.objects.get().on_hand == 100
    assert client_for("owner").post(SALES, body).status_code == 201


@pytest.mark.parametrize(
    ("change", "line", "expected"),
    [
        ({}, {"discount_percent": "-1"}, ("lines[0].discount_percent", "min_value")),
        ({}, {"discount_percent": "101"}, ("lines[0].discount_percent", "max_value")),
        ({}, {"discount_amount": "100.01"}, ("lines[0].discount_amount", "invalid")),
        ({}, {"discount_amount": "0.001"}, ("lines[0].discount_amount", "invalid")),
        ({}, {"discount_amount": "1", "discount_percent": "1"}, ("lines[0].discount_percent", "both")),
        ({"discount_amount": "100.01"}, {}, ("discount_amount", "invalid")),
    ],
)
def test_a_bad_discount_names_its_field_and_sells_nothing(change, line, expected):
    till, _shift = counter()
    body = at(till, (on_shelf(shop(), price="100"), 1)) | change
    body["lines"][0] |= line
    response = client_for("owner").post(SALES, body)
    assert (response.status_code, errors_of(response)) == (400, {expected})
    assert not Sale.objects.exists()
    assert drawer_of(till) == 0


@pytest.mark.parametrize(
    ("price", "paid", "change", "rounding"),
    [
        ("103", "105", "0.00", "-2.00"),
        ("102", "100", "0.00", "2.00"),
        ("102.50", "200", "95.00", "-2.50"),
        ("103", "110", "5.00", "-2.00"),
        ("102", "102", "0.00", "0.00"),
        ("1", "5", "0.00", "-4.00"),
    ],
)
def test_cash_is_rounded_to_the_coin_in_use(price, paid, change, rounding):
    policy(cash_rounding_step="5")
    till, _shift = counter()
    told = client_for("cashier").post(SALES, at(till, (on_shelf(shop(), price=price), 1), paid=paid))
    assert told.status_code == 201, told.json()
    told = told.json()
    assert (told["change"], told["rounding"]) == (change, rounding)
    assert Decimal(told["total"]) == Decimal(paid) - Decimal(change) + Decimal(rounding)
    assert drawer_of(till) == Decimal(paid) - Decimal(change)
    assert account_balance(AccountRole.ROUNDING) == Decimal(rounding)


def test_without_cash_nothing_is_rounded_and_too_little_is_too_little():
    policy(cash_rounding_step="5")
    till, _shift = counter()
    product = on_shelf(shop(), price="103")
    client = client_for("cashier")
    assert client.post(SALES, at(till, (product, 1), paid="104")).json()["code"] == "underpaid"
    assert not Sale.objects.exists()
    card = [{"method": "card", "amount": "103"}]
    assert client.post(SALES, at(till, (product, 1), payments=card)).json()["rounding"] == "0.00"
    mixed = [{"method": "card", "amount": "50"}, {"method": "cash", "amount": "55"}]
    told = client.post(SALES, at(till, (product, 1), payments=mixed)).json()
    assert (told["rounding"], told["change"]) == ("-2.00", "0.00")


def test_foreign_notes_are_taken_at_the_rate_of_the_day_and_change_is_ours():
    till, shift = counter()
    close_shift(shift_id=shift.pk, counts=counted("0"), actor=ACTOR)
    add_till_currency(till_id=till.pk, currency="USD", actor=ACTOR)
    empty = [*counted("50000"), *counted("0", "USD")]
    open_shift(till_id=till.pk, counts=empty, reason="Float", actor=ACTOR)
    client, product = client_for("cashier"), on_shelf(shop(), price="100000")
    notes = [{"method": "cash", "amount": "10", "currency": "USD"}]
    body = at(till, (product, 1), payments=notes)
    assert client.post(SALES, body).json()["code"] == "no_exchange_rate"
    set_exchange_rate(currency="USD", rate_date=today(), rate=Decimal(13000), actor=ACTOR)
    told = client.post(SALES, body)
    assert told.status_code == 201, told.json()
    assert (told.json()["paid"], told.json()["change"]) == ("130000.00", "30000.00")
    assert told.json()["payments"][0]["foreign_amount"] == "10.00"
    assert (drawer_of(till, "USD"), drawer_of(till)) == (10, 20000)
    short = client.post(SALES, body)  # thirty thousand of change, and twenty in the drawer
    assert (short.status_code, short.json()["code"]) == (409, "not_enough_in_till")
    card = at(till, (product, 1), payments=[{"method": "card", "amount": "10", "currency": "USD"}])
    assert errors_of(client.post(SALES, card)) == {("payments[0].currency", "not_cash")}
    euro = at(till, (product, 1), payments=[{"method": "cash", "amount": "10", "currency": "EUR"}])
    assert client.post(SALES, euro).status_code in (400, 409)
    body.pop("till")
    assert errors_of(client.post(SALES, body)) == {("till", "required")}
    assert Sale.objects.count() == 1


def test_a_refund_in_cash_leaves_the_drawer_and_never_more_than_was_paid():
    policy(cash_rounding_step="5")
    till, shift = counter("100")
    product = on_shelf(shop(), price="28")
    sale = sold((product, 4), paid="110", till_id=till.pk)
    client = client_for("pharmacist")
    url = f"{SALES}{sale.pk}/refund/"
    paid = []
    for _line in range(4):
        request = {"reason": "Back", "till": till.pk, "lines": [{"line": 0, "quantity": 1}]}
        told = client.post(url, request)
        assert told.status_code == 201, told.json()
        paid.append(told.json()["paid"])
    assert paid == ["30.00", "30.00", "30.00", "20.00"]
    assert drawer_of(till) == 100
    assert account_balance(AccountRole.ROUNDING) == 0
    assert {refund.shift_id for refund in Refund.objects.all()} == {shift.pk}


def test_money_goes_back_the_way_it_came_unless_policy_says_otherwise():
    till, _shift = counter("100")
    buyer = customer(limit="1000")
    product = on_shelf(shop(), price="10")
    client = client_for("pharmacist")
    bought = [{"method": "account", "amount": "20"}]
    sale = client.post(SALES, at(till, (product, 2), payments=bought, customer=buyer.pk)).json()
    url = f"{SALES}{sale['id']}/refund/"
    in_cash = {"reason": "Back", "till": till.pk, "method": "cash"}
    refused = client.post(url, in_cash)
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_method_refused")
    assert Decimal(refused.json()["params"]["refundable"]) == 0
    assert (Refund.objects.count(), drawer_of(till)) == (0, 100)
    policy(refund_policy="any_method")
    assert client.post(url, in_cash).status_code == 201
    assert drawer_of(till) == 80


def test_a_refund_needs_the_shift_and_the_cash():
    till, shift = counter("50")
    sale = sold((on_shelf(shop(), price="100"), 1), paid="100")  # on the main cash account
    client = client_for("pharmacist")
    url = f"{SALES}{sale.pk}/refund/"
    short = client.post(url, {"reason": "Back", "till": till.pk})
    assert (short.status_code, short.json()["code"]) == (409, "not_enough_in_till")
    close_shift(shift_id=shift.pk, counts=counted("50"), actor=ACTOR)
    assert client.post(url, {"reason": "Back", "till": till.pk}).json()["code"] == "shift_not_open"
    policy(require_shift=True)
    assert client.post(url, {"reason": "Back"}).json()["code"] == "shift_required"
    assert not Refund.objects.exists()


def test_what_a_till_sold_is_reversed_out_of_its_open_shift():
    till, shift = counter()
    sale = sold((on_shelf(shop(), price="40"), 1), paid="40", till_id=till.pk)
    client = client_for("pharmacist")
    url = f"{SALES}{sale.pk}/reverse/"
    handed = close_shift(shift_id=shift.pk, counts=counted("40"), actor=ACTOR)
    assert client.post(url, {"reason": "x"}).json()["code"] == "shift_not_open"
    second = open_shift(till_id=till.pk, counts=counted("40"), actor=ACTOR)
    assert client.post(url, {"reason": "x"}).status_code == 200
    assert drawer_of(till) == 0
    assert shift_report(shift_id=second.pk).reversed_total == 40
    assert shift_report(shift_id=handed.pk).reversed_total == 0


@pytest.fixture
def after_9998():
    """The next sales are the 9,999th and the 10,000th."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM sales_sale_number_seq")
        (before,) = cursor.fetchone()
        cursor.execute("SELECT setval('sales_sale_number_seq', 9998)")
        yield
        cursor.execute("SELECT setval('sales_sale_number_seq', %s)", [before])


@pytest.mark.usefixtures("after_9998")
def test_the_reports_explain_the_drawer_to_the_digit():
    policy(cash_rounding_step="5", tax_regime="vat")
    rate = create_tax_class(name="Medicines", is_default=True, prices_include_tax=True, actor=ACTOR)
    set_tax_rate(tax_class_id=rate.pk, rate=Decimal(10), valid_from="2020-01-01", actor=ACTOR)
    till, shift = counter("100")
    product = on_shelf(shop(), price="103")
    first = sold((product, 1), paid="200", till_id=till.pk)
    client = client_for("pharmacist")
    card = [{"method": "card", "amount": "206"}]
    last = client.post(SALES, at(till, (product, 2), payments=card)).json()
    client.post(f"{SALES}{first.pk}/refund/", {"reason": "Back", "till": till.pk})
    url = f"/api/v1/shifts/{shift.pk}/"
    client.post(f"{url}cash/", {"direction": "out", "amount": "30", "reason": "To the safe"})
    interim = client.get(f"{url}x-report/").json()
    assert interim["drawers"][0]["expected"] == "70.00"
    close_shift(shift_id=shift.pk, counts=counted("68"), actor=ACTOR, note="Two short")
    told = client.get(f"{url}z-report/").json()
    assert (told["sales_count"], told["total"], told["tax"]) == (2, "309.00", "28.09")
    assert (told["first_number"], told["last_number"]) == (first.number, last["number"])
    assert {row["method"]: (row["taken"], row["given_back"]) for row in told["methods"]} == {
        "cash": ("105.00", "105.00"),
        "card": ("206.00", "0.00"),
    }
    assert {row["name"]: row["total"] for row in told["sellers"]} == {
        ACTOR.name: "103.00",
        str(client.user): "206.00",
    }
    assert [(row["rate"], row["net"], row["tax"]) for row in told["taxes"]] == [("10.00", "280.91", "28.09")]
    drawer = told["drawers"][0]
    assert (drawer["float"], drawer["sales"], drawer["refunds"]) == ("0.00", "105.00", "105.00")
    assert (drawer["cash_in"], drawer["cash_out"], drawer["other"]) == ("100.00", "30.00", "0.00")
    assert (drawer["expected"], drawer["counted"], drawer["difference"]) == ("70.00", "68.00", "-2.00")
    again = client.get(f"{url}z-report/").json()
    assert again == told


def test_the_receipt_and_the_closing_report_are_printed_in_both_languages():
    policy(name="Al Shifa", name_ar="صيدلية الشفاء", tax_number="TAX-77")
    till, shift = counter()
    product = on_shelf(shop(), price="1250", name_en="Panadol", name_ar="بانادول")
    sale = sold((product, 2), paid="3000", till_id=till.pk)
    url = f"{SALES}{sale.pk}/receipt/"
    roles_refused("get", url, allowed=("owner", "pharmacist", "cashier", "accountant", "auditor"))
    client = client_for("cashier")
    answer = client.get(f"{url}?copy=true")
    assert answer["Content-Type"] == "application/pdf"
    page = PdfDocument(answer.content)[0]
    assert round(page.get_width()) == round(80 / 25.4 * 72)
    text = page.get_textpage().get_text_range()
    for part in ("Al Shifa", "TAX-77", "Panadol", "2,500.00", "3,000.00", "500.00", sale.number, "COPY"):
        assert part in text, (part, text)
    assert "COPY" not in PdfDocument(client.get(url).content)[0].get_textpage().get_text_range()
    with translation.override("ar"):
        arabic = receipt_pdf(get_sale(sale_id=sale.pk))
    assert PdfDocument(arabic)[0].get_textpage().count_chars() > 60
    pdf = f"/api/v1/shifts/{shift.pk}/pdf/"
    assert client.get(pdf).json()["code"] == "shift_still_open"
    close_shift(shift_id=shift.pk, counts=counted("2500"), actor=ACTOR)
    text = PdfDocument(client.get(pdf).content)[0].get_textpage().get_text_range()
    for part in (shift.number, sale.number, "2,500.00"):
        assert part in text, (part, text)


def test_at_a_till_5_lines_cost_the_statements_of_500_and_few():
    place = shop()
    till, _shift = counter()
    client = client_for("pharmacist")
    client.post(SALES, at(till, (on_shelf(place), 1)))
    counts = []
    for size in (5, 500):
        products = many_on_shelf(size, place)
        for number, product in enumerate(products):
            coded(product, f"C{size}-{number}", kind="internal")
        body = at(till, *((product, 1) for product in products), paid="100000")
        body["lines"] = [
            {"code": f"C{size}-{number}", "quantity": 1, "discount_percent": "1"} for number in range(size)
        ]
        with CaptureQueriesContext(connection) as captured:
            response = client.post(SALES, body)
        assert response.status_code == 201, response.json()
        counts.append(len(captured))
    assert counts[0] == counts[1], counts


def test_an_ordinary_sale_of_5_lines_is_few_statements():
    place = shop()
    till, _shift = counter()
    products = [on_shelf(place) for _number in range(5)]
    sold((products[0], 1), till_id=till.pk)
    with CaptureQueriesContext(connection) as captured:
        sold(*((product, 1) for product in products), till_id=till.pk)
    assert len(captured) <= 14, [query["sql"][:90] for query in captured.captured_queries]


def test_a_batch_is_chosen_for_a_reason():
    till, _shift = counter()
    product = priced()
    stocked(product, shop(), 5, "5", batch="SOON", days=30)
    batch = Batch.objects.get()
    body = at(till, (product, 1))
    body["lines"][0] |= {"batch": batch.pk, "batch_reason": "  "}
    assert errors_of(client_for("owner").post(SALES, body)) == {("lines[0].batch_reason", "required")}
    assert not Sale.objects.exists()
