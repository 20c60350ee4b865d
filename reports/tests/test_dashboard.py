import pytest
from django.test import Client

from core.actors import SYSTEM
from rbac.services import assign_role
from users.services import create_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in():
    def sign_in(role):
        user = create_user(email=f"{role}@example.com", name=role, password=None, actor=SYSTEM)
        assign_role(user_id=user.pk, role_code=role, actor=SYSTEM)
        client = Client()
        client.force_login(user, backend="rbac.backends.RoleBackend")
        return client

    return sign_in


@pytest.mark.parametrize("role", ["owner", "pharmacist", "purchaser", "accountant", "auditor", "cashier"])
def test_everybody_has_a_first_page(signed_in, role):
    answer = signed_in(role).get("/admin/")
    assert answer.status_code == 200


def test_money_is_shown_to_those_who_may_see_it(signed_in):
    assert "Available to spend" in signed_in("owner").get("/admin/").content.decode()
    assert "Available to spend" not in signed_in("cashier").get("/admin/").content.decode()


def test_nobody_is_sent_to_the_sign_in():
    answer = Client().get("/admin/")
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


def test_the_page_reads_from_right_to_left_in_arabic(signed_in):
    client = signed_in("owner")
    page = client.get("/admin/", headers={"Accept-Language": "ar"}).content.decode()
    assert 'dir="rtl"' in page
