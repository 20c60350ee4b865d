"""kill -9 of a Celery worker, and an immediate stop of PostgreSQL, in the middle of an import of 2,500 rows.

Each import is caught in its last chunk by a lock that only that chunk needs: progress shows from outside, its rows do
not. Afterwards nothing is half done; the sweep sends it again and it completes, once.
"""

from datetime import timedelta

import psycopg
import pytest
from django.db import connections, transaction
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
ROWS, SEEN = 2_500, 2_000  # three chunks; two of them are done when the third waits
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
_SUBSTANCE = (
    "INSERT INTO inventory_substance (name, name_ar, key, created_at, updated_at)"
    " VALUES ('Blockol', '', 'blockol', now(), now())"
)
_CONTACT = "LOCK TABLE purchases_suppliercontact IN ACCESS EXCLUSIVE MODE"
#: The turn of a restricted product. (A lock of its row would be waited for by a foreign key, and so within the commit.)
_TURN = "SELECT pg_advisory_xact_lock(7170, (id % 512)::int) FROM inventory_product WHERE name_en = 'Rare'"
_PERIOD = "LOCK TABLE capital_period IN ACCESS EXCLUSIVE MODE"


def products():
    """Only the last row names a substance."""
    rows = [
        f"Drug {n} 5 mg,{6_000_000_000_000 + n},{'Blockol' if n == ROWS - 1 else ''}" for n in range(ROWS)
    ]
    models = (Product, ProductUnit, ProductIdentifier)
    return (
        "products",
        "name_en,barcode,ingredients\n" + "\n".join(rows),
        lambda: [m.objects.count() for m in models],
    )


def customers():
    """Only the last chunk has opening balances, so only it needs the period's row."""
    rows = [f"Person {n},{5 if n >= SEEN else ''}" for n in range(ROWS)]

    def count():
        return [Customer.objects.count(), account_balance(AccountRole.RECEIVABLE)]

    return "customers", "name,opening_balance\n" + "\n".join(rows), count


def suppliers():
    """Only the last row names somebody to call."""
    rows = [f"Warehouse {n},{'Rami' if n == ROWS - 1 else ''}" for n in range(ROWS)]
    return (
        "suppliers",
        "name,contact\n" + "\n".join(rows),
        lambda: [Supplier.objects.count(), SupplierContact.objects.count()],
    )


def opening_stock():
    """Batches of one product; the last row is of another, which is restricted."""
    common = ProductData(name_en="Common")
    rare = ProductData(name_en="Rare", control_class=ControlClass.CONTROLLED)
    with transaction.atomic():
        create_products(rows=[common, rare], actor=SYSTEM)
    rows = [f"{'Rare' if n == ROWS - 1 else 'Common'},1,B{n},2" for n in range(ROWS)]

    def count():
        return [Batch.objects.count(), StockMovement.objects.count(), account_balance(AccountRole.STOCK)]

    return "opening_stock", "name,quantity,batch_number,unit_cost\n" + "\n".join(rows), count


WORK = pytest.mark.parametrize(
    ("make", "lock", "whole"),
    [
        (products, _SUBSTANCE, [ROWS] * 3),
        (customers, _PERIOD, [ROWS, 500 * 5]),
        pytest.param(suppliers, _CONTACT, [ROWS, 1], marks=pytest.mark.soak),
        pytest.param(opening_stock, _TURN, [ROWS, ROWS, ROWS * 2], marks=pytest.mark.soak),
    ],
)


def caught(database, processes, make, lock):
    """(job, worker, count, holder) once the worker waits in the last chunk with two chunks written."""
    kind, table, count = make()
    holder = psycopg.connect(database.url)
    holder.execute(lock)
    job = create_import(kind=kind, file_id=stored(table.encode()).pk, actor=SYSTEM, run_when_checked=True)
    worker = processes.worker(concurrency=1)
    with database.connect() as watcher:
        wait_until(lambda: watcher.execute(_WAITING).fetchone() == (1,), worker)
        seen = watcher.execute("SELECT status, progress_done, progress_total FROM files_importjob").fetchone()
    assert seen == ("running", SEEN, ROWS), "progress shows before the commit: work was in flight"
    return job, worker, count, holder


def completes(job, worker, count, whole):
    """The sweep finds the job silent and sends it again; it is done, and once more changes nothing."""
    ImportJob.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    resume_lost_imports()
    wait_until(lambda: ImportJob.objects.get(pk=job.pk).status == "done", worker)
    assert count() == whole
    work_on_import(job.pk)
    assert count() == whole
    ledgers_agree()


@WORK
def test_a_worker_is_killed_half_way(committed_db, processes, make, lock, whole):
    job, worker, count, holder = caught(committed_db, processes, make, lock)
    worker.kill()
    holder.close()
    assert count() == [0] * len(whole)
    assert ImportJob.objects.get(pk=job.pk).status == "running"
    completes(job, processes.worker(concurrency=1), count, whole)


@WORK
def test_postgresql_stops_half_way(durable_db, processes, make, lock, whole):
    job, worker, count, holder = caught(durable_db, processes, make, lock)
    durable_db.crash()
    durable_db.start()
    connections.close_all()
    holder.close()
    assert count() == [0] * len(whole)
    completes(job, worker, count, whole)


def test_cancelling_half_way_undoes_it_whole(committed_db, processes):
    job, worker, count, holder = caught(committed_db, processes, products, _SUBSTANCE)
    cancel_import(job_id=job.pk, actor=SYSTEM)
    holder.close()
    wait_until(lambda: "import_cancelled" in worker.log(), worker)
    assert count() == [0, 0, 0]
    assert ImportJob.objects.get(pk=job.pk).status == "cancelled"
