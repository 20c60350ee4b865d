"""Who does something: plain values that outlive the account."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Actor:
    """``id`` is the user's (or API key's owner's) primary key; None for the system itself."""

    id: int | None
    name: str
    kind: Literal["user", "api_key", "system"] = "user"


SYSTEM = Actor(id=None, name="system", kind="system")
