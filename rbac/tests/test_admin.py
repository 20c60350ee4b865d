"""People, roles, organisation, keys, documents, imports and alerts at the workbench."""

import pytest
from django.test import Client

from core.models import AuditEvent
from rbac.models import Role, RoleAssignment
from rbac.selectors import roles_of
from rbac.tests.factories import user_with_role
from users.models import ApiKey, Organization, User
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
LISTS = [
    "users/user", "users/invitation", "users/signinsession", "users/apikey", "rbac/role", "core/auditevent",
    "core/securityevent",
]  # fmt: skip


def browser_of(*roles):
    browser = Client()
    browser.user = user_with_role(*roles)
    browser.force_login(browser.user, backend="rbac.backends.RoleBackend")
    return browser


@pytest.mark.parametrize("page", LISTS)
def test_lists_open_for_the_owner_and_not_for_the_cashier(page):
    assert browser_of("owner").get(f"/admin/{page}/").status_code == 200
    assert browser_of("cashier").get(f"/admin/{page}/").status_code == 403


def test_people_are_invited_with_roles_and_changed():
    owner = browser_of("owner")
    cashier, purchaser = Role.objects.get(code="cashier"), Role.objects.get(code="purchaser")
    body = {"email": "New@Example.org", "name": "Rami", "language": "ar", "roles": [cashier.pk]}
    answer = owner.post("/admin/users/user/add/", body)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    person = User.objects.get(email="new@example.org")
    assert [role.code for role in roles_of(user_id=person.pk)] == ["cashier"]
    page = f"/admin/users/user/{person.pk}/change/"
    assert owner.get(page).status_code == 200
    answer = owner.post(page, {"name": "Rami K", "language": "en", "phone": "", "roles": [purchaser.pk]})
    assert answer.status_code == 302
    person.refresh_from_db()
    assert person.name == "Rami K"
    assert [role.code for role in roles_of(user_id=person.pk)] == ["purchaser"]
    taken = owner.post("/admin/users/user/add/", body, follow=True)
    assert (
        "Someone with this e-mail exists" in taken.content.decode()
        or "already exists" in taken.content.decode()
    )


def test_the_last_owner_cannot_give_up_in_the_form():
    owner = browser_of("owner")
    page = f"/admin/users/user/{owner.user.pk}/change/"
    answer = owner.post(page, {"name": "Changed", "language": "", "phone": "", "roles": []}, follow=True)
    assert "At least one active owner" in answer.content.decode()
    owner.user.refresh_from_db()
    assert owner.user.name != "Changed"
    assert RoleAssignment.objects.filter(user=owner.user).exists()


def test_people_are_deactivated_and_reactivated():
    owner, person = browser_of("owner"), user_with_role("cashier")
    for verb, active in (("deactivate", False), ("reactivate", True)):
        owner.post("/admin/users/user/", {"action": verb, "_selected_action": [person.pk]})
        person.refresh_from_db()
        assert person.is_active is active
    assert AuditEvent.objects.filter(target_id=str(person.pk)).count() == 2


def test_the_pharmacist_looks_at_people_and_changes_none():
    browser, person = browser_of("pharmacist"), user_with_role("cashier")
    assert browser.get(f"/admin/users/user/{person.pk}/change/").status_code == 200
    assert browser.get("/admin/users/user/add/").status_code == 403
    browser.post("/admin/users/user/", {"action": "deactivate", "_selected_action": [person.pk]})
    person.refresh_from_db()
    assert person.is_active


def test_the_organization_is_one_page():
    owner = browser_of("owner")
    get_organization()
    page = "/admin/users/organization/1/change/"
    assert owner.get("/admin/users/organization/").url == page
    shown = owner.get(page)
    fields = {
        name: value
        for name, value in shown.context["adminform"].form.initial.items()
        if value is not None and value is not False
    }
    answer = owner.post(page, {**fields, "name": "Al-Shifa", "capital_reserve": "100"})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    organization = Organization.objects.get()
    assert (organization.name, organization.capital_reserve) == ("Al-Shifa", 100)
    refused = owner.post(page, {**fields, "expiry_critical_days": "500"}, follow=True)
    assert "Critical" in refused.content.decode()
    assert Organization.objects.get().expiry_critical_days == 30


def test_a_key_is_shown_once():
    owner = browser_of("owner")
    body = {"name": "till", "user": owner.user.pk, "scopes": "[]", "expires_at_0": "", "expires_at_1": ""}
    page = owner.post("/admin/users/apikey/add/", body, follow=True).content.decode()
    key = ApiKey.objects.get()
    assert f"{key.prefix}." in page
    assert f"{key.prefix}." not in owner.get("/admin/users/apikey/").content.decode()
    owner.post("/admin/users/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_limits_of_built_in_roles_are_the_owners_to_set():
    owner = browser_of("owner")
    role = Role.objects.get(code="pharmacist")
    page = f"/admin/rbac/role/{role.pk}/change/"
    assert owner.get(page).status_code == 200
    assert owner.post(page, {"name": "Pharmacist", "approval_limit": "12"}).status_code == 302
    role.refresh_from_db()
    assert role.approval_limit == 12
    assert role.permissions.count() > 50
    made = owner.post(
        "/admin/rbac/role/add/",
        {
            "name": "Night",
            "code": "night",
            "approval_limit": "",
            "permissions": [role.permissions.first().pk],
        },
    )
    assert made.status_code == 302
    assert Role.objects.get(code="night").permissions.count() == 1
