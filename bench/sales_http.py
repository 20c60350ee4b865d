"""Sales of five lines a second over HTTP: signed in, with an Idempotency-Key, through gunicorn as `make run` starts it.

    python -m bench.sales_http

Eight tills (threads of one client process), each with its own connection. The limit is the same service called without
HTTP by eight processes (`bench.sales`), so the ratio is what the web costs.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

from bench._stack import fill_shelf, pharmacy
from bench.sales import CONNECTIONS, LINES, PRODUCTS, ROUNDS, SECONDS, sales_a_second
from config.stack import postgres
from config.stack.processes import free_port
from config.stack.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Iterator

EMAIL, PASSWORD = "till@example.org", secrets.token_urlsafe(20)


@contextmanager
def web() -> Iterator[int]:
    """The port of gunicorn, two workers of four threads."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "--worker-class=gthread", "--threads=4", "--workers=2", "--log-level=warning",
        f"--bind=127.0.0.1:{port}", "config.wsgi",
    ]  # fmt: skip
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("gunicorn did not start")
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/health/")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _post(connection: HTTPConnection, path: str, body: object, **headers: str) -> dict[str, object]:
    headers = {"Content-Type": "application/json", **headers}
    connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in (200, 201):
        raise RuntimeError(f"{path}: {answer.status} {text[:500]!r}")
    return dict(json.loads(text))


def _sign_in(port: int) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    return str(_post(connection, "auth/token/", {"email": EMAIL, "password": PASSWORD})["access"])


def _till(port: int, token: str, products: list[int], seed: int, end: float) -> list[float]:
    """Seconds of each sale until ``end``."""
    connection, rng, taken = HTTPConnection("127.0.0.1", port, timeout=60), random.Random(seed), []
    while time.monotonic() < end:
        lines = [{"product": product, "quantity": 1} for product in rng.sample(products, LINES)]
        body = {"lines": lines, "payments": [{"method": "cash", "amount": "17.50"}]}
        started = time.monotonic()
        keys = {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(12)}
        _post(connection, "sales/", body, **keys)
        taken.append(time.monotonic() - started)
    return taken


def over_http(port: int, products: list[int]) -> tuple[float, float]:
    """Sales a second of eight tills together, and the median of one in seconds."""
    token = _sign_in(port)
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(CONNECTIONS) as tills:
        parts = list(tills.map(lambda seed: _till(port, token, products, seed, end), range(CONNECTIONS)))
    taken = sorted(seconds for part in parts for seconds in part)
    return len(taken) / SECONDS, taken[len(taken) // 2]


def _seller() -> None:
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from rbac.models import Role, RoleAssignment  # noqa: PLC0415
    from rbac.services import sync_permissions  # noqa: PLC0415

    sync_permissions()
    person = get_user_model().objects.create_user(email=EMAIL, password=PASSWORD)
    RoleAssignment.objects.create(user=person, role=Role.objects.get(code="pharmacist"))


def main() -> None:
    folder = postgres.temporary_folder()
    valkey = Valkey(folder / "valkey", free_port(), secrets.token_urlsafe(16), durable=False, tied=True)
    valkey.start()
    os.environ["REDIS_URL"] = valkey.url(1)
    try:
        with pharmacy():
            shelf = fill_shelf(PRODUCTS)
            _seller()
            with web() as port:
                rounds = [
                    (*over_http(port, shelf.products), sales_a_second(shelf.products))
                    for _round in range(ROUNDS)
                ]
        best, limit = max(rate for rate, _median, _bare in rounds), max(bare for *_web, bare in rounds)
        median = min(median for _rate, median, _bare in rounds)
        print(
            f"sale of {LINES} lines over HTTP, {CONNECTIONS} tills: {best:.0f}/s, median {median * 1000:.0f} ms; "
            f"the service alone {limit:.0f}/s: {best / limit:.2f} x"
        )
    finally:
        valkey.stop()


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    sys.exit(main())
