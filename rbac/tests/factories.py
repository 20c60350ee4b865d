"""People with roles, and the question every endpoint is asked: who may, and who may not."""

from rest_framework.test import APIClient

from core.actors import SYSTEM
from rbac.enums import BuiltInRole
from rbac.models import Role, RoleAssignment
from users.services import make_api_key
from users.tests.factories import UserFactory

ROLES = tuple(BuiltInRole.values)


def user_with_role(*codes, **fields):
    """A new person holding the named roles."""
    user = UserFactory(**fields)
    roles = Role.objects.filter(code__in=codes)
    RoleAssignment.objects.bulk_create([RoleAssignment(user=user, role=role) for role in roles])
    return user


def client_for(*codes, user=None):
    """An API client signed in as a new person with these roles (`.user`)."""
    client = APIClient()
    client.user = user or user_with_role(*codes)
    client.force_authenticate(client.user)
    return client


def machine_for(code, *scopes):
    """A client signed in by an API key of a new person with this role, narrowed to ``scopes``."""
    user = user_with_role(code)
    _key, secret = make_api_key(name="machine", user_id=user.pk, scopes=scopes, actor=SYSTEM)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    client.user = user
    return client


def roles_refused(method, url, data=None, *, allowed):
    """Assert that every role outside `allowed` gets 403 and nobody at all 401."""
    for code in sorted(set(ROLES) - set(allowed)):
        response = getattr(client_for(code), method)(url, data, format="json")
        assert response.status_code == 403, (code, response.status_code, response.content)
        assert response["Content-Type"].startswith("application/problem+json")
    assert getattr(APIClient(), method)(url, data, format="json").status_code == 401
