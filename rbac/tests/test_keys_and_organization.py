"""API keys and the organisation, asked by people with roles."""

import pytest
from rest_framework.test import APIClient

from core.actors import SYSTEM
from core.models import AuditEvent
from rbac.tests.factories import client_for, roles_refused, user_with_role
from users.errors import CurrencyFixed
from users.models import ApiKey, Organization
from users.selectors import get_organization
from users.services import fix_currency, set_currency
from users.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "another long pass phrase 7"


def test_a_key_acts_as_its_user_within_its_scopes():
    owner = client_for("owner")
    cashier = user_with_role("cashier")
    body = {"name": "till 1", "user": cashier.pk, "scopes": ["inventory.view_product", "users.view_apikey"]}
    made = owner.post("/api/v1/api-keys/", body)
    assert made.status_code == 201, made.content
    assert made.data["user"] == {"id": cashier.pk, "name": cashier.name}
    machine = APIClient()
    machine.credentials(HTTP_AUTHORIZATION=f"Api-Key {made.data['key']}")
    me = machine.get("/api/v1/me/")
    assert me.data["permissions"] == ["inventory.view_product"]
    assert machine.get("/api/v1/api-keys/").status_code == 403, "a scope grants nothing its user lacks"
    assert machine.get("/api/v1/organization/").status_code == 403, "nor may it do what its user may"
    change = machine.post("/api/v1/auth/password/change/", {"old_password": PASSWORD, "new_password": NEW})
    assert change.status_code == 403
    assert made.data["key"] not in str(ApiKey.objects.values().get())
    assert "key" not in owner.get("/api/v1/api-keys/").data["results"][0]
    assert owner.delete(f"/api/v1/api-keys/{made.data['id']}/").status_code == 204
    assert machine.get("/api/v1/me/").status_code == 401
    assert owner.delete("/api/v1/api-keys/999999/").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": ["inventory.view_product", "inventory.fly"]}, "scopes[1]"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_a_key_that_would_grant_nothing_is_not_made(change, field):
    owner = client_for("owner")
    refused = owner.post("/api/v1/api-keys/", {"name": "x", "user": owner.user.pk} | change, format="json")
    assert (refused.status_code, [row["field"] for row in refused.json()["errors"]]) == (400, [field])
    assert not ApiKey.objects.exists()


def test_a_key_of_any_scope_keeps_out_of_its_users_account():
    owner = client_for("owner")
    made = owner.post("/api/v1/api-keys/", {"name": "all", "user": owner.user.pk}, format="json")
    machine = APIClient()
    machine.credentials(HTTP_AUTHORIZATION=f"Api-Key {made.data['key']}")
    assert machine.get("/api/v1/me/").status_code == 200
    for method, path in (
        ("get", "auth/sessions/"),
        ("post", "auth/password/change/"),
        ("post", "auth/mfa/setup/"),
        ("post", "auth/mfa/disable/"),
    ):
        assert getattr(machine, method)(f"/api/v1/{path}", {}).status_code == 403, path


def test_only_the_owner_makes_keys():
    user = user_with_role("cashier")
    roles_refused("post", "/api/v1/api-keys/", {"name": "x", "user": user.pk}, allowed=["owner"])
    roles_refused("get", "/api/v1/api-keys/", allowed=["owner", "auditor"])
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_listing_keys_costs_the_same_for_one_and_three(count, django_assert_num_queries):
    client = client_for("owner")
    for _ in range(count):
        client.post("/api/v1/api-keys/", {"name": "k", "user": client.user.pk})
    with django_assert_num_queries(2):
        assert len(client.get("/api/v1/api-keys/").data["results"]) == count


ORGANIZATION = "/api/v1/organization/"


def test_the_owner_changes_policies_on_the_version_they_read():
    owner = client_for("owner")
    etag = owner.get(ORGANIZATION)["ETag"]
    body = {"capital_reserve": "250.5", "two_person_approval": True}
    assert owner.patch(ORGANIZATION, body).status_code == 428
    assert owner.patch(ORGANIZATION, body, HTTP_IF_MATCH='"old"').status_code == 412
    assert Organization.objects.get().capital_reserve == 0
    changed = owner.patch(ORGANIZATION, body, HTTP_IF_MATCH=etag)
    assert changed.status_code == 200
    assert changed.data["capital_reserve"] == "250.50"
    assert owner.patch(ORGANIZATION, {"name": "x"}, HTTP_IF_MATCH=etag).status_code == 412
    assert AuditEvent.objects.filter(action="users.change_organization").count() == 1
    roles_refused("patch", ORGANIZATION, body, allowed=["owner"])
    for role in ("cashier", "auditor"):
        assert client_for(role).get(ORGANIZATION).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"timezone": "Mars/Base"},
        {"currency": "usd"},
        {"currency": "USDX"},
        {"capital_reserve": "-1"},
        {"capital_reserve": "NaN"},
        {"expiry_critical_days": 400},
        {"price_jump_percent": "-3"},
        {"review_days": 0},
        {"nonsense": 1},
        {"tax_regime": "x"},
        {"name": ""},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(body):
    owner = client_for("owner")
    etag = owner.get(ORGANIZATION)["ETag"]
    before = Organization.objects.values().get()
    response = owner.patch(ORGANIZATION, body, HTTP_IF_MATCH=etag)
    assert response.status_code == 400, response.content
    assert response.data["errors"][0]["field"]
    assert Organization.objects.values().get() == before


def test_the_currency_is_fixed_after_the_first_entry():
    assert set_currency(currency="YER", actor=SYSTEM).currency == "YER"
    assert fix_currency() == "YER"
    with pytest.raises(CurrencyFixed):
        set_currency(currency="USD", actor=SYSTEM)
    owner = client_for("owner")
    etag = owner.get(ORGANIZATION)["ETag"]
    response = owner.patch(ORGANIZATION, {"currency": "USD"}, HTTP_IF_MATCH=etag)
    assert (response.status_code, response.data["code"]) == (409, "currency_fixed")
    assert owner.patch(ORGANIZATION, {"currency": "YER"}, HTTP_IF_MATCH=etag).status_code == 200
    assert get_organization().currency == "YER"
