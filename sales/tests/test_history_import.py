"""Sales history from a table: read, previewed, added up by day, replaced when imported again."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from files.imports import Row, importer_for
from inventory.models import ProductIdentifier
from rbac.tests.factories import client_for, roles_refused
from sales.models import SalesHistory
from sales.tests.factories import on_shelf, priced, shop, today

pytestmark = pytest.mark.django_db
URL = "/api/v1/sales-history-imports/"


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

    def upload(text, **extra):
        client = client_for("purchaser")
        table = SimpleUploadedFile("table.csv", text.encode())
        with django_capture_on_commit_callbacks(execute=True):
            made = client.post(URL, {"file": table, "run": "true", **extra}, format="multipart")
        assert made.status_code == 202, made.content
        job = client.get(made["Location"]).json()
        errors = client.get(f"{made['Location']}errors/").json()["results"]
        return job, [(row["row"], row["column"], row["code"]) for row in errors]

    return upload


def kept():
    rows = SalesHistory.objects.order_by("sale_date").values_list("sale_date", "span_days", "quantity")
    return [(str(day), span, quantity) for day, span, quantity in rows]


def test_days_spans_and_months_are_read(run):
    priced(name_en="Panadol", box=10)
    job, errors = run(
        "product,date,quantity,unit,days\n"
        "Panadol,2026-01-05,3,,\n"
        "panadol,٠٥/٠١/٢٠٢٦,2,,\n"
        "Panadol,2026-01-12,1,box,7\n"
        "Panadol,2025-11,30,,\n"
    )
    assert not errors, errors
    assert job["status"] == "done", job
    assert kept() == [("2025-11-01", 30, 30), ("2026-01-05", 1, 5), ("2026-01-12", 7, 10)]
    run("product,date,quantity\nPanadol,2026-01-05,9\n")
    assert kept()[1] == ("2026-01-05", 1, 9)


def test_each_bad_row_is_named_and_nothing_is_kept(run):
    priced(name_en="Panadol")
    job, errors = run(
        "product,date,quantity,unit,days\n"
        "Panadol,2026-01-05,3,,\n"
        "Unknown,2026-01-05,3,,\n"
        "Panadol,yesterday,3,,\n"
        "Panadol,2026-01-06,-3,,\n"
        "Panadol,2026-01-06,,,\n"
        "Panadol,2026-01-06,1,crate,\n"
        "Panadol,2026-01-06,1,,400\n"
    )
    assert errors == [
        (3, "name_en", "not_found"),
        (4, "date", "not_a_date"),
        (5, "quantity", "out_of_range"),
        (6, "quantity", "required"),
        (7, "unit", "unknown_unit"),
        (8, "days", "out_of_range"),
    ]
    assert not kept()
    assert job["status"] != "done"


def test_days_that_the_ledger_covers_are_refused(run):
    place = shop()
    on_shelf(place, name_en="Panadol")
    eve = today() - timedelta(days=1)
    _job, errors = run(f"product,date,quantity\nPanadol,{today()},3\nPanadol,{eve},3\n")
    assert errors == [(2, "date", "in_ledger")]


def test_a_code_finds_the_product_and_the_plan_costs_the_same_for_many_rows():
    products = [priced(name_en=f"Product {number}") for number in range(40)]
    for number, product in enumerate(products):
        ProductIdentifier.objects.create(product=product, value=f"{number:013d}", key=f"{number:014d}")
    importer = importer_for("sales_history")
    empty = dict.fromkeys((column.name for column in importer.columns), "")
    rows = [
        Row(number, {**empty, "barcode": f"{number:013d}", "date": "2026-01-05", "quantity": "1"})
        for number in range(40)
    ]
    counts = []
    importer.plan(rows[:1], options={})
    for some in (rows[:1], rows):
        with CaptureQueriesContext(connection) as captured:
            plan = importer.plan(some, options={})
        assert len(plan.items) + len(plan.errors) == len(some)
        counts.append(len(captured))
    assert counts[0] == counts[1], counts


def test_only_those_who_may_import(run):
    roles_refused("post", URL, {}, allowed=("owner", "pharmacist", "purchaser"))
