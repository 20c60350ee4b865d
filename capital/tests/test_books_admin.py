"""The pages of the books at the workbench: reports, ledgers, manual entries, months, years, foreign balances."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from capital.enums import AccountRole
from capital.models import (
    Account,
    JournalEntry,
    ManualEntry,
    OwnerContribution,
    Period,
    Revaluation,
    YearClosing,
)
from capital.selectors import account_balance, default_account
from capital.services import EntryLine, commit_capital, create_account, post_entry, set_exchange_rate
from capital.tests.factories import DAY, PartyFactory, make_entry
from capital.tests.test_admin import BOOKS, desk, expense_form
from core.actors import SYSTEM
from core.sources import Source
from files.tests.factories import PDF
from users.selectors import local_today

__all__ = ["desk"]
pytestmark = pytest.mark.django_db
MANUAL = f"{BOOKS}manualentry/"
REPORTS = f"{BOOKS}journalentry/reports/"


@pytest.fixture(autouse=True)
def _storage_folder(tmp_path, settings):
    local = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path)},
    }
    settings.STORAGES = {**settings.STORAGES, "default": local}


@pytest.fixture
def some_books():
    party = PartyFactory(name="Zenobia Drugs")
    make_entry("1000", kind="opening_balance")
    make_entry("300", source_id="2", debit=AccountRole.STOCK, credit=AccountRole.PAYABLE, party_id=party.pk)
    make_entry("90", source_id="3", kind="sale", credit=AccountRole.REVENUE)
    commit_capital(source=Source("po", "1"), party_id=party.pk, amount=Decimal(77), actor=SYSTEM)
    return party


@pytest.mark.parametrize(
    ("report", "shown"),
    [
        ("trial-balance", "1,390"),
        ("profit-and-loss", "90"),
        ("balance-sheet", "1,390"),
        ("cash-flow", "1,090"),
        ("capital", "1,090"),
        ("parties", "Zenobia Drugs"),
        ("commitments", "77"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_report_has_its_page_and_its_files(desk, some_books, report, shown, language):
    auditor = desk("auditor")
    span = f"since=2026-03-01&until={local_today()}"  # the promise was made today
    page = auditor.get(f"{REPORTS}{report}/?{span}", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert shown in page.content.decode()
    for kind, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        file = auditor.get(f"{REPORTS}{report}/?{span}&format={kind}")
        assert file.content.startswith(start)
        assert file["Content-Disposition"].endswith(f'.{kind}"')


def test_reports_are_for_those_who_may_see_statements(desk, some_books):
    cashier = desk("cashier")
    for address in ("trial-balance/", f"party/{some_books.pk}/", "account/1/"):
        assert cashier.get(f"{REPORTS}{address}").status_code == 403
    auditor = desk("auditor")
    assert auditor.get(REPORTS).status_code == 302
    assert auditor.get(f"{REPORTS}nothing/").status_code == 404
    assert auditor.get(f"{REPORTS}party/999999/").status_code == 404
    assert "Financial reports" in auditor.get("/admin/").content.decode()
    assert "Financial reports" not in cashier.get("/admin/").content.decode()
    turned = auditor.get(f"{REPORTS}trial-balance/?since=2026-04-01&until=2026-03-01").content.decode()
    assert "The first day comes before the last" in turned
    many = auditor.get(f"{REPORTS}capital/?since=2000-01-01&until=2026-03-01", follow=True).content.decode()
    assert "shorter time" in many


def test_ledgers_show_each_line_with_its_document_and_balance(desk, some_books):
    auditor = desk("auditor")
    party = auditor.get(f"{REPORTS}party/{some_books.pk}/").content.decode()
    assert "300" in party
    march = "since=2026-03-01&until=2026-03-31"
    cash = auditor.get(f"{REPORTS}account/{default_account(AccountRole.CASH).pk}/?{march}").content.decode()
    assert "1,090" in cash
    late = auditor.get(f"{REPORTS}account/{default_account(AccountRole.CASH).pk}/?since=2026-03-11")
    assert "1,090" in late.content.decode()
    file = auditor.get(f"{REPORTS}party/{some_books.pk}/?format=csv").content
    assert b"300" in file
    assert auditor.get(f"{BOOKS}party/{some_books.pk}/change/").status_code == 302


def sheet(*rows, memo="By hand", **extra):
    data = {
        "business_date": "2026-03-10",
        "memo": memo,
        "lines-TOTAL_FORMS": str(len(rows)),
        "lines-INITIAL_FORMS": "0",
        **extra,
    }
    for number, row in enumerate(rows):
        data |= {f"lines-{number}-{name}": value for name, value in row.items()}
    return data


def two_rows(amount="40", party=""):
    return (
        {"account": default_account(AccountRole.CASH).pk, "debit": amount},
        {"account": default_account(AccountRole.OWNER_CAPITAL).pk, "credit": amount, "party": party},
    )


def act(client, entry, verb, **data):
    entry.refresh_from_db()
    version = {"version": entry.updated_at.isoformat()}
    return client.post(f"{MANUAL}{entry.pk}/do/{verb}/", version | data, follow=True)


def test_a_manual_entry_is_written_changed_handed_in_and_approved(desk):
    PartyFactory(name="Zenobia Drugs")
    accountant, owner = desk("accountant"), desk("owner")
    voucher = SimpleUploadedFile("slip.pdf", PDF)
    made = accountant.post(f"{MANUAL}add/", sheet(*two_rows(party="Zenobia Drugs"), {}, voucher=voucher))
    assert made.status_code == 302
    entry = ManualEntry.objects.get()
    assert entry.attachments.count() == 1
    assert entry.lines.get(position=2).party.name == "Zenobia Drugs"
    write = f"{MANUAL}{entry.pk}/write/"
    assert "By hand" in accountant.get(write).content.decode()
    stale = accountant.post(write, sheet(*two_rows("50"), version="2026-01-01T00:00:00"), follow=True)
    assert "Somebody changed this" in stale.content.decode()
    fresh = sheet(*two_rows("50"), version=entry.updated_at.isoformat())
    assert accountant.post(write, fresh).status_code == 302
    entry.refresh_from_db()
    assert (entry.amount, entry.attachments.count()) == (50, 1)
    page = act(accountant, entry, "submit").content.decode()
    assert "Submitted" in page
    assert accountant.post(f"{MANUAL}{entry.pk}/do/approve/").status_code == 403
    assert accountant.get(write).status_code == 404
    assert not JournalEntry.objects.exists()
    page = act(owner, entry, "approve").content.decode()
    assert JournalEntry.objects.get().number in page
    assert account_balance(AccountRole.CASH) == 50


def test_what_is_wrong_on_the_sheet_is_said_and_nothing_is_kept(desk):
    accountant = desk("accountant")
    cases = [
        (sheet(*two_rows(party="Nobody")), "no such account holder"),
        (sheet({"debit": "5"}, *two_rows()), "Which account"),
        (sheet({"account": default_account(AccountRole.CASH).pk}, *two_rows()), "either a debit or a credit"),
        (sheet(*two_rows("-1")), "greater than or equal to 0"),
        (sheet(*two_rows(), memo=""), "required"),
    ]
    for data, words in cases:
        page = accountant.post(f"{MANUAL}add/", data)
        assert page.status_code == 200
        assert words in page.content.decode(), words
    assert not ManualEntry.objects.exists()
    assert desk("pharmacist").get(f"{MANUAL}add/").status_code == 403
    stock = str(default_account(AccountRole.STOCK))
    assert stock not in accountant.get(f"{MANUAL}add/").content.decode()


def test_an_unbalanced_draft_stays_a_draft_and_may_be_given_up_or_rejected(desk):
    accountant, owner = desk("accountant"), desk("owner")
    cash = default_account(AccountRole.CASH).pk
    accountant.post(f"{MANUAL}add/", sheet({"account": cash, "debit": "3"}, {"account": cash, "credit": "2"}))
    entry = ManualEntry.objects.get()
    assert "differ" in act(accountant, entry, "submit").content.decode()
    assert "Cancelled" in act(accountant, entry, "cancel").content.decode()
    accountant.post(f"{MANUAL}add/", sheet(*two_rows()))
    other = ManualEntry.objects.first()
    act(accountant, other, "submit")
    assert "Draft" in act(accountant, other, "recall").content.decode()
    act(accountant, other, "submit")
    assert "No voucher" in act(owner, other, "reject", reason="No voucher").content.decode()
    assert not JournalEntry.objects.exists()


def test_an_entry_leads_to_its_document_and_is_taken_back_by_hand_only(desk):
    owner = desk()
    make_entry("1000")
    owner.post(f"{BOOKS}expense/add/", expense_form())
    entry = JournalEntry.objects.first()
    page = owner.get(f"{BOOKS}journalentry/{entry.pk}/change/").content.decode()
    assert f"/admin/capital/expense/{entry.source_id}/change/" in page
    assert "Take back" not in page
    assert "/admin/capital/expense/" in owner.get(f"{BOOKS}journalentry/").content.decode()
    opening = make_entry("5", kind="opening_balance", source_id="o")
    url = f"{BOOKS}journalentry/{opening.pk}/"
    assert "Take back" in owner.get(f"{url}change/").content.decode()
    owner.post(f"{url}do/reverse/", {"reason": "Wrong day"})
    assert JournalEntry.objects.filter(reverses=opening).exists()


def test_a_month_shows_its_checks_closes_and_opens_again(desk):
    entry = make_entry()
    url = f"{BOOKS}period/{entry.period_id}/"
    accountant, owner = desk("accountant"), desk("owner")
    assert "Debits equal credits" in accountant.get(f"{url}change/").content.decode()
    accountant.post(f"{url}do/close/")
    assert Period.objects.get().is_closed
    assert accountant.post(f"{url}do/reopen/", {"reason": "x"}).status_code == 403
    owner.post(f"{url}do/reopen/", {"reason": ""})
    assert Period.objects.get().is_closed
    owner.post(f"{url}do/reopen/", {"reason": "An invoice came"})
    assert not Period.objects.get().is_closed


def test_a_year_is_closed_and_taken_back(desk):
    make_entry("90", credit=AccountRole.REVENUE, day=date(2025, 12, 6))
    owner = desk()
    form = f"{BOOKS}yearclosing/add/"
    assert "last month is closed" in owner.get(form).content.decode()
    refused = owner.post(form, {"year": "2026"})
    assert "every month before its last" in refused.content.decode()
    assert owner.post(form, {"year": "2025"}).status_code == 302
    closing = YearClosing.objects.get()
    owner.post(f"{BOOKS}period/{Period.objects.get().pk}/do/reopen/", {"reason": "An invoice came"})
    owner.post(f"{BOOKS}yearclosing/{closing.pk}/do/reverse/", {"reason": "An invoice came"})
    page = owner.get(f"{BOOKS}yearclosing/{closing.pk}/change/").content.decode()
    assert "Taken back" in page
    assert desk("pharmacist").get(form).status_code == 403


def test_foreign_balances_are_revalued(desk):
    till = create_account(code="1020", name="USD", role=AccountRole.CASH, currency="USD", actor=SYSTEM)
    worth = {"currency": "USD", "foreign_amount": Decimal(10), "rate": Decimal(100)}
    lines = [
        EntryLine(till.pk, debit=Decimal(1000), **worth),
        EntryLine(AccountRole.OWNER_CAPITAL, credit=Decimal(1000)),
    ]
    post_entry(source=Source("test", "1"), business_date=DAY, lines=lines, actor=SYSTEM)
    owner = desk()
    form = f"{BOOKS}revaluation/add/"
    assert "no exchange rate" in owner.post(form, {"as_of": "2026-03-31"}).content.decode()
    set_exchange_rate(currency="USD", rate_date=DAY, rate=Decimal(130), actor=SYSTEM)
    made = owner.post(form, {"as_of": "2026-03-31"}, follow=True)
    assert "1,300" in made.content.decode()
    assert Revaluation.objects.get().difference_amount == 300


def test_the_owner_puts_money_in_and_another_account_becomes_the_default(desk):
    owner = desk()
    bank = default_account(AccountRole.BANK)
    form = {
        "business_date": "2026-03-12",
        "amount": "700",
        "currency": "SYP",
        "paid_into": bank.pk,
        "memo": "",
    }
    assert owner.post(f"{BOOKS}ownercontribution/add/", form).status_code == 302
    assert account_balance(AccountRole.BANK) == 700
    made = OwnerContribution.objects.get()
    owner.post(f"{BOOKS}ownercontribution/", {"action": "reverse", "_selected_action": [made.pk]})
    assert account_balance(AccountRole.BANK) == 0
    other = create_account(code="1011", name="Second bank", role=AccountRole.BANK, actor=SYSTEM)
    owner.post(f"{BOOKS}account/", {"action": "make_default", "_selected_action": [other.pk]})
    assert default_account(AccountRole.BANK).pk == other.pk
    assert Account.objects.get(pk=bank.pk).is_default is False
