"""kill -9 of gunicorn, and an immediate stop of PostgreSQL, in the middle of an approval or a receipt.

Each is caught half way, by holding a lock that its transaction needs late, and the test sees it wait there: rows written,
nothing committed. Afterwards nothing is half done, and the same request with the same key completes, once. The rounds of
the soak follow each other in one pharmacy: the process that completes one is the next one's victim.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

import psycopg
import pytest
import requests

from capital.models import JournalEntry
from capital.selectors import open_commitments
from inventory.models import StockMovement
from purchases.models import GoodsReceipt, Proposal, PurchaseOrder
from purchases.tests import buying as buy
from rbac.tests.factories import user_with_role
from tests.ledgers.agreement import ledgers_agree
from tests.stack.processes import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.process, pytest.mark.rounds(20)]
_NUMBERS = count(1)
PASSWORD = "correct horse battery staple"
#: What the transaction needs late: the counter of order numbers, the period's row.
NUMBERS = "UPDATE core_documentsequence SET last_number = last_number WHERE prefix = 'PO'"
PERIOD = "SELECT 1 FROM capital_period FOR UPDATE"
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
_WRITERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""


class Client:
    """A front end on the real web server."""

    def __init__(self, url):
        self.url = url
        self.token = ""

    def sign_in(self):
        body = {"email": "owner@example.org", "password": PASSWORD}
        answer = requests.post(f"{self.url}/api/v1/auth/token/", json=body, timeout=30)
        self.token = answer.json()["access"]

    def post(self, path, body=None, *, key):
        """The answer, or the error of a connection that broke."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        document = requests.get(
            f"{self.url}{path.rpartition('/')[0].rpartition('/')[0]}/", headers=headers, timeout=30
        )
        headers["If-Match"] = document.headers["ETag"]
        try:
            return requests.post(f"{self.url}{path}", json=body or {}, headers=headers, timeout=60)
        except requests.RequestException as error:
            return error


def _offer(*prices):
    """The supplier who offers a new product at each of these prices, and their names."""
    names = [f"Drug{next(_NUMBERS)} 5 mg 30 tab" for _ in prices]
    buy.money("100000", key=names[0])
    buy.wanted(*names)
    supplier, _ = buy.offered(list(zip(names, prices, strict=True)))
    return supplier, names


def approval():
    """A proposal that waits; where to approve it."""
    _, names = _offer("1000", "500")
    buy.sent(buy.offered([(names[0], "990")])[0], 1)  # so that the counter of numbers is there
    proposal = buy.proposed()
    before = open_commitments()

    def done():
        return (
            Proposal.objects.get(pk=proposal.pk).status == "approved"
            and PurchaseOrder.objects.filter(proposal=proposal).count() >= 1
            and open_commitments() > before
        )

    return f"/api/v1/proposals/{proposal.pk}/approve/", None, done


def receipt():
    """A sent order; where to receive it, and what came."""
    before, moved = open_commitments(), StockMovement.objects.count()
    supplier, _ = _offer("1000", "500")
    order = buy.sent(supplier, 3, 2)
    buy.place()
    rows = [
        {"line": line.pk, "paid_quantity": line.open_qty, "batch_number": "B1", "expiry": "2031-01-31"}
        for line in order.lines.all()
    ]

    def done():
        return (
            GoodsReceipt.objects.filter(order=order).count() == 1
            and StockMovement.objects.count() == moved + len(rows)
            and open_commitments() == before
        )

    return f"/api/v1/purchase-orders/{order.pk}/receive/", {"lines": rows}, done


def _counts():
    """Everything that an approval or a receipt adds to."""
    models = (PurchaseOrder, GoodsReceipt, StockMovement, JournalEntry)
    return (*(model.objects.count() for model in models), open_commitments())


def _caught_in_the_middle(database, lock, work):
    """Start ``work`` in a thread while ``lock`` is held; (future, holder) once it waits, half written."""
    holder = psycopg.connect(database.url)
    holder.execute(lock)
    future = ThreadPoolExecutor(1).submit(work)
    with database.connect() as watcher:
        wait_until(lambda: watcher.execute(_WAITING).fetchone() == (1,))
        assert watcher.execute(_WRITERS).fetchone()[0] >= 1  # it has written, and not committed
    return future, holder


WORK = ((approval, NUMBERS), (receipt, PERIOD))


def test_gunicorn_is_killed_half_way(committed_db, processes, rounds):
    user_with_role("owner", email="owner@example.org", password=PASSWORD)
    client, web = Client(processes.web_url), processes.web(workers=1)
    for make, lock in WORK * rounds:
        path, body, done = make()
        client.sign_in()
        before = _counts()
        answer, holder = _caught_in_the_middle(committed_db, lock, partial(client.post, path, body, key=path))
        web.kill()
        assert isinstance(answer.result(timeout=30), requests.RequestException)
        holder.close()
        with committed_db.connect() as watcher:
            wait_until(lambda: watcher.execute(_WRITERS).fetchone() == (0,))
        assert (_counts(), done()) == (before, False)
        ledgers_agree()
        web = processes.web(workers=1)
        _completes(client, path, body, done)


def test_postgresql_stops_at_once_half_way(durable_db, processes, rounds):
    user_with_role("owner", email="owner@example.org", password=PASSWORD)
    client, _web = Client(processes.web_url), processes.web(workers=1)
    for make, lock in WORK * rounds:
        path, body, done = make()
        client.sign_in()
        before = _counts()
        answer, holder = _caught_in_the_middle(durable_db, lock, partial(client.post, path, body, key=path))
        durable_db.crash()
        assert answer.result(timeout=60).status_code >= 500
        durable_db.start()
        holder.close()
        assert (_counts(), done()) == (before, False)
        ledgers_agree()
        _completes(client, path, body, done)


def _completes(client, path, body, done):
    """The client sends the same again, and again: it is done, once, and the second answer is the first."""
    first = client.post(path, body, key=path)
    assert first.status_code in (200, 201), first.content
    assert done()
    after = _counts()
    second = client.post(path, body, key=path)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert (_counts(), done()) == (after, True)
    ledgers_agree()
