"""The chart: which account a role uses, what may still be changed, and what its lines fix for ever."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from capital.enums import AccountRole
from capital.models import Account
from capital.selectors import account_balance, capital_summary, default_account
from capital.services import create_account, post_contribution
from capital.tests.factories import DAY, make_entry
from core.actors import SYSTEM
from rbac.tests.factories import client_for

pytestmark = pytest.mark.django_db
API = "/api/v1/"
R = AccountRole


def change(client, account, **fields):
    return client.patch(f"{API}accounts/{account.pk}/", fields, headers={"If-Match": "*"})


def test_documents_post_to_whichever_account_is_the_default():
    client = client_for("accountant")
    make_entry("100")
    old = default_account(R.CASH)
    new = create_account(code="1030", name="New till", role=R.CASH, actor=SYSTEM)
    made = client.post(f"{API}accounts/{new.pk}/make-default/")
    assert (made.status_code, made.json()["is_default"]) == (200, True)
    make_entry("7", source_id="2")
    lines = {
        row["account_code"] for row in client.get(f"{API}journal-entries/").json()["results"][0]["lines"]
    }
    assert "1030" in lines
    assert account_balance(R.CASH) == capital_summary().cash == 107
    assert Account.objects.filter(role=R.CASH, is_default=True).get().pk == new.pk
    assert client.post(f"{API}accounts/{old.pk}/make-default/").status_code == 200
    assert client.post(f"{API}accounts/999999/make-default/").status_code == 404


def test_a_default_is_active_and_holds_our_own_money():
    client = client_for("owner")
    dollars = create_account(code="1031", name="USD", role=R.CASH, currency="USD", actor=SYSTEM)
    closed = create_account(code="1032", name="Old", role=R.CASH, actor=SYSTEM)
    assert change(client, closed, is_active=False).status_code == 200
    for account in (dollars, closed):
        refused = client.post(f"{API}accounts/{account.pk}/make-default/")
        assert (refused.status_code, refused.json()["code"]) == (409, "account_in_use")
    assert default_account(R.CASH).code == "1000"
    for fields in ({"is_active": False}, {"role": "bank"}, {"currency": "USD"}):
        refused = change(client, default_account(R.CASH), **fields)
        assert (refused.status_code, refused.json()["code"]) == (409, "account_in_use"), fields


def test_an_account_with_a_balance_stays_active():
    client = client_for("owner")
    bank = create_account(code="1033", name="Bank two", role=R.BANK, actor=SYSTEM)
    made = post_contribution(business_date=DAY, amount=Decimal(5), paid_into_id=bank.pk, actor=SYSTEM)
    refused = change(client, bank, is_active=False)
    assert (refused.status_code, refused.json()["code"]) == (409, "account_in_use")
    assert client.post(f"{API}owner-contributions/{made.pk}/reverse/").status_code == 200
    assert change(client, bank, is_active=False).json()["is_active"] is False
    body = {"amount": "5", "paid_into": bank.pk}
    assert client.post(f"{API}owner-contributions/", body).status_code == 400


def test_role_and_currency_change_only_while_nothing_was_posted():
    client = client_for("owner")
    account = create_account(code="1034", name="Something", role=R.BANK, actor=SYSTEM)
    changed = change(client, account, role="general_expense")
    assert (changed.json()["role"], changed.json()["type"]) == ("general_expense", "expense")
    assert change(client, account, role="cash", currency="USD").json()["currency"] == "USD"
    assert change(client, account, currency="SYP", name_ar="صندوق").json()["currency"] == ""
    post_contribution(business_date=DAY, amount=Decimal(5), paid_into_id=account.pk, actor=SYSTEM)
    for fields in ({"role": "bank"}, {"currency": "USD"}):
        refused = change(client, account, **fields)
        assert (refused.status_code, refused.json()["code"]) == (409, "account_in_use")
    assert change(client, account, name="Till three").json()["name"] == "Till three"
    for field, value in (("type", "asset"), ("is_default", True)):
        assert change(client, account, **{field: value}).status_code == 400


@pytest.mark.parametrize("field", ["type = 'expense'", "role = 'cogs'", "currency = 'USD'"])
def test_what_an_accounts_lines_mean_stays_even_by_raw_sql(field):
    make_entry()
    attack = f"UPDATE capital_account SET {field} WHERE code = '1000'"  # noqa: S608 - the attack is the test
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert default_account(R.CASH).type == "asset"


def test_the_owner_puts_money_in():
    client = client_for("accountant")
    made = client.post(f"{API}owner-contributions/", {"amount": "40", "business_date": "2026-03-10"})
    assert made.status_code == 201, made.json()
    assert made.json()["number"] == "OC-2026-0001"
    assert made.json()["paid_into"]["name"] == "Cash"
    assert capital_summary().equity == 40
    entry = client.get(f"{API}journal-entries/").json()["results"][0]
    assert entry["source"]["url"] == f"{API}owner-contributions/{made.json()['id']}/"
    for bad in ({"amount": "0"}, {"amount": "-1"}, {"amount": "1.001"}, {"amount": "5", "paid_from": 1}):
        assert client.post(f"{API}owner-contributions/", bad).status_code == 400
    assert client.get(f"{API}owner-contributions/?since=2026-03-11").json()["count"] == 0
    assert account_balance(R.CASH) == 40
    back = client.post(f"{API}owner-contributions/{made.json()['id']}/reverse/")
    assert back.json()["reversed_at"] is not None
    assert account_balance(R.CASH) == 0
