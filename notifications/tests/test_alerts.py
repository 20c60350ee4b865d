from datetime import date
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from core.actors import SYSTEM
from core.models import AuditEvent
from notifications.catalogue import CATALOGUE
from notifications.enums import AlertKind
from notifications.models import Alert, Notification
from notifications.selectors import open_alert_keys, unread_count
from notifications.services import (
    AlertState,
    raise_alert,
    resolve_alert,
    resolve_alert_by_hand,
    set_preference,
    sync_alerts,
)
from notifications.tasks import announce_alerts
from rbac.table import TABLE
from rbac.tests.factories import client_for, roles_refused, user_with_role

pytestmark = pytest.mark.django_db
LOW = {"product": "Panadol", "available": 3, "reorder_level": Decimal("10.5")}


def test_every_kind_has_a_text_and_a_permission_that_exists():
    assert set(CATALOGUE) == set(AlertKind.values)
    assert {entry.permission for entry in CATALOGUE.values()} <= set(TABLE)


def test_an_alert_is_open_once():
    first = raise_alert(kind="low_stock", key=7, body_params=LOW)
    again = raise_alert(kind="low_stock", key=7, body_params={**LOW, "available": 2})
    assert first.pk == again.pk
    assert again.text == "Panadol is running low: 2 left, 10.5 wanted"
    assert resolve_alert(kind="low_stock", key=7)
    assert not resolve_alert(kind="low_stock", key=7)
    assert raise_alert(kind="low_stock", key=7, body_params=LOW).pk != first.pk
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(kind="low_stock", key="7", severity="info")


@pytest.mark.parametrize(
    ("amount", "shown"), [("50000", "50,000"), ("1250.5000", "1,250.50"), ("0", "0"), ("many", "many")]
)
def test_money_is_written_as_everywhere_whatever_decimals_it_came_with(amount, shown):
    adjusted = {"adjustment": "AD-50000", "amount": amount, "currency": "SYP", "note": "2026", "made_by": "S"}
    assert raise_alert(kind="adjustment_waiting", key=1, body_params=adjusted).text == (
        f"Adjustment AD-50000 of {shown} SYP (2026), made by S, waits for a decision"
    )
    drawer = {"shift": "S-1", "till": "T", "who": "R", "difference": f"-{amount}", "currency": "SYP"}
    text = raise_alert(kind="cash_difference", key=1, body_params=drawer).text
    assert text.replace("\u200e", "").endswith(f"R: -{shown} SYP against the books") or amount == "0"


def test_texts_survive_missing_parameters_and_unknown_kinds():
    assert raise_alert(kind="expiring", key=1).text == "–, batch –: – expire on –"
    alert = raise_alert(kind="something_new", key=1, title="It rains on {place}", body_params={"place": "us"})
    assert alert.text == "It rains on us"
    assert raise_alert(kind="something_new", key=2).text == "something_new"
    jump = raise_alert(
        kind="price_jump",
        key=1,
        body_params={"offer": "OF-1", "supplier": "W", "lines": 2, "examples": ["a", "b"]},
    )
    assert jump.text == "Offer OF-1 of W: 2 prices jumped (a, b)"
    waiting = {"proposal": "PR-1", "amount": "1250.5000", "currency": "SYP", "submitted_by": "Sara"}
    assert raise_alert(kind="proposal_waiting", key=1, body_params=waiting).text == (
        "Proposal PR-1 of 1,250.50 SYP, submitted by Sara, waits for a decision"
    )
    both = {
        "product": "Panadol",
        "product_ar": "بنادول",
        "batch": "B1",
        "quantity": 3,
        "expiry": "2027-01-31",
    }
    expiring = raise_alert(kind="expiring", key=2, body_params=both)
    assert expiring.text.startswith("Panadol, batch B1")
    with translation.override("ar"):
        assert jump.text
        assert "بنادول" in expiring.text


def test_a_check_raises_what_is_new_and_resolves_what_is_gone(django_assert_num_queries):
    result = sync_alerts("low_stock", {str(number): LOW for number in range(3)})
    assert (result.raised, result.resolved, result.changed) == (3, 0, 0)
    raise_alert(kind="expiring", key="1")
    current = {
        "1": LOW,
        "2": {**LOW, "available": 0, "severity": "critical"},
        "9": AlertState(params=LOW, link="/x"),
    }
    result = sync_alerts("low_stock", current)
    assert (result.raised, result.resolved, result.changed) == (1, 1, 1)
    assert open_alert_keys(kind="low_stock") == {"1", "2", "9"}
    assert open_alert_keys(kind="expiring") == {"1"}
    assert Alert.objects.get(key="2", kind="low_stock").severity == "critical"
    with django_assert_num_queries(5):  # savepoint, lock, read, resolve, release: nothing to write
        sync_alerts("low_stock", current)
    assert sync_alerts("low_stock", {}).resolved == 3


@pytest.mark.parametrize("count", [1, 300])
def test_a_check_costs_the_same_for_one_and_many(count, django_assert_num_queries):
    with django_assert_num_queries(6):
        sync_alerts("expiring", {str(n): {"expiry": date(2026, 3, 1)} for n in range(count)})


def test_those_whom_it_concerns_are_told_once(worker):
    owner, purchaser, cashier = (user_with_role(code) for code in ("owner", "purchaser", "cashier"))
    for _ in range(2):
        with worker():
            sync_alerts("low_stock", {"1": LOW, "2": LOW})
    told = Notification.objects.values_list("user_id", flat=True)
    assert sorted(told) == sorted([owner.pk, owner.pk, purchaser.pk, purchaser.pk])
    assert unread_count(user_id=purchaser.pk) == 2
    assert unread_count(user_id=cashier.pk) == 0
    assert mail.outbox == [], "low stock is a warning: the catalogue mails critical ones"
    announce_alerts()
    assert Notification.objects.count() == 4


def test_what_became_worse_is_told_again_and_mailed(worker):
    owner = user_with_role("owner")
    with worker():
        sync_alerts("low_stock", {"1": LOW})
    Notification.objects.update(read_at=timezone.now())
    with worker():
        sync_alerts("low_stock", {"1": {**LOW, "severity": "critical"}})
    assert unread_count(user_id=owner.pk) == 1
    assert [message.to for message in mail.outbox] == [[owner.email]]
    assert "Panadol" in mail.outbox[0].subject
    with worker():
        sync_alerts("low_stock", {"1": {**LOW, "severity": "warning"}})
    assert len(mail.outbox) == 1


def test_many_alerts_are_one_mail(worker):
    user_with_role("owner", language="en")
    with worker():
        sync_alerts("expired", {str(n): {"product": f"P{n}", "severity": "critical"} for n in range(30)})
    assert len(mail.outbox) == 1
    assert "30 alerts" in mail.outbox[0].subject
    assert "and 10 more" in mail.outbox[0].body


def test_preferences_decide(worker):
    quiet, eager = user_with_role("owner"), user_with_role("owner")
    set_preference(user_id=quiet.pk, kind="proposal_waiting", in_app=False, email_from="")
    set_preference(user_id=eager.pk, kind="low_stock", email_from="info")
    with worker():
        raise_alert(kind="proposal_waiting", key=1, severity="info", body_params={"number": "PR-1"})
        raise_alert(kind="low_stock", key=1, body_params=LOW)
    assert not Notification.objects.filter(user=quiet, alert__kind="proposal_waiting").exists()
    assert Notification.objects.filter(user=eager).count() == 2
    assert {message.to[0] for message in mail.outbox} == {eager.email}


def test_a_failed_mail_is_due_still(worker, monkeypatch):
    user_with_role("owner")

    def fail(*_args, **_kwargs):
        raise RuntimeError("no mail server")

    monkeypatch.setattr("notifications.delivery.send_mail", fail)
    with worker():
        raise_alert(kind="expired", key=1, severity="critical")
    assert Notification.objects.filter(mail_due=True, mailed_at__isnull=True).count() == 1
    monkeypatch.undo()


def test_what_was_resolved_meanwhile_is_not_mailed(worker, monkeypatch):
    user_with_role("owner")
    alert = raise_alert(kind="expired", key=1, severity="critical")
    resolve_alert(kind="expired", key=1)
    with worker():
        announce_alerts()
    assert mail.outbox == []
    assert not Notification.objects.exists()
    alert.refresh_from_db()
    assert alert.announced_at is not None


def test_settling_by_hand_is_in_the_trail():
    alert = raise_alert(kind="found_stock", key=1)
    client = client_for("pharmacist")
    response = client.post(f"/api/v1/alerts/{alert.pk}/resolve/")
    assert (response.status_code, response.data["status"]) == (200, "resolved")
    assert response.data["resolved_by_name"] == client.user.name
    again = client.post(f"/api/v1/alerts/{alert.pk}/resolve/")
    assert (again.status_code, again.data["code"]) == (409, "alert_resolved")
    assert AuditEvent.objects.filter(action="notifications.resolve_alert").count() == 1
    other = raise_alert(kind="found_stock", key=1)
    allowed = ["owner", "pharmacist", "purchaser", "accountant"]
    roles_refused("post", f"/api/v1/alerts/{other.pk}/resolve/", allowed=allowed)
    other.refresh_from_db()
    assert other.status == "open"


def test_raised_eight_times_at_once_it_is_one_alert(committed_db):
    answers = committed_db.race(*[lambda: raise_alert(kind="low_stock", key="1", body_params=LOW).pk] * 8)
    assert len(set(answers)) == Alert.objects.count() == 1


def test_resolving_by_hand_needs_an_alert():
    with pytest.raises(Alert.DoesNotExist):
        resolve_alert_by_hand(alert_id=1, actor=SYSTEM)
