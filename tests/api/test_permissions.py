"""Every operation of the API, and everybody who may not: each role without its permission, each key without its scope,
nobody at all. A door that is added and left open shows here.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import NamedTuple

import pytest
from django.contrib import admin
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from rest_framework.test import APIClient

from core.api.permissions import PERSON, PUBLIC, SIGNED_IN
from core.workbench import Verbs
from rbac.table import TABLE
from rbac.tests.factories import ROLES, client_for, machine_for, user_with_role

pytestmark = pytest.mark.django_db
#: What may stand in a path: a number, a session, a word.
WORDS = ("1", "00000000-0000-0000-0000-000000000001", "low_stock")


class Operation(NamedTuple):
    method: str
    url: str
    permission: str


def _patterns(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from _patterns(one, (*spaces, one.namespace) if one.namespace else spaces)
        elif one.name and hasattr(one.callback, "cls") and "format" not in one.pattern.regex.groupindex:
            yield ":".join((*spaces, one.name)), one


def _address(name: str, keys: set[str]) -> str:
    for word in WORDS:
        with suppress(NoReverseMatch):
            return reverse(name, kwargs=dict.fromkeys(keys, word))
    raise AssertionError(f"no word fits {name}")


@cache
def operations() -> list[Operation]:
    """All of them, as the router has them, with an address that each answers at."""
    found = []
    for name, pattern in _patterns(get_resolver()):
        permissions = getattr(pattern.callback.cls, "permissions", None)
        if permissions is None:
            continue
        url = _address(name, {*pattern.pattern.regex.groupindex, *pattern.pattern.converters})
        for method, action in pattern.callback.actions.items():
            if method != "head":
                found.append(Operation(method, url, permissions.get(action) or permissions["*"]))
    return found


def _open(client: APIClient, expected: int, wanted: list[Operation]) -> list[tuple[Operation, int]]:
    """Those of `wanted` that answer otherwise."""
    answers = [(one, getattr(client, one.method)(one.url, {}, format="json")) for one in wanted]
    wrong = [(one, answer.status_code) for one, answer in answers if answer.status_code != expected]
    shapes = {answer["Content-Type"] for _one, answer in answers if answer.status_code == expected}
    assert shapes <= {"application/problem+json"}
    return wrong


def test_the_router_is_read():
    found = operations()
    assert len(found) > 400
    named = {one.permission for one in found} - {PERSON, PUBLIC, SIGNED_IN}
    assert named <= set(TABLE)


@pytest.mark.parametrize("role", [*ROLES, None])
def test_whoever_lacks_the_permission_is_refused(role):
    """None: somebody signed in who holds no role."""
    client = client_for(role) if role else client_for()
    wanted = [
        one for one in operations() if one.permission in TABLE and role not in TABLE[one.permission].roles
    ]
    assert _open(client, 403, wanted) == []


def test_nobody_at_all_is_asked_to_sign_in():
    wanted = [one for one in operations() if one.permission != PUBLIC]
    assert _open(APIClient(), 401, wanted) == []


def test_a_key_does_what_its_scopes_name_and_nothing_of_a_person():
    """The owner's key, with every scope but the one that an operation needs."""
    found = operations()
    client = machine_for("owner", "sales.sell")
    assert (
        _open(client, 403, [one for one in found if one.permission in {*TABLE, PERSON} - {"sales.sell"}])
        == []
    )
    client = machine_for("owner", *(code for code in TABLE if code != "sales.sell"))
    selling = [one for one in found if one.permission == "sales.sell"]
    assert selling
    assert _open(client, 403, selling) == []


@pytest.mark.parametrize("role", ROLES)
def test_the_workbench_refuses_the_same_people(client, role):
    client.force_login(user_with_role(role))
    pages = [page for page in admin.site._registry.values() if isinstance(page, Verbs)]
    asked = {
        (page.page_url(1), verb): code
        for page in pages
        for verb, code in page.verbs.items()
        if role not in TABLE[code].roles
    }
    answers = {name: client.post(f"{name[0].removesuffix('change/')}do/{name[1]}/") for name in asked}
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 403} == {}
    assert asked or role == "owner"
