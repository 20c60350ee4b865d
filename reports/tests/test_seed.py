import json
import stat
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from capital.selectors import capital_summary
from core.actors import SYSTEM
from files.models import ImportJob, StoredFile
from files.services import store_file
from inventory.models import Product, Stock, StockMovement
from notifications.models import Alert
from purchases.models import Offer, Supplier
from reports.demo.seed import seed
from reports.services import refresh_import_alerts, refresh_stock_alerts
from sales.models import Customer, Sale, Till
from sales.services.drawers import drawer_balance
from users.models import User

pytestmark = pytest.mark.django_db


def test_the_demo_pharmacy_trades_and_its_books_agree_with_its_stock(tmp_path):
    assert seed(credentials=tmp_path / "credentials.json", empty=False, count=250)
    assert Product.objects.count() == 250
    assert Supplier.objects.count() == Offer.objects.count() == StoredFile.objects.count() == 8
    assert Sale.objects.count() > 10
    till = Till.objects.get()
    assert (Customer.objects.count(), till.shifts.count()) == (3, 0)
    assert drawer_balance(account_id=till.accounts.get().account_id, currency="SYP") == 0
    summary = capital_summary()
    worth = sum(Stock.objects.values_list("value_amount", flat=True), Decimal(0))
    moved = sum(StockMovement.objects.values_list("value_amount", flat=True), Decimal(0))
    assert summary.stock == worth == moved > 0
    assert summary.spendable == summary.cash - summary.reserve


def test_sign_ins_are_private_one_a_role_and_work(tmp_path):
    path = tmp_path / "credentials.json"
    seed(credentials=path, empty=True)
    people = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {person["role"] for person in people} == {
        "owner", "pharmacist", "purchaser", "cashier", "accountant", "auditor",
    }  # fmt: skip
    for person in people:
        user = User.objects.get(email=person["email"])
        assert user.check_password(person["password"])
    assert User.objects.get(email="pharmacist@demo.example").has_perm("purchases.approve_proposal")
    assert not User.objects.get(email="cashier@demo.example").has_perm("purchases.approve_proposal")


def test_the_first_day_of_a_pharmacy_has_money_and_a_wholesaler_but_no_catalogue(tmp_path):
    seed(credentials=tmp_path / "credentials.json", empty=True)
    assert not Product.objects.exists()
    assert Supplier.objects.count() == 1
    assert capital_summary().spendable > 0


def test_a_second_start_seeds_nothing_and_keeps_the_sign_ins(tmp_path):
    path = tmp_path / "credentials.json"
    seed(credentials=path, empty=True)
    before = path.read_bytes()
    assert not seed(credentials=path, empty=True)
    assert path.read_bytes() == before
    assert User.objects.count() == 6


def test_alerts_say_what_is_low_or_expiring_and_are_raised_once(tmp_path):
    seed(credentials=tmp_path / "credentials.json", empty=False, count=250)
    refresh_stock_alerts()
    kinds = set(Alert.objects.values_list("kind", flat=True))
    assert {"low_stock", "expiring"} <= kinds
    count = Alert.objects.count()
    refresh_stock_alerts()
    assert Alert.objects.count() == count


def test_alerts_resolve_by_themselves(tmp_path):
    seed(credentials=tmp_path / "credentials.json", empty=False, count=250)
    refresh_stock_alerts()
    low = Alert.objects.filter(kind="low_stock", status="open").first()
    Product.objects.filter(pk=low.key).update(is_active=False)
    refresh_stock_alerts()
    low.refresh_from_db()
    assert low.status == "resolved"


def test_a_failed_import_is_news_until_it_is_old():
    file = store_file(upload=SimpleUploadedFile("stock.csv", b"name,quantity\na,1\n"), actor=SYSTEM)
    job = ImportJob.objects.create(
        kind="products",
        file=file,
        status="failed",
        error={"code": "rows_invalid"},
        finished_at=timezone.now(),
    )
    refresh_import_alerts()
    alert = Alert.objects.get(kind="import_failed", status="open")
    assert alert.params["document"] == "stock.csv"
    ImportJob.objects.filter(pk=job.pk).update(finished_at=timezone.now() - timedelta(days=30))
    refresh_import_alerts()
    alert.refresh_from_db()
    assert alert.status == "resolved"
