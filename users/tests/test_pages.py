"""The pages behind mailed links, and signing in at the workbench."""

import re

import pytest
from django.core import mail
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.actors import SYSTEM
from users.services import invite_user
from users.tasks import send_invitation, send_password_reset
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


def path_in_mail():
    return re.search(r"http://[^/]+(/\S+)", mail.outbox[-1].body).group(1)


def test_an_invitation_is_accepted_in_the_browser():
    invitation = invite_user(email="new@example.org", name="Rami", actor=SYSTEM)
    send_invitation(invitation.pk)
    send_invitation(invitation.pk)
    assert len(mail.outbox) == 1
    browser, page = Client(), path_in_mail()
    shown = browser.get(page)
    assert shown.status_code == 200
    assert shown["Cache-Control"] == "no-store"
    assert shown["Referrer-Policy"] == "no-referrer"
    assert "not the same" in browser.post(page, {"password": PASSWORD, "again": "x"}).content.decode()
    weak = browser.post(page, {"password": "12345678", "again": "12345678"})
    assert "too common" in weak.content.decode()
    invitation.user.refresh_from_db()
    assert invitation.user.status == "invited"
    done = browser.post(page, {"password": PASSWORD, "again": PASSWORD})
    assert "Your account is open." in done.content.decode()
    again = browser.post(page, {"password": PASSWORD, "again": PASSWORD})
    assert "not valid or has expired" in again.content.decode()
    invitation.user.refresh_from_db()
    assert invitation.user.check_password(PASSWORD)


def test_a_forgotten_password_is_set_anew_in_the_browser():
    user = UserFactory()
    browser = Client()
    assert "/forgot-password/" in browser.get(LOGIN).content.decode()
    asked = [
        browser.post("/forgot-password/", {"email": email}).content for email in (user.email, "no@body.org")
    ]
    assert asked[0] == asked[1]
    send_password_reset(user.pk)
    page = path_in_mail()
    done = browser.post(page, {"password": "a whole new phrase", "again": "a whole new phrase"})
    assert "Your password is changed." in done.content.decode()
    user.refresh_from_db()
    assert user.check_password("a whole new phrase")


def test_the_workbench_asks_for_the_second_factor_too():
    user = UserFactory(email="two@example.org")
    body = {"username": "Two@Example.org", "password": PASSWORD}
    assert Client().post(LOGIN, body).status_code == 302
    device = TOTPDevice.objects.create(user=user, confirmed=True)
    browser = Client()
    asked = browser.post(LOGIN, body)
    assert asked.status_code == 200
    assert 'name="otp"' in asked.content.decode()
    assert browser.post(LOGIN, {**body, "otp": "000000"}).status_code == 200
    device.refresh_from_db()
    device.throttle_reset()
    assert browser.post(LOGIN, {**body, "otp": f"{totp(device.bin_key):06d}"}).status_code == 302


def test_too_many_failures_lock_the_workbench_too(settings):
    UserFactory(email="two@example.org")
    browser = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = browser.post(LOGIN, {"username": "two@example.org", "password": "wrong"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert browser.post(LOGIN, {"username": "TWO@example.org", "password": PASSWORD}).status_code == 429
