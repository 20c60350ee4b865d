"""Entries written by hand: a draft, somebody's approval, and only then the journal."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.models import JournalEntry, ManualEntry, ManualEntryLine, Period
from capital.selectors import account_balance, default_account
from capital.services import create_account, submit_manual_entry
from capital.tests.factories import PartyFactory, make_entry
from core.actors import SYSTEM
from core.models import AuditEvent
from files.tests.factories import PDF, stored
from notifications.models import Alert
from rbac.models import Role
from rbac.tests.factories import client_for
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
URL = "/api/v1/manual-entries/"
JOURNAL = "/api/v1/journal-entries/"


@pytest.fixture(autouse=True)
def _storage_folder(tmp_path, settings):
    local = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path)},
    }
    settings.STORAGES = {**settings.STORAGES, "default": local}


def body(amount="25.00", **change):
    cash, capital = default_account(AccountRole.CASH).pk, default_account(AccountRole.OWNER_CAPITAL).pk
    return {
        "business_date": "2026-03-10",
        "memo": "The owner adds money",
        "lines": [{"account": cash, "debit": amount}, {"account": capital, "credit": amount}],
    } | change


def field_errors(response):
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


def post(client, url, data=None, etag="*"):
    return client.post(url, data or {}, headers={"If-Match": etag})


def written(client, **change):
    made = client.post(URL, body(**change))
    assert made.status_code == 201, made.json()
    return f"{URL}{made.json()['id']}/", made


def approved(writer="accountant", **change):
    """The address of an entry that went all the way, and who approved it."""
    url, _made = written(client_for(writer), **change)
    assert post(client_for(writer), f"{url}submit/").status_code == 200
    owner = client_for("owner")
    assert post(owner, f"{url}approve/").status_code == 200
    return url, owner


def test_nothing_is_posted_before_somebody_approved():
    accountant, owner = client_for("accountant"), client_for("owner")
    url, made = written(accountant)
    assert (made.json()["status"], made.json()["journal_entry"]) == ("draft", None)
    submitted = post(accountant, f"{url}submit/", etag=made["ETag"])
    assert submitted.json()["status"] == "submitted"
    assert not JournalEntry.objects.exists()
    alert = Alert.objects.get(status="open")
    assert (alert.kind, alert.params["entry"]) == ("entry_waiting", made.json()["number"])
    done = post(owner, f"{url}approve/", etag=submitted["ETag"])
    assert done.status_code == 200, done.json()
    assert done.json()["status"] == "approved"
    assert not Alert.objects.filter(status="open").exists()
    assert done.json()["decided_by_name"] == owner.user.name
    entry = owner.get(f"{JOURNAL}{done.json()['journal_entry']['id']}/").json()
    assert entry["amount"] == "25.00"
    assert [(line["account_code"], line["debit"], line["credit"]) for line in entry["lines"]] == [
        ("1000", "25.00", "0.00"),
        ("3000", "0.00", "25.00"),
    ]
    assert entry["source"]["kind"] == "manual"
    assert entry["source"]["url"] == url
    assert AuditEvent.objects.filter(action="capital.approve_manual_entry", actor_id=owner.user.pk).exists()
    assert post(owner, f"{url}approve/").json()["code"] == "manual_entry_state"
    assert JournalEntry.objects.count() == 1


def test_a_draft_is_changed_by_whoever_read_its_last_version():
    client = client_for("accountant")
    url, made = written(client)
    assert client.patch(url, {"memo": "x"}).status_code == 428
    changed = client.patch(url, body("30.00", memo="More"), headers={"If-Match": made["ETag"]})
    assert (changed.status_code, changed.json()["amount"], changed.json()["memo"]) == (200, "30.00", "More")
    assert client.patch(url, {"memo": "late"}, headers={"If-Match": made["ETag"]}).status_code == 412
    only_memo = client.patch(url, {"memo": "Only this"}, headers={"If-Match": changed["ETag"]})
    assert [line["debit"] for line in only_memo.json()["lines"]] == ["30.00", "0.00"]
    post(client, f"{url}submit/")
    refused = client.patch(url, {"memo": "too late"}, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()["code"]) == (409, "manual_entry_state")
    assert post(client, f"{url}recall/").json()["status"] == "draft"
    assert post(client, f"{url}cancel/").json()["status"] == "cancelled"
    assert post(client, f"{url}submit/").json()["code"] == "manual_entry_state"
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize(("two_people", "status"), [(True, 403), (False, 200)])
def test_whoever_wrote_it_approves_only_where_the_organisation_lets_one_person(two_people, status):
    Organization.objects.filter(pk=get_organization().pk).update(two_person_approval=two_people)
    owner = client_for("owner")
    url, _made = written(owner)
    post(owner, f"{url}submit/")
    answer = post(owner, f"{url}approve/")
    assert answer.status_code == status, answer.json()
    assert JournalEntry.objects.count() == (0 if two_people else 1)
    if two_people:
        assert answer.json()["code"] == "two_person_rule"
        other = client_for("owner")
        assert post(other, f"{url}approve/").status_code == 200


def test_who_edits_anothers_draft_has_touched_it():
    Organization.objects.filter(pk=get_organization().pk).update(two_person_approval=True)
    owner = client_for("owner")
    url, _made = written(client_for("accountant"))
    assert owner.patch(url, {"memo": "Mine"}, headers={"If-Match": "*"}).status_code == 200
    post(client_for("accountant"), f"{url}submit/")
    assert post(owner, f"{url}approve/").json()["code"] == "two_person_rule"
    assert not JournalEntry.objects.exists()


def test_an_approver_stays_within_the_limit_of_the_role():
    url, _made = written(client_for("accountant"), amount="500.01")
    post(client_for("accountant"), f"{url}submit/")
    owner = client_for("owner")
    Role.objects.filter(code="owner").update(approval_limit=Decimal(500))
    answer = post(owner, f"{url}approve/")
    assert (answer.status_code, answer.json()["code"]) == (403, "approval_limit_exceeded")
    assert not JournalEntry.objects.exists()


def test_a_rejected_entry_is_final_and_says_why():
    url, _made = written(client_for("accountant"))
    post(client_for("accountant"), f"{url}submit/")
    owner = client_for("owner")
    assert post(owner, f"{url}reject/").status_code == 400
    done = post(owner, f"{url}reject/", {"reason": "No voucher"})
    assert (done.json()["status"], done.json()["reason"]) == ("rejected", "No voucher")
    assert post(owner, f"{url}approve/").json()["code"] == "manual_entry_state"
    assert not JournalEntry.objects.exists()


def test_bad_entries_name_the_field_and_change_nothing():
    client = client_for("accountant")
    cash = default_account(AccountRole.CASH).pk
    usd = create_account(code="1021", name="USD", role=AccountRole.CASH, currency="USD", actor=SYSTEM).pk
    one = {"account": cash, "debit": "1"}
    cases = [
        ([one], ("lines", "min_length")),
        ([one, {"account": default_account(AccountRole.STOCK).pk, "credit": "1"}], ("lines[1].account", "document_account")),
        ([one, {"account": default_account(AccountRole.GRNI).pk, "credit": "1"}], ("lines[1].account", "document_account")),
        ([one, {"account": 999999, "credit": "1"}], ("lines[1].account", "unknown")),
        ([one, {"account": cash, "credit": "1", "party": 999999}], ("lines[1].party", "unknown")),
        ([one, {"account": cash}], ("lines[1]", "one_side")),
        ([one, {"account": cash, "debit": "1", "credit": "1"}], ("lines[1]", "one_side")),
        ([one, {"account": cash, "credit": "-1"}], ("lines[1].credit", "min_value")),
    ]  # fmt: skip
    for lines, expected in cases:
        response = client.post(URL, body(lines=lines))
        assert response.status_code == 400, response.json()
        assert expected in field_errors(response), response.json()
    unknown = client.post(URL, body(files=["7d6c1f5e-0000-4000-8000-000000000000"]))
    assert field_errors(unknown) == {("files[0]", "unknown")}
    assert not ManualEntry.objects.exists()
    late = [
        ([one, {"account": cash, "credit": "2"}], "unbalanced_entry"),
        ([one, {"account": default_account(AccountRole.PAYABLE).pk, "credit": "1"}], "invalid"),
        ([{"account": cash, "debit": "1.005"}, {"account": cash, "credit": "1.005"}], "invalid"),
        ([{"account": usd, "debit": "1"}, {"account": cash, "credit": "1"}], "invalid"),
    ]
    for lines, code in late:
        url, made = written(client, lines=lines)
        answer = post(client, f"{url}submit/", etag=made["ETag"])
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert ManualEntry.objects.get(pk=made.json()["id"]).status == "draft"
    assert not JournalEntry.objects.exists()


def test_a_closed_period_refuses_at_submission_and_again_at_approval():
    client, owner = client_for("accountant"), client_for("owner")
    make_entry()
    url, _made = written(client)
    other, _made = written(client)
    post(client, f"{url}submit/")
    Period.objects.update(closed_at="2026-05-01T00:00Z")
    assert post(client, f"{other}submit/").json()["code"] == "period_closed"
    assert post(owner, f"{url}approve/").json()["code"] == "period_closed"
    assert JournalEntry.objects.count() == 1
    assert ManualEntry.objects.filter(status="submitted").count() == 1


def test_debts_are_corrected_with_their_party_and_dollars_with_their_rate():
    party = PartyFactory()
    usd = create_account(code="1021", name="USD", role=AccountRole.CASH, currency="USD", actor=SYSTEM)
    payable = default_account(AccountRole.PAYABLE).pk
    lines = [
        {"account": usd.pk, "debit": "1500", "currency": "USD", "foreign_amount": "10", "rate": "150"},
        {"account": payable, "credit": "1500", "party": party.pk, "memo": "Lent"},
    ]
    approved(lines=lines)
    assert account_balance(AccountRole.CASH) == 1500
    assert account_balance(AccountRole.PAYABLE) == -1500


def test_vouchers_hang_on_an_entry():
    client = client_for("accountant")
    file = stored(PDF, "slip.pdf")
    _url, made = written(client, files=[str(file.pk)])
    assert made.json()["files"] == [{"id": str(file.pk), "name": file.name}]


def test_the_same_idempotency_key_writes_once():
    client = client_for("accountant")
    answers = [client.post(URL, body(), headers={"Idempotency-Key": "k1"}) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert ManualEntry.objects.count() == 1


def test_an_approved_entry_is_reversed_and_a_documents_is_not():
    url, owner = approved()
    posted = owner.get(url).json()["journal_entry"]
    reverse = f"{JOURNAL}{posted['id']}/reverse/"
    back = owner.post(reverse, {"reason": "Typed twice", "business_date": "2026-03-11"})
    assert back.status_code == 201, back.json()
    assert back.json()["reverses"] == posted
    assert owner.get(f"{JOURNAL}{posted['id']}/").json()["reversed_by"]["id"] == back.json()["id"]
    assert account_balance(AccountRole.CASH) == 0
    document = make_entry()
    refused = owner.post(f"{JOURNAL}{document.pk}/reverse/", {"reason": "No"})
    assert refused.json()["code"] == "document_account"
    assert owner.post(f"{JOURNAL}999999/reverse/", {"reason": "No"}).status_code == 404


def test_five_lines_and_five_hundred_cost_the_same():
    approved()  # the first entry ever fixes the currency
    client, owner = client_for("accountant"), client_for("owner")
    assert {client.get(URL).status_code, owner.get(URL).status_code} == {200}
    cash, capital = default_account(AccountRole.CASH).pk, default_account(AccountRole.OWNER_CAPITAL).pk
    counts = []
    for pairs in (2, 250):
        lines = [{"account": cash, "debit": "1"}, {"account": capital, "credit": "1"}] * pairs
        with CaptureQueriesContext(connection) as write:
            url, _made = written(client, lines=lines)
        with CaptureQueriesContext(connection) as submit:
            assert post(client, f"{url}submit/").status_code == 200
        with CaptureQueriesContext(connection) as approve:
            assert post(owner, f"{url}approve/").status_code == 200
        counts.append([len(write), len(submit), len(approve)])
    assert counts[0] == counts[1]


def test_list_queries_stay_constant_and_the_list_filters_and_exports(django_assert_num_queries):
    client = client_for("accountant")
    written(client)
    client.get(URL)
    for count in (1, 3):
        for _ in range(ManualEntry.objects.count(), count):
            written(client)
        with django_assert_num_queries(5):  # count, page, lines, accounts, vouchers
            assert len(client.get(URL).json()["results"]) == count
    approved(memo="Looked for")
    assert client.get(f"{URL}?status=approved").json()["count"] == 1
    assert client.get(f"{URL}?search=looked").json()["count"] == 1
    assert client.get(f"{URL}?since=2026-03-11").json()["count"] == 0
    assert client.get(f"{URL}?ordering=-amount").status_code == 200
    assert b"ME-2026-0001" in client.get(f"{URL}?format=csv").content


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE capital_manualentry SET memo = 'x'",
        "UPDATE capital_manualentry SET status = 'draft'",
        "DELETE FROM capital_manualentry",
        "UPDATE capital_manualentryline SET debit = debit + 1",
        "DELETE FROM capital_manualentryline",
        """INSERT INTO capital_manualentryline (entry_id, position, account_id, debit, credit, currency, memo)
           SELECT entry_id, 9, account_id, 1, 0, '', '' FROM capital_manualentryline LIMIT 1""",
    ],
)
def test_what_was_decided_never_changes_even_by_raw_sql(attack):
    approved()
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert ManualEntryLine.objects.count() == 2


def test_what_was_submitted_keeps_its_lines_even_by_raw_sql():
    url, made = written(client_for("accountant"))
    submit_manual_entry(entry_id=made.json()["id"], actor=SYSTEM)
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE capital_manualentryline SET debit = debit * 2, credit = credit * 2")
    assert client_for("auditor").get(url).json()["amount"] == "25.00"
