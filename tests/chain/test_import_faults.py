"""kill -9 of a Celery worker, and an immediate stop of PostgreSQL, in the middle of an import of 1,200 rows.

Each import is caught in its last chunk by a lock that only that chunk needs: progress shows from outside, its rows do
not. Afterwards nothing is half done; the sweep sends it again and it completes, once. Imports follow each other in one
pharmacy: the worker that completes one is the next one's victim.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone

import config.celery  # noqa: F401  (what this process enqueues goes to the same broker)
from capital.enums import AccountRole
from capital.selectors import account_balance
from core.actors import SYSTEM
from files.models import ImportJob
from files.services import cancel_import, create_import
from files.tasks import resume_lost_imports, work_on_import
from files.tests.factories import stored
from inventory.enums import ControlClass
from inventory.models import Batch, Product, ProductIdentifier, ProductUnit, StockMovement
from inventory.services import ProductData, create_products
from purchases.models import Supplier, SupplierContact
from sales.models import Customer
from tests.ledgers.agreement import ledgers_agree
from tests.stack.processes import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.process, pytest.mark.rounds(20)]
ROWS, SEEN = 1_200, 1_000  # two chunks: one is done when the other waits
_NUMBERS = count(1)
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
_SUBSTANCE = (
    "INSERT INTO inventory_substance (name, name_ar, key, created_at, updated_at)"
    " VALUES ('Blockol{0}', '', 'blockol{0}', now(), now())"
)
_CONTACT = "LOCK TABLE purchases_suppliercontact IN ACCESS EXCLUSIVE MODE"
#: The turn of a restricted product. (A lock of its row would be waited for by a foreign key, and so within the commit.)
_TURN = "SELECT pg_advisory_xact_lock(7170, (id % 512)::int) FROM inventory_product WHERE name_en = 'Rare{0}'"
_PERIOD = "LOCK TABLE capital_period IN ACCESS EXCLUSIVE MODE"


@dataclass
class Import:
    """A table to import, the lock that its last chunk needs, what to count, and by how much that grows."""

    kind: str
    table: str
    lock: str
    counted: Callable[[], list]
    whole: list

    def __post_init__(self):
        self.before = self.counted()

    def done(self):
        """None of it, some of it, or `whole`."""
        return [now - before for now, before in zip(self.counted(), self.before, strict=True)]


def products(number):
    """Only the last row names a substance."""
    rows = [
        f"Drug{number} {n} mg,{6_000_000_000_000 + number * ROWS + n},{f'Blockol{number}' if n == ROWS - 1 else ''}"
        for n in range(ROWS)
    ]
    models = (Product, ProductUnit, ProductIdentifier)
    return Import(
        "products",
        "name_en,barcode,ingredients\n" + "\n".join(rows),
        _SUBSTANCE.format(number),
        lambda: [m.objects.count() for m in models],
        [ROWS] * 3,
    )


def customers(number):
    """Only the last chunk has opening balances, so only it needs the period's row."""
    rows = [f"Person{number} {n},{5 if n >= SEEN else ''}" for n in range(ROWS)]
    return Import(
        "customers",
        "name,opening_balance\n" + "\n".join(rows),
        _PERIOD,
        lambda: [Customer.objects.count(), account_balance(AccountRole.RECEIVABLE)],
        [ROWS, (ROWS - SEEN) * 5],
    )


def suppliers(number):
    """Only the last row names somebody to call."""
    rows = [f"Warehouse{number} {n},{'Rami' if n == ROWS - 1 else ''}" for n in range(ROWS)]
    return Import(
        "suppliers",
        "name,contact\n" + "\n".join(rows),
        _CONTACT,
        lambda: [Supplier.objects.count(), SupplierContact.objects.count()],
        [ROWS, 1],
    )


def opening_stock(number):
    """Batches of one product; the last row is of another, which is restricted."""
    common = ProductData(name_en=f"Common{number}")
    rare = ProductData(name_en=f"Rare{number}", control_class=ControlClass.CONTROLLED)
    with transaction.atomic():
        create_products(rows=[common, rare], actor=SYSTEM)
    rows = [f"{'Rare' if n == ROWS - 1 else 'Common'}{number},1,B{n},2" for n in range(ROWS)]
    return Import(
        "opening_stock",
        "name,quantity,batch_number,unit_cost\n" + "\n".join(rows),
        _TURN.format(number),
        lambda: [Batch.objects.count(), StockMovement.objects.count(), account_balance(AccountRole.STOCK)],
        [ROWS, ROWS, ROWS * 2],
    )


WORK = (products, customers, suppliers, opening_stock) if os.environ.get("SOAK") else (products, customers)


def caught(database, worker, make):
    """(work, job, holder) once the worker waits in the last chunk with the first one written."""
    work = make(next(_NUMBERS))
    holder = psycopg.connect(database.url)
    holder.execute(work.lock)
    file = stored(work.table.encode())
    job = create_import(kind=work.kind, file_id=file.pk, actor=SYSTEM, run_when_checked=True)
    with database.connect() as watcher:
        wait_until(lambda: watcher.execute(_WAITING).fetchone() == (1,), worker)
        seen = watcher.execute(
            "SELECT status, progress_done, progress_total FROM files_importjob WHERE id = %s", [job.pk]
        ).fetchone()
    assert seen == ("running", SEEN, ROWS), "progress shows before the commit: work was in flight"
    return work, job, holder


def completes(work, job, worker):
    """The sweep finds the job silent and sends it again; it is done, and once more changes nothing."""
    ImportJob.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    resume_lost_imports()
    wait_until(lambda: ImportJob.objects.get(pk=job.pk).status == "done", worker)
    assert work.done() == work.whole
    work_on_import(job.pk)
    assert work.done() == work.whole
    ledgers_agree()


def said(worker, what, times):
    return worker.log().count(what) == times


def test_a_worker_is_killed_half_way(committed_db, processes, rounds):
    worker = processes.worker(concurrency=1)
    for make in WORK * rounds:
        work, job, holder = caught(committed_db, worker, make)
        worker.kill()
        holder.close()
        assert work.done() == [0] * len(work.whole)
        assert ImportJob.objects.get(pk=job.pk).status == "running"
        worker = processes.worker(concurrency=1)
        completes(work, job, worker)


def test_postgresql_stops_half_way(durable_db, processes, rounds):
    worker = processes.worker(concurrency=1)
    for make in WORK * rounds:
        work, job, holder = caught(durable_db, worker, make)
        durable_db.crash()
        durable_db.start()
        holder.close()
        assert work.done() == [0] * len(work.whole)
        completes(work, job, worker)


def test_cancelling_half_way_undoes_it_whole(committed_db, processes, rounds):
    worker = processes.worker(concurrency=1)
    for number in range(rounds):
        work, job, holder = caught(committed_db, worker, products)
        cancel_import(job_id=job.pk, actor=SYSTEM)
        holder.close()
        wait_until(partial(said, worker, "import_cancelled", number + 1), worker)
        assert work.done() == [0] * len(work.whole)
        assert ImportJob.objects.get(pk=job.pk).status == "cancelled"
