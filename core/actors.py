"""Who does something: plain values that outlive the account."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Actor:
    """``id`` is the user's (or API key's owner's) primary key; None for the system itself.

    ``scopes`` is what their key is narrowed to; None: not narrowed.
    """

    id: int | None
    name: str
    kind: Literal["user", "api_key", "system"] = "user"
    scopes: frozenset[str] | None = None


def person(user: Any) -> Actor:
    """Somebody signed in, by the name that colleagues know them by; by e-mail where they have none."""
    return Actor(id=user.pk, name=str(user), kind="user")


SYSTEM = Actor(id=None, name="system", kind="system")
