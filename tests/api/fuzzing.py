"""Requests made from the published schema, aimed at rows that exist, and what the server answered."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

#: Sent with some requests: preconditions and keys that no client of ours would send.
HEADERS: list[dict[str, str]] = [
    {},
    {},
    {"If-Match": "*"},
    {"If-Match": "*"},
    {"If-Match": "nonsense"},
    {"If-Match": '"' + "a" * 5000 + '"'},
    {"If-None-Match": 'W/"x", , "'},
    {"Idempotency-Key": "x" * 300},
    {"Idempotency-Key": "\u00ff\u00fe"},
    {"Idempotency-Key": "same"},
    {"Accept-Language": "ar;q=nan, *;q=9"},
    {"Accept": "text/csv;q=0, */*;q=2"},
    {"X-Request-ID": "x" * 3000},
]
#: Names in bodies and filters whose value is the id of a row.
_SMALL = st.integers(1, 4)


@dataclass
class Fuzz:
    """One run: a signed-in client of ``url``, and every answer counted by operation and status."""

    url: str
    sign_in: Any
    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[str] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self._authorise()

    def _authorise(self) -> None:
        self.session.headers["Authorization"] = f"Bearer {self.sign_in()}"

    def attack(self, operation: Any, *, examples: int) -> None:
        """Send ``examples`` requests made for ``operation``, the same ones each time."""
        cases = st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

        @seed(1)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases, st.sampled_from(HEADERS), st.data())
        def once(case: Any, headers: dict[str, str], data: Any) -> None:
            self._aim(case, data)
            self.send(case, headers)

        once()

    def _aim(self, case: Any, data: Any) -> None:
        """Mostly at a row that exists."""
        for name in case.path_parameters or {}:
            ids = self.ids_for(case.operation.path, name)
            if ids and data.draw(st.integers(0, 3)):
                case.path_parameters[name] = data.draw(st.sampled_from(ids))
        if isinstance(case.body, dict | list):
            case.body = _with_small_numbers(case.body, data)

    def ids_for(self, path: str, name: str) -> list[str]:
        """Ids of rows in the list that ``path`` begins with."""
        listed = path.split("{", maxsplit=1)[0] if name == "id" else ""
        if not listed:
            return ["1", "2"]
        if listed not in self.known:
            answer = self.session.get(self.url + listed, params={"limit": 5}, timeout=60)
            rows = answer.json().get("results", []) if answer.ok else []
            self.known[listed] = [str(row["id"]) for row in rows if "id" in row]
        return self.known[listed]

    def send(self, case: Any, headers: dict[str, str]) -> None:
        answer = case.call(base_url=self.url, session=self.session, headers=dict(headers), timeout=60)
        if answer.status_code == requests.codes.unauthorized:
            self._authorise()  # the request before may have ended the session
        self.answers[case.operation.label][answer.status_code] += 1
        if answer.status_code >= requests.codes.server_error:
            self.faults.append(f"{headers} {answer.status_code} {case.as_curl_command()}")


def _with_small_numbers(value: Any, data: Any) -> Any:
    """The same with many of its whole numbers small, as ids and quantities of real requests are."""
    if isinstance(value, dict):
        return {name: _with_small_numbers(inner, data) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_small_numbers(inner, data) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and data.draw(st.integers(0, 3)):
        return data.draw(_SMALL)
    return value
