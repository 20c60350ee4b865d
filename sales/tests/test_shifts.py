"""Shifts: a counted float, cash in and out, a blind count, a close that explains the drawer to the digit."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.models import Account, JournalEntry
from capital.selectors import account_balance, balance_of_account, default_account
from capital.services import EntryLine, create_account, money_in, post_entry, set_exchange_rate
from core.models import AuditEvent
from core.sources import Source
from notifications.models import Alert
from rbac.models import Permission, Role
from rbac.tests.factories import client_for, roles_refused, user_with_role
from sales.errors import ShiftNotOpen
from sales.models import CashMovement, Shift, ShiftCash, ShiftCount
from sales.selectors import shift_report
from sales.services import HandOver, add_till_currency, close_shift, create_till, open_shift
from sales.tests.factories import (
    ACTOR,
    counted,
    counter,
    drawer_of,
    in_the_safe,
    on_shelf,
    shop,
    sold,
    today,
)
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
SHIFTS = "/api/v1/shifts/"
TILLS = ("owner", "pharmacist", "cashier")


def errors_of(response):
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


def new_till(name="Front"):
    return create_till(name=name, location_id=shop().pk, actor=ACTOR)


def opening(till, amount="0", **extra):
    return {"till": till.pk, "counts": [{"currency": "SYP", "amount": amount}]} | extra


def counts(*rows):
    parts = [{"value": value, "pieces": pieces} for value, pieces in rows]
    return [{"currency": "SYP", "denominations": parts}]


def main_cash():
    return balance_of_account(default_account(AccountRole.CASH).pk)


def test_a_shift_opens_with_what_is_counted_and_one_is_open_a_till():
    till = new_till()
    roles_refused("post", SHIFTS, opening(till), allowed=TILLS)
    assert not Shift.objects.exists()
    client = client_for("cashier")
    told = client.post(SHIFTS, opening(till))
    assert told.status_code == 201, told.json()
    assert (told.json()["status"], told.json()["number"][:3]) == ("open", "SH-")
    again = client.post(SHIFTS, opening(till))
    assert (again.status_code, again.json()["code"]) == (409, "shift_already_open")
    assert Shift.objects.count() == 1
    with pytest.raises(IntegrityError, match="shift_one_open_a_till"), transaction.atomic():
        Shift.objects.create(number="X", till=till, business_date=today(), opened_by_name="x")


def test_people_stand_there_by_name_and_two_of_one_name_are_two_sellers():
    till, nameless = new_till(), user_with_role("cashier", name="")
    opened = client_for(user=nameless).post(SHIFTS, opening(till)).json()
    assert opened["opened_by_name"] == nameless.email
    body = {"lines": [{"product": on_shelf(shop(), price="40").pk, "quantity": 1}], "till": till.pk}
    for person in [user_with_role("cashier", name="Rana") for _one in range(2)]:
        sale = client_for(user=person).post(
            "/api/v1/sales/", body | {"payments": [{"method": "cash", "amount": "40"}]}
        )
        assert sale.status_code == 201, sale.json()
    sellers = shift_report(shift_id=opened["id"]).sellers
    assert [(row["name"], row["count"]) for row in sellers] == [("Rana", 1), ("Rana", 1)]


def test_a_float_that_differs_from_the_books_says_why_and_goes_to_over_and_short():
    till, shift = counter("100")
    close_shift(shift_id=shift.pk, counts=counted("100"), actor=ACTOR)
    client = client_for("cashier")
    entries = JournalEntry.objects.count()
    refused = client.post(SHIFTS, opening(till, "150"))
    assert (refused.status_code, errors_of(refused)) == (400, {("reason", "required")})
    assert (Shift.objects.count(), JournalEntry.objects.count()) == (1, entries)
    told = client.post(SHIFTS, opening(till, "150", reason="Found in the drawer")).json()
    assert told["cash"][0]["float"] == "150.00"
    assert told["cash"][0]["opening_difference"] == "50.00"
    assert drawer_of(till) == 150
    assert account_balance(AccountRole.CASH_OVER_SHORT) == -50


def floating(till, source, amount="50000", **extra):
    return {"till": till.pk, "counts": [{"currency": "SYP", "amount": amount, "float_from": source}]} | extra


def test_the_float_of_an_empty_drawer_comes_from_the_safe_and_is_no_gain():
    get_organization()
    Organization.objects.update(cash_difference_limit=Decimal(0))
    till, client, safe = new_till(), client_for("cashier"), default_account(AccountRole.CASH)
    for request in (opening(till, "50000"), opening(till, "50000", reason="Float")):
        refused = client.post(SHIFTS, request)
        assert (refused.status_code, errors_of(refused)) == (400, {("counts[0].float_from", "required")})
    assert not Shift.objects.exists()
    assert not JournalEntry.objects.exists()
    in_the_safe("50000")
    told = client.post(SHIFTS, floating(till, safe.pk))
    assert told.status_code == 201, told.json()
    cash = told.json()["cash"][0]
    assert (cash["float"], cash["opening_difference"]) == ("50000.00", "0.00")
    assert cash["float_from"] == {"id": safe.pk, "name": safe.label}
    assert (drawer_of(till), main_cash(), account_balance(AccountRole.CASH_OVER_SHORT)) == (50000, 0, 0)
    entry = JournalEntry.objects.get(source_kind="shift")
    assert entry.source_id == str(told.json()["id"])
    assert not Alert.objects.exists()


def test_no_float_and_no_cash_in_is_more_than_the_account_holds():
    till, client, safe = new_till(), client_for("cashier"), default_account(AccountRole.CASH)
    in_the_safe("100")
    refused = client.post(SHIFTS, floating(till, safe.pk, "100.01"))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_enough_cash")
    assert (Shift.objects.count(), main_cash()) == (0, 100)
    shift = client.post(SHIFTS, floating(till, safe.pk, "60")).json()["id"]
    cash = {"direction": "in", "amount": "40.01", "reason": "Change"}
    refused = client.post(f"{SHIFTS}{shift}/cash/", cash)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_enough_cash")
    assert (drawer_of(till), main_cash(), CashMovement.objects.count()) == (60, 40, 0)
    assert client.post(f"{SHIFTS}{shift}/cash/", cash | {"amount": "40"}).status_code == 201
    assert (drawer_of(till), main_cash()) == (100, 0)


def test_a_float_out_of_another_account_is_taken_by_who_may_move_cash():
    till, shift = counter("100")
    close_shift(shift_id=shift.pk, counts=counted("100"), actor=ACTOR)
    in_the_safe("50")
    role = Role.objects.create(code="opener", name="Opener")
    role.permissions.set(Permission.objects.filter(code="sales.open_shift"))
    client, fresh = client_for("opener"), new_till("Back")
    refused = client.post(SHIFTS, floating(fresh, default_account(AccountRole.CASH).pk, "50"))
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert (Shift.objects.count(), main_cash()) == (1, 50)
    assert client.post(SHIFTS, opening(till, "100")).status_code == 201, (
        "what lay in it is taken from nowhere"
    )
    assert client.post(SHIFTS, opening(fresh)).status_code == 201


def test_an_emptied_drawer_takes_its_float_likewise_and_money_that_lay_in_it_only_for_a_reason():
    till, shift = counter("100")
    bank = default_account(AccountRole.BANK)
    over = [HandOver("SYP", Decimal(100))]
    close_shift(shift_id=shift.pk, counts=counted("100"), handed_over=over, actor=ACTOR)
    client = client_for("cashier")
    assert errors_of(client.post(SHIFTS, opening(till, "5"))) == {("counts[0].float_from", "required")}
    in_the_safe("5", bank)
    opened = client.post(SHIFTS, floating(till, bank.pk, "5"))
    assert opened.status_code == 201, opened.json()
    assert (drawer_of(till), balance_of_account(bank.pk)) == (5, 0)
    over = [HandOver("SYP", Decimal(5))]
    close_shift(shift_id=opened.json()["id"], counts=counted("5"), handed_over=over, actor=ACTOR)
    assert client.post(SHIFTS, opening(till, "5", reason="A coin under the tray")).status_code == 201
    assert (drawer_of(till), account_balance(AccountRole.CASH_OVER_SHORT)) == (5, -5)


def test_a_float_from_nowhere_or_into_a_drawer_that_is_not_empty_opens_nothing():
    till, shift = counter("100")
    close_shift(shift_id=shift.pk, counts=counted("100"), actor=ACTOR)
    fresh, client, safe = new_till("Back"), client_for("cashier"), default_account(AccountRole.CASH)
    entries = JournalEntry.objects.count()
    for request, code in (
        (floating(till, safe.pk, "150"), "not_empty"),
        (floating(fresh, 999999), "not_money"),
        (floating(fresh, Account.objects.get(code="6000").pk), "not_money"),
        (floating(fresh, fresh.accounts.get().account_id), "not_money"),
        (floating(fresh, till.accounts.get().account_id), "not_money"),  # another till's drawer
        (floating(fresh, 0), "min_value"),
    ):
        refused = client.post(SHIFTS, request)
        assert (refused.status_code, errors_of(refused)) == (400, {("counts[0].float_from", code)}), code
    assert (Shift.objects.count(), JournalEntry.objects.count(), drawer_of(till)) == (1, entries, 100)


@pytest.mark.parametrize(("limit", "told"), [("0", True), ("49.99", True), ("50", False)])
def test_a_drawer_that_is_out_by_more_than_the_limit_is_told_of(limit, told):
    get_organization()
    Organization.objects.update(cash_difference_limit=Decimal(limit))
    till, shift = counter("100")
    close_shift(shift_id=shift.pk, counts=counted("50"), note="Gone", actor=ACTOR)
    again = open_shift(till_id=till.pk, counts=counted("50"), actor=ACTOR)
    close_shift(shift_id=again.pk, counts=counted("50"), actor=ACTOR)
    alerts = [(alert.key, alert.params["difference"]) for alert in Alert.objects.all()]
    assert alerts == ([(f"{shift.pk}-closing-SYP", "-50.0000")] if told else [])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"counts": []}, ("counts", "min_length")),
        ({"counts": [{"currency": "EUR", "amount": "1"}]}, ("counts[0].currency", "not_taken")),
        ({"counts": counts(("5", -1))}, ("counts[0].denominations[0].pieces", "min_value")),
        ({"counts": counts(("0.001", 1))}, ("counts[0].denominations[0].value", "invalid")),
        ({"counts": counts(("0", 1))}, ("counts[0].denominations[0].value", "invalid")),
        ({"counts": [{"currency": "SYP", "amount": "-1"}]}, ("counts[0].amount", "min_value")),
        ({"counts": [*counts(("5", 1)), *counts(("5", 1))]}, ("counts[1].currency", "twice")),
        ({"till": 999999}, ("till", "not_found")),
    ],
)
def test_a_bad_opening_names_the_field_and_opens_nothing(body, expected):
    till = new_till()
    response = client_for("cashier").post(SHIFTS, opening(till) | body)
    assert response.status_code == 400, response.json()
    assert expected in errors_of(response), response.json()
    assert not Shift.objects.exists()
    assert not JournalEntry.objects.exists()


def test_cash_goes_in_and_out_with_its_reason_and_never_below_nothing():
    till, shift = counter()
    url = f"{SHIFTS}{shift.pk}/cash/"
    request = {"direction": "in", "amount": "500", "reason": "Change from the safe"}
    roles_refused("post", url, request, allowed=TILLS)
    assert not CashMovement.objects.exists()
    client = client_for("cashier")
    in_the_safe("500")
    assert client.post(url, request).status_code == 201
    assert (drawer_of(till), main_cash()) == (500, 0)
    bank = default_account(AccountRole.BANK)
    out = {"direction": "out", "amount": "200", "account": bank.pk, "reason": "To the bank"}
    assert client.post(url, out).status_code == 201
    assert (drawer_of(till), balance_of_account(bank.pk)) == (300, 200)
    rent = Account.objects.get(code="6000")
    tea = {"direction": "out", "amount": "30", "account": rent.pk, "reason": "Tea"}
    told = client_for("pharmacist").post(url, tea).json()
    assert told["expense"]["name"].startswith("EXP-")
    assert (drawer_of(till), balance_of_account(rent.pk)) == (270, 30)
    more = client.post(url, {"direction": "out", "amount": "270.01", "reason": "All of it"})
    assert (more.status_code, more.json()["code"]) == (409, "not_enough_in_till")
    assert drawer_of(till) == 270
    assert CashMovement.objects.count() == 3


@pytest.mark.parametrize(
    ("role", "allowed"), [(AccountRole.OWNER_DRAWINGS, "owner"), (AccountRole.GENERAL_EXPENSE, "pharmacist")]
)
def test_expenses_and_drawings_leave_the_drawer_by_who_may_post_them(role, allowed):
    till, shift = counter("500")
    account = default_account(role)
    out = {"direction": "out", "amount": "500", "account": account.pk, "reason": "x"}
    refused = client_for("cashier").post(f"{SHIFTS}{shift.pk}/cash/", out)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    if allowed == "owner":
        assert client_for("pharmacist").post(f"{SHIFTS}{shift.pk}/cash/", out).status_code == 403
    assert (drawer_of(till), balance_of_account(account.pk)) == (500, 0)
    assert client_for(allowed).post(f"{SHIFTS}{shift.pk}/cash/", out).status_code == 201
    assert (drawer_of(till), balance_of_account(account.pk)) == (0, 500)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount": "0"}, ("amount", "invalid")),
        ({"amount": "1.005"}, ("amount", "invalid")),
        ({"amount": "-1"}, ("amount", "min_value")),
        ({"reason": ""}, ("reason", "blank")),
        ({"currency": "EUR"}, ("currency", "not_taken")),
        ({"account": 999999}, ("account", "invalid")),
        ({"direction": "sideways"}, ("direction", "invalid_choice")),
    ],
)
def test_bad_cash_names_the_field_and_moves_nothing(change, expected):
    till, shift = counter("100")
    request = {"direction": "in", "amount": "5", "reason": "x"} | change
    response = client_for("cashier").post(f"{SHIFTS}{shift.pk}/cash/", request)
    assert (response.status_code, errors_of(response)) == (400, {expected})
    assert (drawer_of(till), CashMovement.objects.count()) == (100, 1)


def test_cash_does_not_come_out_of_an_expense_nor_out_of_a_drawer():
    (till, shift), (other, _open) = counter("100"), counter("50", name="Back")
    client = client_for("cashier")
    url = f"{SHIFTS}{shift.pk}/cash/"
    drawers = [one.accounts.get().account_id for one in (till, other)]
    for account in (Account.objects.get(code="6000").pk, *drawers):
        response = client.post(url, {"direction": "in", "amount": "5", "account": account, "reason": "x"})
        assert errors_of(response) == {("account", "invalid")}
    assert (drawer_of(till), drawer_of(other)) == (100, 50)


def test_a_count_is_blind_and_the_close_tells_what_differed():
    till, shift = counter("100")
    sold((on_shelf(shop(), price="40"), 1), paid="50", till_id=till.pk)
    client = client_for("cashier")
    url = f"{SHIFTS}{shift.pk}/"
    blind = client.post(f"{url}count/", {"counts": counts(("100", 1), ("25", 1), ("5", 2))})
    assert blind.status_code == 200, blind.json()
    for told in (blind.json(), client.get(url).json()):
        assert told["cash"][0]["expected"] is None
        assert "140" not in str(told["cash"])
    assert client.get(f"{url}x-report/").status_code == 403
    assert client.get(f"{url}z-report/").json()["code"] == "shift_still_open"
    closed = client.post(f"{url}close/")
    assert closed.status_code == 200, "a refusal would tell that the drawer differs"
    cash = closed.json()["cash"][0]
    assert (cash["expected"], cash["counted"], cash["difference"]) == ("140.00", "135.00", "-5.00")
    assert drawer_of(till) == 135
    assert account_balance(AccountRole.CASH_OVER_SHORT) == 5
    rows = ShiftCount.objects.filter(shift=shift).latest("pk").denominations
    assert [(Decimal(row["value"]), row["pieces"]) for row in rows] == [(100, 1), (25, 1), (5, 2)]
    assert AuditEvent.objects.filter(action="sales.close_shift").count() == 1


def test_counting_and_closing_are_for_tills():
    _till, shift = counter()
    request = {"counts": counts(("100", 0))}
    for verb in ("count", "close"):
        roles_refused("post", f"{SHIFTS}{shift.pk}/{verb}/", request, allowed=TILLS)
    assert Shift.objects.get().status == "open"
    for role in TILLS:
        assert client_for(role).post(f"{SHIFTS}{shift.pk}/count/", request).status_code == 200, role
    assert client_for("accountant").get(f"{SHIFTS}{shift.pk}/x-report/").status_code == 200


def test_a_close_goes_by_a_count_only_while_no_money_moved_since():
    till, shift = counter("100")
    client = client_for("cashier")
    url = f"{SHIFTS}{shift.pk}/"
    uncounted = client.post(f"{url}close/", {})
    assert errors_of(uncounted) == {("counts", "missing")}
    client.post(f"{url}count/", {"counts": counts(("100", 1))})
    sold((on_shelf(shop(), price="40"), 1), paid="40", till_id=till.pk)
    stale = client.post(f"{url}close/", {})
    assert (stale.status_code, stale.json()["code"]) == (409, "count_is_stale")
    assert Shift.objects.get().status == "open"
    assert client.post(f"{url}close/", {"counts": counts(("140", 1))}).status_code == 200


def test_money_is_handed_over_and_the_rest_is_the_next_float():
    till, shift = counter("100")
    before = main_cash()
    client = client_for("cashier")
    request = {"counts": counts(("100", 1)), "handed_over": [{"currency": "SYP", "amount": "80"}]}
    assert client.post(f"{SHIFTS}{shift.pk}/close/", request).status_code == 200
    assert (drawer_of(till), main_cash() - before) == (20, 80)
    assert client.post(SHIFTS, opening(till, "20")).status_code == 201


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"amount": "100.01"}, ("handed_over[0].amount", "more_than_counted")),
        ({"amount": "0"}, ("handed_over[0].amount", "invalid")),
        ({"currency": "USD"}, ("handed_over[0].currency", "not_taken")),
        ({"account": 999999}, ("handed_over[0].account", "not_money")),
    ],
)
def test_a_bad_hand_over_leaves_the_shift_open(part, expected):
    _till, shift = counter("100")
    entries = JournalEntry.objects.count()
    row = {"currency": "SYP", "amount": "80"} | part
    request = {"counts": counts(("100", 1)), "handed_over": [row]}
    response = client_for("cashier").post(f"{SHIFTS}{shift.pk}/close/", request)
    assert (response.status_code, errors_of(response)) == (400, {expected})
    assert (Shift.objects.get().status, JournalEntry.objects.count()) == ("open", entries)


def test_a_closed_shift_takes_nothing_more():
    till, shift = counter("100")
    close_shift(shift_id=shift.pk, counts=counted("100"), actor=ACTOR)
    client = client_for("pharmacist")
    url = f"{SHIFTS}{shift.pk}/"
    for verb, request in (
        ("close", {"counts": counts(("100", 1))}),
        ("count", {"counts": counts(("100", 1))}),
        ("cash", {"direction": "in", "amount": "5", "reason": "x"}),
    ):
        response = client.post(f"{url}{verb}/", request)
        assert (response.status_code, response.json()["code"]) == (409, "shift_not_open"), verb
    with pytest.raises(ShiftNotOpen):
        sold((on_shelf(shop()), 1), till_id=till.pk)
    assert drawer_of(till) == 100


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE sales_shift SET status = 'open', closed_at = NULL",
        "DELETE FROM sales_shift",
        "UPDATE sales_shiftcash SET counted_amount = 1, difference_amount = 1 - expected_amount",
        "DELETE FROM sales_shiftcash",
        "UPDATE sales_shiftcount SET amount = 1",
        "TRUNCATE sales_shiftcount",
        "UPDATE sales_cashmovement SET amount = 1",
        "DELETE FROM sales_cashmovement",
    ],
)
def test_what_is_counted_and_closed_does_not_change_by_raw_sql(attack):
    _till, shift = counter("100")
    close_shift(shift_id=shift.pk, counts=counted("90"), note="Ten short", actor=ACTOR)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


def test_shifts_are_seen_filtered_and_exported():
    till, shift = counter("100")
    close_shift(shift_id=shift.pk, counts=counted("100"), actor=ACTOR)
    open_shift(till_id=till.pk, counts=counted("100"), actor=ACTOR)
    roles_refused("get", SHIFTS, allowed=(*TILLS, "accountant", "auditor"))
    roles_refused(
        "get", f"{SHIFTS}{shift.pk}/x-report/", allowed=("owner", "pharmacist", "accountant", "auditor")
    )
    client = client_for("accountant")
    for query in ("status=closed", f"till={till.pk}&status=closed", f"search={shift.number}"):
        assert [row["id"] for row in client.get(f"{SHIFTS}?{query}").json()["results"]] == [shift.pk], query
    assert client.get(f"{SHIFTS}?until=2020-01-01").json()["count"] == 0
    assert shift.number.encode() in client.get(f"{SHIFTS}?format=csv").content


def test_listing_shifts_costs_the_same_for_1_and_3(django_assert_num_queries):
    client = client_for("cashier")
    client.get(SHIFTS)
    for number in range(3):
        counter(name=f"Till {number}")
        with django_assert_num_queries(3):
            assert len(client.get(SHIFTS).json()["results"]) == number + 1


def dollars(amount):
    """A safe of dollars that the owner filled, at thirteen thousand."""
    safe = create_account(code="1009", name="Dollars", role=AccountRole.CASH, currency="USD", actor=ACTOR)
    lines = [
        money_in(account=safe, amount=Decimal(amount), rate=Decimal(13000)),
        EntryLine(AccountRole.OWNER_CAPITAL, credit=Decimal(amount) * 13000),
    ]
    with transaction.atomic():
        post_entry(source=Source("x", "1"), business_date=today(), lines=lines, memo="", actor=ACTOR)
    return safe


def test_a_second_currency_has_a_drawer_of_its_own():
    till = new_till()
    set_exchange_rate(currency="USD", rate_date=today(), rate=Decimal(13000), actor=ACTOR)
    add_till_currency(till_id=till.pk, currency="USD", actor=ACTOR)
    client = client_for("cashier")
    assert errors_of(client.post(SHIFTS, opening(till))) == {("counts", "missing")}
    both = [{"currency": "SYP", "amount": "0"}, {"currency": "USD", "amount": "20"}]
    pounds = both[1] | {"float_from": default_account(AccountRole.CASH).pk}
    refused = client.post(SHIFTS, {"till": till.pk, "counts": [both[0], pounds]})
    assert errors_of(refused) == {("counts[1].float_from", "not_money")}
    notes = both[1] | {"float_from": dollars(100).pk}
    told = client.post(SHIFTS, {"till": till.pk, "counts": [both[0], notes]})
    assert told.status_code == 201, told.json()
    assert (drawer_of(till, "USD"), drawer_of(till)) == (20, 0)
    assert account_balance(AccountRole.CASH_OVER_SHORT) == 0
    shift = Shift.objects.get()
    refused = client.post(
        f"{SHIFTS}{shift.pk}/cash/",
        {"direction": "out", "amount": "5", "currency": "USD", "reason": "To a drawer of pounds"},
    )
    assert errors_of(refused) == {("account", "invalid")}
    close_shift(
        shift_id=shift.pk, counts=[*counted("0"), *counted("19", "USD")], actor=ACTOR, note="One is torn"
    )
    assert drawer_of(till, "USD") == 19
    assert ShiftCash.objects.get(currency="USD").difference_amount == -1
    assert account_balance(AccountRole.CASH_OVER_SHORT) == 13000


def test_closing_costs_the_same_for_1_and_30_sales():
    product = on_shelf(shop(), 1000, "5000")
    costs = []
    for size in (1, 30):
        till, shift = counter(name=f"Till {size}")
        for _number in range(size):
            sold((product, 1), paid="10", till_id=till.pk)
        with CaptureQueriesContext(connection) as captured:
            close_shift(shift_id=shift.pk, counts=counted(size * 10), actor=ACTOR)
        costs.append(len(captured))
    assert costs[0] == costs[1], costs
