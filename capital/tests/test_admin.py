"""The workbench: simple forms post through the services, ledgers are only looked at."""

import pytest
from django.test import Client

from capital.enums import AccountRole
from capital.models import Account, Expense, JournalEntry, OwnerDrawing
from capital.selectors import account_balance, default_account
from capital.tests.factories import make_entry
from rbac.tests.factories import user_with_role

pytestmark = pytest.mark.django_db
BOOKS = "/admin/capital/"


@pytest.fixture
def desk():
    def sign_in(role="owner"):
        client = Client()
        user = user_with_role(role)
        user.is_staff = True
        user.save()
        client.force_login(user)
        return client

    return sign_in


@pytest.mark.parametrize(
    "model",
    [
        "journalentry",
        "commitment",
        "party",
        "account",
        "period",
        "exchangerate",
        "expense",
        "ownerdrawing",
        "ownercontribution",
        "manualentry",
        "yearclosing",
        "revaluation",
    ],
)
def test_every_list_opens_for_the_auditor(desk, model):
    make_entry()
    assert desk("auditor").get(f"{BOOKS}{model}/").status_code == 200


def test_the_journal_is_only_looked_at(desk):
    entry = make_entry()
    owner = desk()
    page = owner.get(f"{BOOKS}journalentry/{entry.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert owner.get(f"{BOOKS}journalentry/add/").status_code == 403
    assert owner.post(f"{BOOKS}journalentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert JournalEntry.objects.count() == 1


def expense_form(**change):
    return {
        "business_date": "2026-03-12",
        "amount": "120",
        "currency": "SYP",
        "account": Account.objects.get(code="6010").pk,
        "paid_from": default_account(AccountRole.CASH).pk,
        "party": "",
        "memo": "Rent",
    } | change


def test_an_expense_is_typed_and_taken_back(desk):
    make_entry("1000")
    owner = desk()
    assert owner.post(f"{BOOKS}expense/add/", expense_form()).status_code == 302
    expense = Expense.objects.get()
    assert account_balance(AccountRole.CASH) == 880
    owner.post(f"{BOOKS}expense/", {"action": "reverse", "_selected_action": [expense.pk]})
    assert account_balance(AccountRole.CASH) == 1000


def test_a_refusal_is_told_and_keeps_nothing(desk):
    owner = desk()
    make_entry()
    page = owner.post(f"{BOOKS}expense/add/", expense_form(amount="1.001"), follow=True)
    assert page.status_code == 200
    assert "amount" in page.content.decode()
    assert not Expense.objects.exists()
    assert desk("purchaser").post(f"{BOOKS}expense/add/", expense_form()).status_code == 403


def test_a_drawing_is_typed(desk):
    make_entry("1000")
    form = expense_form()
    form.pop("account"), form.pop("party")
    assert desk("accountant").post(f"{BOOKS}ownerdrawing/add/", form).status_code == 302
    assert OwnerDrawing.objects.get().amount == 120


def test_an_account_is_renamed_and_added(desk):
    owner = desk()
    cash = default_account(AccountRole.CASH)
    form = {"code": "1000", "name": "Till", "name_ar": "", "role": "cash", "currency": "", "is_active": "on"}
    assert owner.post(f"{BOOKS}account/{cash.pk}/change/", form).status_code == 302
    cash.refresh_from_db()
    assert cash.name == "Till"
    form = {"code": "1020", "name": "Second till", "role": "cash"}
    assert owner.post(f"{BOOKS}account/add/", form).status_code == 302
    assert Account.objects.get(code="1020").type == "asset"
