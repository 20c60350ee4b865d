"""The table, its copy in the database, and what `has_perm` says."""

from decimal import Decimal

import pytest

from core.actors import SYSTEM, Actor
from core.errors import PermissionRefused
from rbac.models import Permission, Role
from rbac.selectors import approval_limit, check_permission, discount_limit, holders_of, may
from rbac.services import assign_role, change_role, sync_permissions
from rbac.table import TABLE
from rbac.tests.factories import user_with_role
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_synchronising_twice_changes_nothing_and_mends_what_was_bent():
    sync_permissions()
    again = sync_permissions()
    assert set(vars(again).values()) == {0}
    cashier = Role.objects.get(code="cashier")
    cashier.permissions.add(Permission.objects.get(code="capital.close_period"))
    cashier.permissions.remove(Permission.objects.get(code="sales.sell"))
    Permission.objects.create(code="gone.away", label="x")
    mended = sync_permissions()
    assert (mended.grants_added, mended.grants_removed, mended.permissions_removed) == (1, 1, 1)
    assert set(Permission.objects.values_list("code", flat=True)) == set(TABLE)


def test_limits_that_the_owner_set_survive_a_synchronisation():
    sync_permissions()
    role = Role.objects.get(code="pharmacist")
    change_role(role_id=role.pk, changes={"approval_limit": Decimal(7)}, actor=SYSTEM)
    sync_permissions()
    role.refresh_from_db()
    assert role.approval_limit == 7


def test_every_row_grants_to_the_owner_and_says_what_it_means():
    for code, grant in TABLE.items():
        assert "owner" in grant.roles, code
        assert str(grant.label), code
        assert ("auditor" in grant.roles) == code.split(".")[1].startswith("view_"), code


def test_has_perm_follows_the_roles(django_assert_num_queries):
    user = user_with_role("cashier")
    with django_assert_num_queries(1):
        assert user.has_perm("sales.sell")
        assert not user.has_perm("purchases.approve_proposal")
        assert user.has_module_perms("sales")
        assert not user.has_module_perms("rbac")
    user.is_active = False
    assert not user.has_perm("sales.sell")
    assert not UserFactory().has_perm("sales.sell")
    assert UserFactory(is_superuser=True).has_perm("anything.at_all")


def test_an_actor_may_what_their_roles_and_their_key_allow(django_assert_num_queries):
    user, code = user_with_role("cashier"), "sales.sell"
    with django_assert_num_queries(1):
        assert may(Actor(user.pk, "x"), code)
    assert not may(Actor(user.pk, "x"), "capital.close_period")
    assert may(Actor(user.pk, "x", "api_key", frozenset({code})), code)
    assert not may(Actor(user.pk, "x", "api_key", frozenset({"sales.view_sale"})), code)
    assert not may(Actor(user_with_role("owner", is_active=False).pk, "x"), code)
    assert may(Actor(UserFactory(is_superuser=True).pk, "x"), code)
    assert may(SYSTEM, code)
    check_permission(SYSTEM, code)
    with pytest.raises(PermissionRefused):
        check_permission(Actor(10**9, "x"), code)


def test_the_widest_limit_counts():
    assert approval_limit(user_with_role("owner").pk) is None
    pharmacist = user_with_role("pharmacist", "cashier")
    assert approval_limit(pharmacist.pk) == Decimal(50_000_000)
    assert approval_limit(UserFactory().pk) == 0
    assert approval_limit(user_with_role("owner", is_active=False).pk) == 0
    assert approval_limit(10**9) == 0
    assign_role(user_id=pharmacist.pk, role_code="owner", actor=SYSTEM)
    assert approval_limit(pharmacist.pk) is None


def test_the_discount_limit_is_the_widest_of_the_roles():
    assert discount_limit(user_with_role("owner").pk) is None
    assert discount_limit(user_with_role("cashier").pk) == 5
    assert discount_limit(user_with_role("cashier", "pharmacist").pk) == 25
    assert discount_limit(user_with_role("cashier", "owner").pk) is None
    assert discount_limit(UserFactory().pk) == 0
    assert discount_limit(user_with_role("owner", is_active=False).pk) == 0


def test_holders_are_the_active_people_who_may():
    owner, pharmacist = user_with_role("owner"), user_with_role("pharmacist")
    user_with_role("pharmacist", is_active=False)
    user_with_role("cashier")
    assert holders_of(code="purchases.approve_proposal") == [owner.pk, pharmacist.pk]
