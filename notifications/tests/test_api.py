import pytest
from rest_framework.test import APIClient

from notifications.models import Notification
from notifications.services import raise_alert, sync_alerts
from rbac.tests.factories import client_for

pytestmark = pytest.mark.django_db
ALERTS, MINE, WISHES = "/api/v1/alerts/", "/api/v1/notifications/", "/api/v1/notification-preferences/"


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_one_and_three(count, worker, django_assert_num_queries):
    client = client_for("owner")
    client.user.get_all_permissions()
    with worker():
        sync_alerts("low_stock", {str(n): {"product": f"P{n}"} for n in range(count)})
    with django_assert_num_queries(2):
        assert client.get(f"{ALERTS}?status=open").data["count"] == count
    with django_assert_num_queries(2):
        assert client.get(MINE).data["count"] == count


def test_alerts_are_seen_by_everybody_who_works_here():
    alert = raise_alert(kind="low_stock", key=1, body_params={"product": "Panadol"}, link="/admin/")
    for role in ("owner", "pharmacist", "purchaser", "cashier", "accountant", "auditor"):
        assert client_for(role).get(ALERTS).data["count"] == 1
    assert client_for().get(ALERTS).status_code == 403
    assert APIClient().get(ALERTS).status_code == 401
    detail = client_for("cashier").get(f"{ALERTS}{alert.pk}/")
    assert detail.data["text"].startswith("Panadol")
    assert client_for("cashier").get(f"{ALERTS}?kind=expiring").data["count"] == 0
    assert client_for("cashier").get(f"{ALERTS}?status=nonsense").status_code == 400


def test_notifications_are_ones_own_and_come_since(worker):
    client, other = client_for("owner"), client_for("owner")
    with worker():
        raise_alert(kind="low_stock", key=1)
    newest = client.get(MINE).data["results"][0]["id"]
    assert client.get(f"{MINE}?since={newest}").data["count"] == 0
    with worker():
        raise_alert(kind="low_stock", key=2)
    rows = client.get(f"{MINE}?since={newest}").data["results"]
    assert [row["alert"]["key"] for row in rows] == ["2"]
    foreign = Notification.objects.filter(user=other.user).first().pk
    assert client.post(f"{MINE}read/", {"ids": [foreign, rows[0]["id"]]}).data == {"read": 1, "unread": 1}
    assert client.get(f"{MINE}?unread=true").data["count"] == 1
    assert client.post(f"{MINE}read/", {}).data == {"read": 1, "unread": 0}
    assert other.get(f"{MINE}?unread=true").data["count"] == 2
    assert client_for("cashier").get(MINE).data["count"] == 0
    assert client.post(f"{MINE}read/", {"ids": ["x"]}).status_code == 400
    assert APIClient().get(MINE).status_code == 401


def test_preferences_are_ones_own(django_assert_num_queries):
    client = client_for("cashier")
    with django_assert_num_queries(1):
        rows = client.get(WISHES).data
    assert {row["kind"]: row["email_from"] for row in rows}["job_failed"] == "warning"
    changed = client.patch(f"{WISHES}low_stock/", {"email_from": "", "in_app": False})
    assert changed.data == {"kind": "low_stock", "in_app": False, "email_from": ""}
    assert client.patch(f"{WISHES}low_stock/", {"in_app": True}).data["email_from"] == ""
    after = {row["kind"]: row for row in client.get(WISHES).data}
    assert after["low_stock"] == {"kind": "low_stock", "in_app": True, "email_from": ""}
    others = {row["kind"]: row for row in client_for("cashier").get(WISHES).data}
    assert others["low_stock"]["email_from"] == "critical"
    for body in ({"email_from": "loud"}, {"in_app": "maybe"}, {"nonsense": 1}):
        assert client.patch(f"{WISHES}low_stock/", body).status_code == 400
    assert client.patch(f"{WISHES}unknown/", {}).status_code == 404
    assert APIClient().get(WISHES).status_code == 401
