import pytest
from rest_framework.test import APIClient

from core.models import SecurityEvent
from users.api.cookies import COOKIE
from users.enums import SessionEnd
from users.models import SignInSession
from users.services import refresh_session, start_session
from users.tests.factories import PASSWORD, UserFactory

TOKEN = "/api/v1/auth/token/"
REFRESH = "/api/v1/auth/token/refresh/"
REVOKE = "/api/v1/auth/token/revoke/"
ME = "/api/v1/me/"


@pytest.fixture
def user(db):
    return UserFactory(email="sara@example.org")


def sign_in(client, **extra):
    return client.post(TOKEN, {"email": "sara@example.org", "password": PASSWORD, **extra})


def bearer(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_sign_in_answers_two_tokens_and_is_remembered(user):
    response = sign_in(APIClient(), email="  SARA@Example.org ")
    assert response.status_code == 200, response.content
    assert set(response.data) == {"access", "refresh"}
    assert response["Cache-Control"] == "no-store"
    assert bearer(response.data["access"]).get(ME).data["email"] == "sara@example.org"
    user.refresh_from_db()
    assert user.last_login is not None
    assert SecurityEvent.objects.filter(action="signed_in", actor_id=user.pk).count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"email": "sara@example.org", "password": "wrong"},
        {"email": "nobody@example.org", "password": PASSWORD},
    ],
)
def test_a_wrong_sign_in_says_the_same_whatever_was_wrong(user, body):
    response = APIClient().post(TOKEN, body)
    assert response.status_code == 401
    assert response.data["code"] == "sign_in_failed"
    assert not SignInSession.objects.exists()


def test_who_is_not_active_cannot_sign_in(user):
    user.is_active = False
    user.save()
    assert sign_in(APIClient()).status_code == 401
    assert not SignInSession.objects.exists()


def test_bad_shapes_are_400(user):
    for body in ({}, {"email": "a", "password": "b", "extra": 1}, {"email": ["a"], "password": {}}):
        assert APIClient().post(TOKEN, body).status_code == 400


def test_too_many_failures_lock_out_with_a_problem(user, settings):
    client = APIClient()
    for attempt in range(settings.AXES_FAILURE_LIMIT):
        spelling = "Sara@example.org" if attempt % 2 else "sara@example.org"
        response = client.post(TOKEN, {"email": spelling, "password": "wrong"})
    assert response.status_code == 429
    assert response["Content-Type"] == "application/problem+json"
    assert int(response["Retry-After"]) > 0
    assert sign_in(client).status_code == 429
    assert not SignInSession.objects.exists()


def test_refresh_rotates_and_reuse_ends_the_family(user):
    first = sign_in(APIClient()).data
    second = APIClient().post(REFRESH, {"refresh": first["refresh"]})
    assert second.status_code == 200
    again = APIClient().post(REFRESH, {"refresh": first["refresh"]})
    assert again.status_code == 401
    assert again.data["code"] == "token_not_valid"
    assert APIClient().post(REFRESH, {"refresh": second.data["refresh"]}).status_code == 401
    assert bearer(second.data["access"]).get(ME).status_code == 401
    assert SignInSession.objects.get().end_reason == SessionEnd.TOKEN_REUSED


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_rubbish_is_no_refresh_token(user, token):
    assert APIClient().post(REFRESH, {"refresh": token}).status_code in (400, 401)


def test_an_access_token_does_not_refresh(user):
    assert APIClient().post(REFRESH, {"refresh": sign_in(APIClient()).data["access"]}).status_code == 401


def test_signing_out_stops_both_tokens_at_once(user):
    tokens = sign_in(APIClient()).data
    other = sign_in(APIClient()).data
    assert APIClient().post(REVOKE, {"refresh": tokens["refresh"]}).status_code == 204
    assert bearer(tokens["access"]).get(ME).status_code == 401
    assert APIClient().post(REFRESH, {"refresh": tokens["refresh"]}).status_code == 401
    assert bearer(other["access"]).get(ME).status_code == 200
    assert APIClient().post(REVOKE, {"refresh": "rubbish"}).status_code == 204


def test_the_browser_keeps_the_refresh_token_in_a_cookie(user):
    browser = APIClient(enforce_csrf_checks=True)
    response = sign_in(browser, cookie=True)
    assert response.data["refresh"] is None
    cookie = response.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/api/v1/auth/"
    refused = browser.post(REFRESH, {})
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    token = response.data["csrf_token"]
    refreshed = browser.post(REFRESH, {}, HTTP_X_CSRFTOKEN=token)
    assert refreshed.status_code == 200
    assert refreshed.data["refresh"] is None
    assert refreshed.cookies[COOKIE].value != cookie.value
    assert browser.post(REVOKE, {}).status_code == 403
    gone = browser.post(REVOKE, {}, HTTP_X_CSRFTOKEN=refreshed.data["csrf_token"])
    assert gone.status_code == 204
    assert gone.cookies[COOKIE].value == ""
    assert bearer(refreshed.data["access"]).get(ME).status_code == 401


def test_authentication_costs_one_query(user, django_assert_num_queries):
    client = bearer(sign_in(APIClient()).data["access"])
    with django_assert_num_queries(3):  # session with user; count and page of sessions
        assert client.get("/api/v1/auth/sessions/?limit=1").status_code == 200


def test_of_eight_concurrent_refreshes_exactly_one_succeeds(committed_db):
    tokens = start_session(user=UserFactory())
    answers = committed_db.race(*[lambda: refresh_session(refresh=tokens.refresh)] * 8)
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert [type(answer).__name__ for answer in refused] == ["TokenRefused"] * 7
