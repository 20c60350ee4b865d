"""A small client of our own API, as a front end would write it. No Django in it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

_TIMEOUT = 30


class StepFailed(Exception):
    """The API answered something else than the main job expects."""


@dataclass
class Client:
    """One signed-in person."""

    base_url: str
    email: str
    password: str
    session: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> None:
        body = {"email": self.email, "password": self.password}
        tokens = self.call("POST", "auth/token/", json=body)
        self.session.headers["Authorization"] = f"Bearer {tokens['access']}"

    def call(
        self, method: str, path: str, *, expect: tuple[int, ...] = (200, 201, 202), **kwargs: Any
    ) -> Any:
        """The parsed answer of ``method path``; raises StepFailed for a status that is not expected."""
        answer = self.send(method, path, **kwargs)
        if answer.status_code not in expect:
            raise StepFailed(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.content

    def send(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """The raw answer."""
        url = f"{self.base_url}/api/v1/{path}"
        return self.session.request(method, url, timeout=_TIMEOUT, **kwargs)

    def every(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list, page by page."""
        rows: list[dict[str, Any]] = []
        mark = "&" if "?" in path else "?"
        while True:
            page = self.call("GET", f"{path}{mark}limit=200&skip={len(rows)}")
            rows += page["results"]
            if not page["next"]:
                return rows

    def wait_for(
        self, path: str, done: Callable[[dict[str, Any]], bool], *, seconds: float = 180
    ) -> dict[str, Any]:
        """Poll ``path`` until ``done``; raises StepFailed when it takes longer than ``seconds``."""
        deadline = time.monotonic() + seconds
        while True:
            found: dict[str, Any] = self.call("GET", path)
            if done(found):
                return found
            if time.monotonic() > deadline:
                raise StepFailed(f"{path} is still {found.get('status')} after {seconds:.0f} s")
            time.sleep(0.3)
