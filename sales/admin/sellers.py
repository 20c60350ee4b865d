"""Who sells at the workbench: whoever is signed in; at a till that asks who sells, the one whose PIN was given.

One rule for every verb that sells, pays back or counts at a till, the rule of the API: the person signed in speaks for
themself, but a till that asks takes no sign-in for an answer. A PIN opens no page: it is asked beside the sign-in.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from core.actors import Actor
from core.admin import admin_actor
from core.errors import PermissionRefused
from sales.admin.basket import whole_number
from sales.admin.rows import open_tills
from sales.selectors import list_people_at_tills
from sales.services import identify_seller
from users.selectors import list_users

__all__ = ["Person", "people_to_ask", "person_at"]


@dataclass(frozen=True)
class Person:
    """``identified``: by a PIN at the till in question."""

    user: Any
    actor: Actor
    identified: bool = False


def person_at(request: HttpRequest, till_id: int | None, code: str) -> Person:
    """Who does it: the fields ``seller`` and ``pin`` of the form, else who is signed in; they may do ``code``.

    Not inside a transaction that a refusal rolls back: a wrong PIN counts. Raises PinRefused, PinLocked, InvalidInput,
    PermissionRefused.
    """
    named = whole_number(request.POST.get("seller", ""))
    if till_id is None or named is None:
        return Person(request.user, admin_actor(request))
    proof = identify_seller(till_id=till_id, user_id=named, pin=request.POST.get("pin", ""))
    user = list_users().get(pk=proof.user_id)
    if not user.has_perm(code):
        raise PermissionRefused
    return Person(user, Actor(user.pk, user.get_username()), identified=True)


def people_to_ask() -> list[tuple[int, str]]:
    """(id, name) of who may be named with a PIN; nobody where no open till asks."""
    return list_people_at_tills() if any(till.asks_who_sells for till in open_tills()) else []
