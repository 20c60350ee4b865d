"""Who does something: plain values that outlive the account."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Actor:
    """``id`` is the user's (or API key's owner's) primary key; None for the system itself.

    ``scopes`` is what their key is narrowed to; None: not narrowed.
    """

    id: int | None
    name: str
    kind: Literal["user", "api_key", "system"] = "user"
    scopes: frozenset[str] | None = None


SYSTEM = Actor(id=None, name="system", kind="system")
