"""Customers from a table, and what they owed on the first day."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.models import JournalEntry, Party
from capital.selectors import account_balance, party_balance
from core.actors import SYSTEM
from files.imports import Row, importer_for
from rbac.tests.factories import client_for, machine_for, roles_refused
from sales.models import Customer
from sales.tests.factories import customer

pytestmark = pytest.mark.django_db
URL = "/api/v1/customer-imports/"


@pytest.fixture(autouse=True)
def _storage_folder(tmp_path, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }


@pytest.fixture
def run(monkeypatch, django_capture_on_commit_callbacks):
    """Upload a table, let the worker do it, and answer the job as the client sees it."""
    monkeypatch.setattr("core.tasks._publish", lambda task, args: task.apply(args=args, throw=True))

    def upload(text, *, by=None, **extra):
        client = client_for("accountant")
        table = SimpleUploadedFile("table.csv", text.encode())
        with django_capture_on_commit_callbacks(execute=True):
            made = (by or client).post(URL, {"file": table, "run": "true", **extra}, format="multipart")
        assert made.status_code == 202, made.content
        job = client.get(made["Location"]).json()
        errors = client.get(f"{made['Location']}errors/").json()["results"]
        return job, {(row["row"], row["column"], row["code"]) for row in errors}

    return upload


def test_customers_come_with_what_they_owe(run):
    job, errors = run(
        "الاسم,الهاتف,النوع,قائمة الأسعار,سقف الدين,الرصيد\n"
        "أبو سمير,٠٩٤٤ ١٢٣,,,1000,250.50\n"
        "عيادة النور,,عيادة,جملة,,\n"
    )
    assert (job["status"], errors) == ("done", set()), job
    first, second = Customer.objects.order_by("pk")
    assert (first.name, first.credit_limit_amount, first.price_tier) == ("أبو سمير", 1000, "retail")
    assert (second.kind, second.price_tier) == ("clinic", "wholesale")
    assert party_balance(first.party_id) == Decimal("-250.5")
    assert account_balance(AccountRole.RECEIVABLE) == Decimal("250.5")
    debts = client_for("owner").get(f"/api/v1/customers/{first.pk}/outstanding/").json()
    assert [row["open"] for row in debts["debts"]] == ["250.50"]


def test_a_known_customer_is_changed_by_phone_or_name(run):
    known = customer(limit="5", name="Abu Samir")
    Customer.objects.filter(pk=known.pk).update(phone="+963 944-1")
    job, errors = run("name,phone,credit limit\nSamir,9639441,7\nabu samir,,8\n")
    assert (job["status"], errors) == ("previewed", {(3, "name", "duplicate")})
    for table in ("name,phone,credit limit\nSamir,9639441,7\n", "name,credit limit\nSAMIR,8\n"):
        job, errors = run(table)
        assert (job["status"], errors) == ("done", set()), job
    known.refresh_from_db()
    assert (known.name, known.credit_limit_amount) == ("Samir", 8)
    assert Customer.objects.count() == 1


def test_bad_rows_are_named_and_nothing_is_kept(run):
    customer(name="Known")
    before = Party.objects.count()
    job, errors = run(
        "name,phone,kind,credit limit,owes\n"
        "Good,1,,5,10\n"
        ",2,,,\n"
        "Good,1,,,\n"
        "Bad,3,king,,\n"
        "Bad too,4,,-1,x\n"
        "Known,,,,12\n"
    )
    assert job["status"] == "previewed"
    assert errors == {
        (3, "name", "required"),
        (4, "name", "duplicate"),
        (5, "kind", "unknown"),
        (6, "credit_limit_amount", "invalid"),
        (6, "opening_balance", "invalid"),
        (7, "opening_balance", "known"),
    }
    assert (Customer.objects.count(), Party.objects.count(), JournalEntry.objects.count()) == (1, before, 0)


def test_a_key_imports_within_its_scopes(run):
    kept = customer(limit="5", name="Known")
    scope = "sales.import_customers"
    job, _errors = run("name,credit limit\nKnown,900\nNew,\n", by=machine_for("accountant", scope))
    assert (job["status"], job["error"]["code"]) == ("failed", "permission_denied")
    assert Customer.objects.values_list("name", "credit_limit_amount").get() == (kept.name, 5)
    job, _errors = run("name,phone\nKnown,77\nNew,\n", by=machine_for("accountant", scope))
    assert (job["status"], Customer.objects.count()) == ("done", 2)


def test_who_may_import_customers():
    roles_refused("post", URL, {}, allowed=("owner", "pharmacist", "accountant"))


def test_a_chunk_costs_the_same_for_5_and_500_rows():
    importer = importer_for("customers")
    names = [column.name for column in importer.columns]
    counts = []
    for size in (1, 5, 500):
        rows = [
            Row(number, dict.fromkeys(names, "") | {"name": f"C {size}-{number}", "opening_balance": "5"})
            for number in range(size)
        ]
        with CaptureQueriesContext(connection) as captured:
            plan = importer.plan(rows, options={})
            importer.apply(plan.items, actor=SYSTEM, job_id=size, options={})
        counts.append(len(captured))
    assert counts[1] == counts[2], counts
