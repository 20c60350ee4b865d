"""The chain under faults: an offer uploaded here, real processes around it, and the endings counted by the database."""

import json
import uuid
from dataclasses import dataclass

import psycopg
import pytest
import redis
from django.core.files.uploadedfile import SimpleUploadedFile

import config.celery  # noqa: F401  (what this process enqueues goes to the same broker)
from ai_integration.models import OcrJob
from core.actors import Actor
from purchases.models import Offer, OfferLine
from purchases.services import OfferData, SupplierData, create_supplier, upload_offer
from tests.chain.lists import ROWS, price_list
from tests.stack.processes import wait_until

BUYER = Actor(id=1, name="buyer@example.org")
#: Faults are noticed in seconds here, so that a test need not wait for minutes.
IMPATIENT = {
    "AI_RETRY_SECONDS": "0.2",
    "AI_RETRY_MAX_SECONDS": "1",
    "AI_RESEND_SECONDS": "1",
    "AI_LEASE_SECONDS": "3",
    "ENGINE_REQUEUE_AFTER_SECONDS": "1",
}
COUNT_ENDINGS = """
CREATE TABLE chain_ending (job uuid, status text);
CREATE FUNCTION chain_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.finished_at IS NOT NULL AND OLD.finished_at IS NULL THEN
        INSERT INTO chain_ending VALUES (NEW.id, NEW.status);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER chain_count AFTER UPDATE ON ai_integration_ocrjob FOR EACH ROW EXECUTE FUNCTION chain_count();
"""


@dataclass
class Chain:
    """One offer on its way, and what the database has seen of it."""

    database: psycopg.Connection
    broker: redis.Redis
    offer: Offer
    pages: int

    @property
    def job(self):
        return OcrJob.objects.get(pk=self.offer.job_id)

    def endings(self):
        told = self.database.execute("SELECT status FROM chain_ending WHERE job = %s", [self.offer.job_id])
        return [status for (status,) in told]

    def offer_now(self):
        return Offer.objects.get(pk=self.offer.pk)

    def waiting(self, task):
        """How many messages for `task` lie in the pharmacy's queue."""
        messages = [json.loads(raw) for raw in self.broker.lrange("celery", 0, -1)]
        return sum(message["headers"]["task"] == task for message in messages)

    def ends_well(self, running, *, seconds=90):
        """The job succeeded, its one ending was told once, and every line is stored and matched, once."""
        wait_until(lambda: self.job.finished_at is not None, running, seconds=seconds)
        assert (self.job.status, self.job.error_message) == ("succeeded", "")
        wait_until(lambda: self.offer_now().status not in ("reading", "matching"), running, seconds=seconds)
        offer = self.offer_now()
        assert offer.status == "ready", (offer.status, offer.error_code, offer.error_message)
        assert OfferLine.objects.filter(offer=offer).count() == self.pages * ROWS
        assert self.endings() == ["succeeded"]


@pytest.fixture
def chain(processes, committed_db):
    """chain(pages) uploads a new list as a person would, chain(content) these bytes; returns the Chain."""
    database = committed_db.connect()
    database.execute(COUNT_ENDINGS)
    broker = redis.Redis.from_url(committed_db.broker)
    processes.environment |= IMPATIENT

    def upload(*, pages=0, content=b""):
        supplier = create_supplier(data=SupplierData(name=f"Nada {uuid.uuid4()}"), actor=BUYER)
        content = content or price_list(pages=pages, seed=uuid.uuid4().hex[:6])
        data = OfferData(uploads=[SimpleUploadedFile("list.pdf", content)], supplier_id=supplier.pk)
        offer, _ = upload_offer(data=data, actor=BUYER)
        return Chain(database, broker, offer, pages)

    yield upload
    database.close()
    broker.close()
