"""Passwords, sessions, keys, the second factor, the organisation."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.test import APIClient

from core.models import SecurityEvent
from users.models import SignInSession
from users.selectors import get_organization, local_today
from users.services import start_session
from users.tasks import forget_ended_sessions, send_password_reset
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NEW = "another long pass phrase 7"


def signed_in(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_session(user=user).access}")
    return client


def test_changing_the_password_ends_every_other_session():
    user = UserFactory()
    here, there = signed_in(user), signed_in(user)
    body = {"old_password": PASSWORD, "new_password": NEW}
    assert here.post("/api/v1/auth/password/change/", body).status_code == 204
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert here.get("/api/v1/me/").status_code == 200
    assert there.get("/api/v1/me/").status_code == 401


@pytest.mark.parametrize(
    ("old", "new", "field"), [("wrong", NEW, "old_password"), (PASSWORD, "12345678", "new_password")]
)
def test_a_refused_password_changes_nothing(old, new, field):
    user = UserFactory()
    body = {"old_password": old, "new_password": new}
    response = signed_in(user).post("/api/v1/auth/password/change/", body)
    assert response.status_code == 400
    assert response.data["errors"][0]["field"] == field
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_password_reset_by_mail_does_not_tell_who_has_an_account(
    monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(
        "core.tasks._publish", lambda task, args: sent.append(args) or task.apply(args=args, throw=True)
    )
    user = UserFactory(email="lost@example.org")
    client = APIClient()
    session = signed_in(user)
    with django_capture_on_commit_callbacks(execute=True):
        known = client.post("/api/v1/auth/password/reset/", {"email": "Lost@example.org"})
        unknown = client.post("/api/v1/auth/password/reset/", {"email": "nobody@example.org"})
        client.post("/api/v1/auth/password/reset/", {"email": "lost@example.org"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"")
    assert sent == [(user.pk,), (0,), (0,)]
    assert len(mail.outbox) == 1
    uid, token = re.search(r"uid=([^&]+)&token=(\S+)", mail.outbox[0].body).groups()
    confirm = "/api/v1/auth/password/reset/confirm/"
    assert client.post(confirm, {"uid": uid, "token": "x", "password": NEW}).status_code == 400
    assert client.post(confirm, {"uid": uid, "token": token, "password": "short"}).status_code == 400
    assert client.post(confirm, {"uid": uid, "token": token, "password": NEW}).status_code == 204
    assert client.post(confirm, {"uid": uid, "token": token, "password": NEW}).status_code == 400
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert session.get("/api/v1/me/").status_code == 401
    assert SecurityEvent.objects.filter(action="password_changed").count() == 1


@pytest.mark.parametrize("uid", ["x", "!!", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", ""])
def test_a_rubbish_reset_link_is_a_400(uid):
    body = {"uid": uid, "token": "t", "password": NEW}
    assert APIClient().post("/api/v1/auth/password/reset/confirm/", body).status_code == 400


def test_mail_for_nobody_goes_nowhere():
    send_password_reset(0)
    assert mail.outbox == []


def test_sessions_are_ones_own():
    user, other = UserFactory(), UserFactory()
    here, there = signed_in(user), signed_in(user)
    signed_in(other)
    rows = here.get("/api/v1/auth/sessions/").data["results"]
    assert len(rows) == 2
    assert [row["current"] for row in rows].count(True) == 1
    stranger = SignInSession.objects.get(user=other)
    assert here.delete(f"/api/v1/auth/sessions/{stranger.pk}/").status_code == 404
    away = next(row["id"] for row in rows if not row["current"])
    assert here.delete(f"/api/v1/auth/sessions/{away}/").status_code == 204
    assert there.get("/api/v1/me/").status_code == 401
    assert APIClient().get("/api/v1/auth/sessions/").status_code == 401


def test_sessions_that_ended_long_ago_are_forgotten():
    signed_in(UserFactory())
    forget_ended_sessions()
    assert SignInSession.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=200)):
        forget_ended_sessions()
    assert not SignInSession.objects.exists()


def test_the_second_factor_is_asked_for_once_it_is_confirmed():
    user = UserFactory(email="two@example.org")
    client = signed_in(user)
    assert "otpauth://totp/" in client.post("/api/v1/auth/mfa/setup/").data["otpauth_url"]
    body = {"email": user.email, "password": PASSWORD}
    token = "/api/v1/auth/token/"
    assert APIClient().post(token, body).status_code == 200
    assert client.post("/api/v1/auth/mfa/confirm/", {"code": "000000"}).status_code == 400
    device = TOTPDevice.objects.get()
    device.throttle_reset()
    code = f"{totp(device.bin_key):06d}"
    assert client.post("/api/v1/auth/mfa/confirm/", {"code": code}).status_code == 204
    missing = APIClient().post(token, body)
    assert (missing.status_code, missing.data["code"]) == (401, "otp_required")
    assert APIClient().post(token, {**body, "otp": code}).status_code == 401, "a code is good once"
    TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0)
    assert APIClient().post(token, {**body, "otp": f"{totp(device.bin_key):06d}"}).status_code == 200
    assert client.post("/api/v1/auth/mfa/setup/").status_code == 400
    assert client.post("/api/v1/auth/mfa/disable/", {"password": "wrong"}).status_code == 400
    assert client.post("/api/v1/auth/mfa/disable/", {"password": PASSWORD}).status_code == 204
    assert APIClient().post(token, body).status_code == 200


@pytest.mark.parametrize("header", ["Api-Key", "Api-Key x", "Api-Key a b c", "Api-Key \xff.\xff", "Bearer x"])
def test_a_rubbish_authorization_header_is_a_401(header):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    assert client.get("/api/v1/me/").status_code == 401


def test_today_is_the_pharmacys_date(time_machine_at):
    organization = get_organization()
    organization.timezone = "Asia/Damascus"
    organization.save()
    with time_machine_at("2026-03-01T22:30:00+00:00"):
        assert local_today().isoformat() == "2026-03-02"


@pytest.fixture
def time_machine_at():
    return lambda moment: time_machine.travel(moment, tick=False)


def test_meta_needs_no_sign_in_and_speaks_both_languages():
    body = APIClient().get("/api/v1/meta/").data
    assert body["currency"] == {"code": "SYP", "decimals": 2}
    assert {"value": "cash_only", "label": "Cash only"} in body["enums"]["users.SpendingPolicy"]
    assert body["limits"]["page_max"] == 200
    assert APIClient().get("/api/v1/meta/", HTTP_ACCEPT_LANGUAGE="ar").status_code == 200
