import pytest
from django.test import Client

from notifications.services import raise_alert
from rbac.tests.factories import user_with_role

pytestmark = pytest.mark.django_db


def browser_of(*roles):
    browser = Client()
    browser.force_login(user_with_role(*roles), backend="rbac.backends.RoleBackend")
    return browser


def test_alerts_are_looked_at_and_settled_by_who_may():
    alert = raise_alert(kind="low_stock", key=1, body_params={"product": "Panadol"}, link="/admin/inventory/")
    settle = {"action": "settle", "_selected_action": [alert.pk]}
    cashier = browser_of("cashier")
    assert "Panadol" in cashier.get("/admin/notifications/alert/").content.decode()
    assert (
        "/admin/inventory/" in cashier.get(f"/admin/notifications/alert/{alert.pk}/change/").content.decode()
    )
    cashier.post("/admin/notifications/alert/", settle)
    alert.refresh_from_db()
    assert alert.status == "open"
    browser_of("purchaser").post("/admin/notifications/alert/", settle)
    alert.refresh_from_db()
    assert alert.status == "resolved"
