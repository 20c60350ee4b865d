"""People, invitations, roles and the trails, through the API."""

import re

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from core.models import AuditEvent, SecurityEvent
from rbac.models import Role, RoleAssignment
from rbac.tests.factories import client_for, roles_refused, user_with_role
from users.models import Invitation, User
from users.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
USERS = "/api/v1/users/"
INVITATIONS = "/api/v1/auth/invitations/"


@pytest.fixture
def run_tasks(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("core.tasks._publish", lambda task, args: task.apply(args=args, throw=True))
    return lambda: django_capture_on_commit_callbacks(execute=True)


def token_in_mail():
    return re.search(r"token=(\S+)", mail.outbox[-1].body).group(1)


def test_an_invited_person_sets_a_password_and_holds_the_role(run_tasks):
    owner = client_for("owner")
    with run_tasks():
        body = {"email": "New@Example.org", "name": "Rami", "roles": ["cashier"], "language": "ar"}
        made = owner.post(INVITATIONS, body)
    assert made.status_code == 201, made.content
    assert made.data["email"] == "new@example.org"
    person = User.objects.get(email="new@example.org")
    assert (person.status, person.has_usable_password()) == ("invited", False)
    assert Invitation.objects.get().sent_at is not None
    token = token_in_mail()
    accept = f"{INVITATIONS}accept/"
    assert APIClient().post(accept, {"token": token, "password": "short"}).status_code == 400
    assert APIClient().post(accept, {"token": token + "x", "password": PASSWORD}).status_code == 400
    assert APIClient().post(accept, {"token": token, "password": PASSWORD}).status_code == 200
    assert APIClient().post(accept, {"token": token, "password": PASSWORD}).status_code == 400
    person.refresh_from_db()
    assert person.status == "active"
    assert person.has_perm("sales.sell")
    signed_in = APIClient().post("/api/v1/auth/token/", {"email": "new@example.org", "password": PASSWORD})
    assert signed_in.status_code == 200


def test_the_first_owner_comes_by_command(capsys):
    call_command("create_owner", "Boss@Example.org", "Boss")
    token = re.search(r"/accept-invitation/\?token=(\S+)", capsys.readouterr().out).group(1)
    answer = APIClient().post(f"{INVITATIONS}accept/", {"token": token, "password": PASSWORD})
    assert answer.status_code == 200
    assert User.objects.get(email="boss@example.org").has_perm("rbac.assign_role")
    with pytest.raises(CommandError):
        call_command("create_owner", "boss@example.org", "Boss")


def test_an_address_is_invited_once(run_tasks):
    owner = client_for("owner")
    body = {"email": "a@example.org", "name": "A"}
    assert owner.post(INVITATIONS, body).status_code == 201
    again = owner.post(INVITATIONS, {**body, "email": "A@EXAMPLE.ORG"})
    assert (again.status_code, again.data["code"]) == (409, "email_taken")
    assert Invitation.objects.count() == 1
    assert owner.post(INVITATIONS, {**body, "email": "b@x.org", "roles": ["king"]}).status_code == 400


def test_a_new_link_replaces_the_old_one_and_withdrawing_ends_both(run_tasks):
    owner = client_for("owner")
    with run_tasks():
        first = owner.post(INVITATIONS, {"email": "a@example.org", "name": "A"}).data
    old = token_in_mail()
    with run_tasks():
        second = owner.post(f"{INVITATIONS}{first['id']}/resend/").data
    accept = f"{INVITATIONS}accept/"
    assert APIClient().post(accept, {"token": old, "password": PASSWORD}).status_code == 400
    assert owner.delete(f"{INVITATIONS}{second['id']}/").status_code == 204
    assert APIClient().post(accept, {"token": token_in_mail(), "password": PASSWORD}).status_code == 400
    assert owner.delete(f"{INVITATIONS}{second['id']}/").status_code == 409
    assert User.objects.get(email="a@example.org").status == "deactivated"


def test_only_the_owner_invites_and_deactivates():
    roles_refused("post", INVITATIONS, {"email": "a@x.org", "name": "A"}, allowed=["owner"])
    person = user_with_role("cashier")
    for verb in ("deactivate", "reactivate"):
        roles_refused("post", f"{USERS}{person.pk}/{verb}/", allowed=["owner"])
    roles_refused("patch", f"{USERS}{person.pk}/", {"name": "x"}, allowed=["owner"])
    roles_refused("get", USERS, allowed=["owner", "pharmacist", "auditor"])
    roles_refused("get", INVITATIONS, allowed=["owner", "pharmacist", "auditor"])
    person.refresh_from_db()
    assert person.is_active
    assert not Invitation.objects.exists()


def test_a_deactivated_person_is_out_at_once_and_can_come_back():
    owner, person = client_for("owner"), user_with_role("cashier")
    tokens = APIClient().post("/api/v1/auth/token/", {"email": person.email, "password": PASSWORD}).data
    them = APIClient()
    them.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    assert them.get("/api/v1/me/").status_code == 200
    gone = owner.post(f"{USERS}{person.pk}/deactivate/")
    assert (gone.status_code, gone.data["status"]) == (200, "deactivated")
    assert them.get("/api/v1/me/").status_code == 401
    assert owner.post(f"{USERS}{person.pk}/deactivate/").status_code == 200
    assert owner.post(f"{USERS}{person.pk}/reactivate/").data["status"] == "active"
    assert AuditEvent.objects.filter(action="users.deactivate_user").count() == 1


def test_an_owner_always_remains():
    owner = client_for("owner")
    own = RoleAssignment.objects.get(user=owner.user)
    response = owner.delete(f"/api/v1/role-assignments/{own.pk}/")
    assert (response.status_code, response.data["code"]) == (409, "last_owner")
    assert RoleAssignment.objects.filter(pk=own.pk).exists()
    assert owner.post(f"{USERS}{owner.user.pk}/deactivate/").status_code == 403
    second = user_with_role("owner")
    assert owner.post(f"{USERS}{second.pk}/deactivate/").status_code == 200


def test_people_change_and_keep_their_address():
    owner, person = client_for("owner"), user_with_role("cashier")
    changed = owner.patch(f"{USERS}{person.pk}/", {"name": "Layla", "language": "ar"})
    assert (changed.status_code, changed.data["name"]) == (200, "Layla")
    assert changed.data["roles"][0]["code"] == "cashier"
    assert owner.patch(f"{USERS}{person.pk}/", {"email": "x@y.z"}).status_code == 400
    assert owner.get(f"{USERS}?search=layla").data["count"] == 1


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_one_and_three(count, django_assert_num_queries):
    client = client_for("owner")
    client.user.get_all_permissions()
    for number in range(count - 1):
        user_with_role("cashier", "purchaser", email=f"p{number}@x.org")
    with django_assert_num_queries(3):  # count, people, their roles
        assert len(client.get(USERS).data["results"]) == count
    with django_assert_num_queries(2):
        client.get("/api/v1/role-assignments/")
    with django_assert_num_queries(3):
        client.get("/api/v1/roles/")


def test_roles_of_the_house_are_free_and_built_in_ones_keep_their_permissions():
    owner = client_for("owner")
    body = {"code": "night", "name": "Night shift", "permissions": ["sales.sell"], "approval_limit": "10"}
    made = owner.post("/api/v1/roles/", body)
    assert (made.status_code, made.data["approval_limit"]) == (201, "10.00")
    person = user_with_role("night")
    assert person.has_perm("sales.sell")
    url = f"/api/v1/roles/{made.data['id']}/"
    assert owner.patch(url, {"permissions": []}).status_code == 428
    assert owner.patch(url, {"permissions": []}, HTTP_IF_MATCH=made["ETag"]).status_code == 200
    assert not User.objects.get(pk=person.pk).has_perm("sales.sell")
    assert owner.delete(url).data["code"] == "role_in_use"
    RoleAssignment.objects.filter(user=person).delete()
    assert owner.delete(url).status_code == 204
    cashier = Role.objects.get(code="cashier")
    url = f"/api/v1/roles/{cashier.pk}/"
    fixed = owner.patch(url, {"permissions": []}, HTTP_IF_MATCH=owner.get(url)["ETag"])
    assert (fixed.status_code, fixed.data["code"]) == (409, "builtin_role_fixed")
    assert owner.delete(url).status_code == 409
    assert owner.post("/api/v1/roles/", {"code": "cashier", "name": "x"}).status_code == 400
    assert owner.post("/api/v1/roles/", {**body, "approval_limit": "-1"}).status_code == 400
    assert (
        owner.patch(url, {"approval_limit": None}, HTTP_IF_MATCH=owner.get(url)["ETag"]).data[
            "approval_limit"
        ]
        is None
    )


def test_roles_are_given_once_and_taken():
    owner, person = client_for("owner"), user_with_role("cashier")
    role = Role.objects.get(code="purchaser")
    body = {"user": person.pk, "role": role.pk}
    first = owner.post("/api/v1/role-assignments/", body)
    assert first.status_code == 201, first.content
    assert first.data["role"]["id"] == role.pk
    assert owner.post("/api/v1/role-assignments/", body).data["id"] == first.data["id"]
    assert owner.get(f"/api/v1/role-assignments/?user={person.pk}").data["count"] == 2
    assert owner.delete(f"/api/v1/role-assignments/{first.data['id']}/").status_code == 204
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"rbac.assign_role", "rbac.unassign_role"} <= actions
    roles_refused("post", "/api/v1/role-assignments/", body, allowed=["owner"])
    roles_refused("post", "/api/v1/roles/", {"code": "x", "name": "x"}, allowed=["owner"])


def test_me_tells_roles_permissions_and_limits():
    me = client_for("pharmacist").get("/api/v1/me/").data
    assert [role["code"] for role in me["roles"]] == ["pharmacist"]
    assert "purchases.approve_proposal" in me["permissions"]
    assert me["limits"] == {"approval": "50000000.0000", "discount_percent": "25.00"}
    unlimited = client_for("owner").get("/api/v1/me/").data["limits"]
    assert unlimited == {"approval": None, "discount_percent": None}


def test_people_change_their_own_name_and_language_only():
    cashier = client_for("cashier")
    changed = cashier.patch("/api/v1/me/", {"name": "Layla", "language": "ar"})
    assert (changed.data["name"], changed.data["language"]) == ("Layla", "ar")
    for body in ({"is_staff": True}, {"email": "x@y.z"}, {"language": "xx"}, {"name": ""}):
        assert cashier.patch("/api/v1/me/", body).status_code == 400
    assert APIClient().patch("/api/v1/me/", {"name": "x"}).status_code == 401


def test_the_trails_are_read_by_those_who_may():
    owner = client_for("owner")
    owner.post("/api/v1/roles/", {"code": "x", "name": "X"})
    page = owner.get("/api/v1/audit-events/?action=rbac.create_role").data
    assert page["count"] == 1
    row = page["results"][0]
    assert (row["actor_id"], row["target_kind"], row["data"]["code"]) == (owner.user.pk, "role", "x")
    assert owner.get(f"/api/v1/audit-events/{row['id']}/").status_code == 200
    assert owner.get("/api/v1/audit-events/?since=2100-01-01T00:00:00Z").data["count"] == 0
    assert owner.post("/api/v1/audit-events/", {}).status_code == 405
    roles_refused("get", "/api/v1/audit-events/", allowed=["owner", "accountant", "auditor"])
    roles_refused("get", "/api/v1/security-events/", allowed=["owner", "auditor"])
    export = owner.get("/api/v1/audit-events/?format=csv")
    assert export["Content-Type"].startswith("text/csv")


def test_a_sign_in_is_a_security_event():
    person = user_with_role("owner")
    APIClient().post("/api/v1/auth/token/", {"email": person.email, "password": PASSWORD})
    rows = client_for(user=person).get("/api/v1/security-events/?action=signed_in").data["results"]
    assert rows[0]["actor_id"] == person.pk
    assert SecurityEvent.objects.count() == 1
