"""The stock reports at the workbench, and the alerts that point at them."""

from datetime import timedelta

import pytest
from django.test import Client

from inventory.models import Batch
from inventory.tests.factories import ProductFactory, stocked, today
from notifications.models import Alert
from rbac.tests.factories import user_with_role
from reports.services import refresh_stock_alerts
from sales.models import SalesHistory
from sales.tests.factories import on_shelf, shop, sold

pytestmark = pytest.mark.django_db
PAGES = "/admin/core/verification/stock/"


def desk(role):
    client = Client()
    client.force_login(user_with_role(role, is_staff=True), backend="rbac.backends.RoleBackend")
    return client


def fill():
    product = on_shelf(shop(), 10, "500", "100", name_en="Amoxil <b>500</b>")
    stocked(product, shop(), 50, "5", batch="SOON", days=20)
    sold((product, 9))
    SalesHistory.objects.create(product=product, sale_date=today() - timedelta(days=30), quantity=7)
    return product


@pytest.mark.parametrize("page", ["", "expiry/", "movers/", "ranking/", "reorder/"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_is_shown_in_both_languages(page, language):
    fill()
    answer = desk("pharmacist").get(PAGES + page, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert "<b>500</b>" not in answer.content.decode()


def test_a_page_is_narrowed_and_exported_as_it_is_shown():
    fill()
    client = desk("pharmacist")
    shown = client.get(f"{PAGES}expiry/", {"tier": "critical"}).content.decode()
    assert "SOON" in shown
    assert "SOON" not in client.get(f"{PAGES}expiry/", {"tier": "later"}).content.decode()
    assert b"SOON" in client.get(f"{PAGES}expiry/", {"tier": "critical", "format": "csv"}).content
    assert client.get(f"{PAGES}expiry/", {"format": "xlsx"}).content[:2] == b"PK"
    assert client.get(f"{PAGES}expiry/", {"tier": "nonsense"}).status_code == 302
    assert client.get(f"{PAGES}movers/", {"search": "nobody"}).status_code == 200


def test_pages_are_for_those_who_may_and_money_for_fewer():
    fill()
    cashier = desk("cashier")
    assert cashier.get(f"{PAGES}movers/").status_code == 403
    assert cashier.get(f"{PAGES}reorder/").status_code == 403
    assert "Stock at cost" not in cashier.get(PAGES).content.decode()
    assert "Stock at cost" in desk("owner").get(PAGES).content.decode()


def open_alerts(kind):
    return list(Alert.objects.filter(kind=kind, status="open"))


def test_alerts_of_tiers_risk_and_dead_stock_come_once_and_go_by_themselves():
    product, dead = fill(), ProductFactory()
    stocked(product, shop(), 5000, "5", batch="LATER", days=150)
    stocked(dead, shop(), 5, "50", batch="D", days=None)
    SalesHistory.objects.create(product=dead, sale_date=today() - timedelta(days=200), quantity=1)
    for _time in range(2):
        refresh_stock_alerts()
    severities = {alert.params["batch"]: alert.severity for alert in open_alerts("expiring")}
    assert severities == {"SOON": "critical", "LATER": "info"}
    (risk,) = open_alerts("stock_at_risk")
    assert risk.params["batches"] >= 1
    (lying,) = open_alerts("dead_stock")
    assert (lying.params["products"], lying.params["amount"], lying.params["days"]) == (1, "50.0000", 180)
    Batch.objects.filter(number__in=["SOON", "LATER", "B1"]).update(expiry_date=None)
    SalesHistory.objects.create(product=dead, sale_date=today() - timedelta(days=1), quantity=1)
    refresh_stock_alerts()
    assert not [*open_alerts("expiring"), *open_alerts("stock_at_risk"), *open_alerts("dead_stock")]
