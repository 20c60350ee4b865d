"""The workbench tells the time of the pharmacy, the API that of the world."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from core.actors import SYSTEM
from core.audit import record_audit
from core.models import AuditEvent
from rbac.tests.factories import client_for, user_with_role
from users.models import ApiKey, Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
LATE_IN_THE_EVENING = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)  # half past one of the next day in Aden


@pytest.fixture(autouse=True)
def _aden(time_machine):
    get_organization()
    Organization.objects.update(timezone="Asia/Aden")
    time_machine.move_to(LATE_IN_THE_EVENING, tick=False)


@pytest.fixture
def owner(client):
    client.force_login(user_with_role("owner"), backend="rbac.backends.RoleBackend")
    return client


def test_pages_show_the_pharmacys_own_time_and_the_api_utc(owner):
    record_audit(action="core.test", actor=SYSTEM, target_kind="thing", target_id=1, summary="seen")
    event = AuditEvent.objects.get(action="core.test")
    page = owner.get(f"/admin/core/auditevent/{event.pk}/change/").content.decode()
    assert "15 Mar 2026, 01:30" in page
    assert "22:30" not in page
    assert timezone.get_current_timezone_name() == "UTC"
    listed = client_for("owner").get("/api/v1/audit-events/?action=core.test").json()["results"]
    assert [row["occurred_at"] for row in listed] == ["2026-03-14T22:30:00Z"]


def test_moments_typed_at_the_workbench_are_the_pharmacys(owner):
    body = {"name": "Scale", "user": owner.session["_auth_user_id"], "scopes": "[]"}
    answer = owner.post(
        "/admin/users/apikey/add/", body | {"expires_at_0": "2026-03-16", "expires_at_1": "08:00"}
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert ApiKey.objects.get().expires_at == datetime(2026, 3, 16, 5, tzinfo=UTC)
