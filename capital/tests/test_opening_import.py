"""Opening balances from a table: previewed, refused row by row, posted as one entry or not at all."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.models import JournalEntry
from capital.selectors import account_balance, balance_sheet, default_account, foreign_balances, party_balance
from capital.services import create_account, reverse_manual_entry, set_exchange_rate
from capital.tests.factories import PartyFactory, make_entry
from core.actors import SYSTEM
from files.imports import Row, importer_for
from files.tests.factories import xlsx
from rbac.tests.factories import client_for
from users.selectors import local_today

pytestmark = pytest.mark.django_db
URL = "/api/v1/opening-balance-imports/"
R = AccountRole


@pytest.fixture(autouse=True)
def _storage_folder(tmp_path, settings):
    local = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path)},
    }
    settings.STORAGES = {**settings.STORAGES, "default": local}


@pytest.fixture
def run(monkeypatch, django_capture_on_commit_callbacks):
    """Upload a table, let the worker do it, and answer the job as the client sees it."""
    monkeypatch.setattr("core.tasks._publish", lambda task, args: task.apply(args=args, throw=True))

    def upload(table, name="table.csv", run="true", by=None, **extra):
        client = by or client_for("accountant")
        file = SimpleUploadedFile(name, table if isinstance(table, bytes) else table.encode())
        with django_capture_on_commit_callbacks(execute=True):
            made = client.post(URL, {"file": file, "run": run, **extra}, format="multipart")
        assert made.status_code == 202, made.content
        job = client.get(made["Location"]).json()
        errors = client.get(f"{made['Location']}errors/").json()["results"]
        return job, [(row["row"], row["column"], row["code"]) for row in errors]

    return upload


GOOD = """account,party,amount,currency,rate,memo
cash,,5000,,,
1010,,"12,000.50",,,Bank statement
payable,Al-Sham Drugs,3000,,,
payable,Al-Sham Drugs,10,USD,150,Invoice 7
receivable,Abu Omar,250,,,
3000,,4000,,,
1020,,20,USD,,
"""


@pytest.fixture
def books():
    supplier, customer = PartyFactory(name="Al-Sham Drugs"), PartyFactory(name="Abu Omar")
    till = create_account(code="1020", name="Dollars", role=R.CASH, currency="USD", actor=SYSTEM)
    set_exchange_rate(currency="USD", rate_date=date(2026, 1, 1), rate=Decimal(140), actor=SYSTEM)
    return supplier, customer, till


def test_a_table_becomes_one_entry_against_opening_equity(run, books):
    supplier, customer, till = books
    job, errors = run(GOOD, options='{"business_date": "2026-03-01"}')
    assert (job["status"], job["create_count"], errors) == ("done", 7, []), job
    entry = JournalEntry.objects.get()
    assert (entry.source_kind, entry.business_date) == ("opening_import", date(2026, 3, 1))
    assert account_balance(R.CASH) == 5000 + 20 * 140
    assert account_balance(R.BANK) == Decimal("12000.50")
    assert foreign_balances(role=R.PAYABLE, party_id=supplier.pk) == {"USD": (10, 1500)}
    assert foreign_balances(role=R.CASH, account_id=till.pk) == {"USD": (20, 2800)}
    assert (party_balance(supplier.pk), party_balance(customer.pk)) == (4500, -250)
    assert account_balance(R.OPENING_EQUITY) == -(5000 + 2800 + Decimal("12000.50") + 250 - 4500 - 4000)


def test_opening_stock_meets_it_in_the_same_equity(run, books):
    run(GOOD, options='{"business_date": "2026-03-01"}')
    equity = account_balance(R.OPENING_EQUITY)
    make_entry("700", kind="stock_import", debit=R.STOCK, credit=R.OPENING_EQUITY)
    assert account_balance(R.OPENING_EQUITY) == equity - 700
    sheet = balance_sheet(as_of=local_today())
    assert sheet.total_assets == sheet.total_liabilities + sheet.total_equity


BAD = """account,party,amount,currency,rate
nowhere,,5,,
payable,,5,,
payable,Nobody,5,,
receivable,Twins,5,,
stock,,5,,
cash,,,,
cash,,0,,
cash,,1.005,,
bank,,5,EUR,
bank,,5,EUR,none
1020,,5,EUR,2
cash,,5,,
cash,,6,,
"""


def test_bad_rows_are_named_and_nothing_is_posted(run, books):
    PartyFactory.create_batch(2, name="Twins")
    job, errors = run(BAD)
    assert job["status"] != "done"
    assert errors == [
        (2, "account", "not_found"),
        (3, "party", "required"),
        (4, "party", "not_found"),
        (5, "party", "ambiguous"),
        (6, "account", "document_account"),
        (7, "amount", "not_a_number"),
        (8, "amount", "not_a_number"),
        (9, "amount", "decimals"),
        (10, "rate", "required"),
        (11, "rate", "not_a_number"),
        (12, "currency", "account"),
        (14, "", "duplicate"),
    ]
    assert not JournalEntry.objects.exists()


def test_it_is_shown_first_and_a_balance_opens_once(run, books):
    table = "account,amount\ncash,500\n"
    job, _errors = run(table, run="false")
    assert job["status"] == "previewed"
    assert not JournalEntry.objects.exists()
    assert run(table)[0]["status"] == "done"
    job, errors = run("account,amount\ncash,500\nbank,1\n")
    assert errors == [(2, "", "already_there")]
    assert JournalEntry.objects.count() == 1
    reverse_manual_entry(
        entry_id=JournalEntry.objects.get().pk, business_date=local_today(), reason="Again", actor=SYSTEM
    )
    assert run("account,amount\ncash,600\n")[0]["status"] == "done"
    assert account_balance(R.CASH) == 600


def test_once_the_books_have_begun_only_who_approves_entries_opens_a_balance(run, books):
    table = "account,amount\nbank,500\n"
    make_entry("7", debit=R.CASH, credit=R.OPENING_EQUITY)
    assert run(table)[0]["status"] == "done"
    make_entry("5", source_id="2")
    job, _errors = run("account,amount\n6000,999\n")
    assert (job["status"], job["error"]["code"]) == ("failed", "permission_denied")
    assert account_balance(R.OPENING_EQUITY) == -507
    assert run("account,amount\n6000,999\n", by=client_for("owner"))[0]["status"] == "done"


def test_arabic_headings_spreadsheets_and_debts_on_the_other_side(run, books):
    table = xlsx(["الحساب", "المورد", "المبلغ"], ["الصندوق", "", "١٬٥٠٠"], ["مورد", "Al-Sham Drugs", "-20"])
    job, errors = run(table, name="opening.xlsx")
    assert (job["status"], errors) == ("done", [])
    assert account_balance(R.CASH) == 1500
    assert party_balance(books[0].pk) == -20


def test_a_closed_month_undoes_the_whole_import(run, books):
    entry = make_entry(day=date(2026, 3, 1), credit=R.OPENING_EQUITY)
    entry.period.__class__.objects.update(closed_at="2026-05-01T00:00Z")
    job, _errors = run("account,amount\nbank,500\n", options='{"business_date": "2026-03-01"}')
    assert (job["status"], job["error"]["code"]) == ("failed", "period_closed")
    assert JournalEntry.objects.count() == 1
    client = client_for("accountant")
    for day in ("2999-01-01", "soon"):
        file = SimpleUploadedFile("t.csv", b"account,amount\nbank,5\n")
        data = {"file": file, "options": f'{{"business_date": "{day}"}}'}
        assert client.post(URL, data, format="multipart").status_code == 400


def test_any_number_of_rows_costs_the_same(books):
    importer = importer_for("opening_balances")
    counts = []
    for number in (1, 200):
        parties = [PartyFactory(name=f"Firm {number}-{index}") for index in range(number)]
        rows = [
            Row(index, dict.fromkeys((column.name for column in importer.columns), "") | values)
            for index, values in enumerate(
                [{"account": "payable", "party": party.name, "amount": "5"} for party in parties], start=2
            )
        ]
        with CaptureQueriesContext(connection) as planned:
            plan = importer.plan(rows, options={})
        assert plan.errors == []
        with CaptureQueriesContext(connection) as applied:
            importer.apply(plan.items, actor=SYSTEM, job_id=number, options={})
        counts.append((len(planned), len(applied)))
        assert default_account(R.PAYABLE).code == "2000"
    assert counts[0][0] == counts[1][0]
    assert counts[1][1] <= counts[0][1]
