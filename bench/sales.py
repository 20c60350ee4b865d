"""How many sales of five lines a second, beside pgbench writing the same rows through the same triggers.

    python -m bench.sales

Eight connections each: two processes of four threads calling the service, as gunicorn runs them, and pgbench with eight
clients. Uniform over 2,000 products, then the 20 that everybody buys, where both wait for the same rows.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from bench._pgbench import LINES, run, sale_script
from bench._stack import Shelf, fill_shelf, open_django, pharmacy

PRODUCTS, HOT = 2_000, 20
PROCESSES, THREADS = 2, 4
CONNECTIONS = PROCESSES * THREADS
SECONDS, ROUNDS = 6, 3


def sell_one(products: list[int]) -> int:
    """A sale of five lines over the counter, paid in cash; its primary key."""
    from core.actors import SYSTEM  # noqa: PLC0415
    from sales.enums import PaymentMethod  # noqa: PLC0415
    from sales.services import sell  # noqa: PLC0415
    from sales.types import SaleData, SaleLineData  # noqa: PLC0415

    lines = [SaleLineData(product_id=product, quantity=1) for product in products]
    return int(sell(data=SaleData(lines=lines, exact=PaymentMethod.CASH), actor=SYSTEM).pk)


def pick(rng: random.Random, products: list[int]) -> list[int]:
    """LINES of ``products``, one out of each fifth."""
    return [products[rng.randrange(len(products) // LINES) * LINES + number] for number in range(LINES)]


def _process(products: list[int], seed: int, ready: Any, results: Any) -> None:
    """THREADS people at one process's counter; what they sold in SECONDS goes to ``results``."""
    open_django()
    start = threading.Barrier(THREADS, action=ready.wait)  # everybody everywhere at once

    def sell(number: int) -> None:
        rng = random.Random(seed * THREADS + number)
        sell_one(pick(rng, products))  # the first sale of a thread pays for imports and the connection
        start.wait()
        sold, end = 0, time.monotonic() + SECONDS
        while time.monotonic() < end:
            sell_one(pick(rng, products))
            sold += 1
        results.put(sold)

    people = [threading.Thread(target=sell, args=(number,)) for number in range(THREADS)]
    for person in people:
        person.start()
    for person in people:
        person.join()


def sales_a_second(products: list[int]) -> float:
    """Of all threads together."""
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(PROCESSES), context.Queue()
    counters = [
        context.Process(target=_process, args=(products, seed, ready, results)) for seed in range(PROCESSES)
    ]
    for counter in counters:
        counter.start()
    total = sum(results.get(timeout=SECONDS + 120) for _person in range(CONNECTIONS))
    for counter in counters:
        counter.join()
    return total / SECONDS


def compare(name: str, url: str, shelf: Shelf, many: int) -> None:
    """Rounds in turn, so that both feel the same machine; the best of each counts."""
    script = sale_script(url, sell_one(shelf.products[:LINES]), shelf)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _round in range(ROUNDS):
            theirs.append(
                run(url, script, many=many, clients=CONNECTIONS, seconds=SECONDS, folder=Path(folder))
            )
            ours.append(sales_a_second(shelf.products[:many]))
    best, limit = max(ours), max(theirs)
    print(f"{name}: {best:.0f} sales/s, pgbench {limit:.0f}/s: {best / limit:.2f} x")


def statements(shelf: Shelf) -> int:
    """Of one sale, BEGIN and COMMIT aside."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as caught:
        sell_one(shelf.products[:LINES])
    return len([query for query in caught if query["sql"] not in ("BEGIN", "COMMIT")])


def cpu(shelf: Shelf) -> float:
    """CPU milliseconds of this process for one sale."""
    started, count = time.process_time(), 200
    for number in range(count):
        sell_one(shelf.products[number : number + LINES])
    return (time.process_time() - started) / count * 1000


def main() -> None:
    with pharmacy() as server:
        shelf = fill_shelf(PRODUCTS)
        print(f"a sale of {LINES} lines: {statements(shelf)} statements, {cpu(shelf):.1f} ms of our CPU")
        url = server.url("bench")
        compare("uniform", url, shelf, PRODUCTS)
        compare(f"{HOT} hot products", url, shelf, HOT)


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    sys.exit(main())
