"""Broker flushed, workers killed, engine away, one callback five times: the offer is read, and its end told once."""

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import redis
import requests
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from ai_integration.models import OcrCallback, OcrJob, OcrResult
from tests.chain.lists import ROWS, locked_list
from tests.stack.processes import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.process]  # the mark puts them on one xdist worker
ADVANCE = "ai_integration.tasks.advance_job"
INGEST = "purchases.tasks.ingest_offer"


def engine_address(processes):
    return processes._engine_environment()


def engine_jobs(processes):
    with psycopg.connect(engine_address(processes)["ENGINE_DATABASE_URL"]) as connection:
        return connection.execute("SELECT status, starts, attempt FROM engine_job").fetchall()


def test_both_brokers_lose_everything(processes, chain):
    offer = chain(pages=1)
    assert offer.waiting(ADVANCE) == 1  # there is something to lose
    offer.broker.flushdb()
    engine = processes.engine()
    engine.worker.kill()  # before anybody can send: the order to read must be waiting
    worker = processes.worker(concurrency=1)
    processes.beat()
    wait_until(lambda: offer.job.status == "running", worker)
    engine_broker = redis.Redis.from_url(engine_address(processes)["ENGINE_REDIS_URL"])
    assert engine_broker.keys("ocr-engine*")  # the order to read waits there
    engine_broker.flushdb()
    offer.broker.flushdb()
    engine_broker.close()
    processes.engine_worker()
    offer.ends_well(worker)


def test_each_worker_is_killed_at_its_work(processes, chain):
    engine = processes.engine()
    offer = chain(pages=60)

    # The pharmacy's worker, in the middle of sending: the engine has stopped answering.
    for running in (engine.web, engine.worker):
        os.killpg(running.pid, signal.SIGSTOP)
    sender = processes.worker(concurrency=1)
    wait_until(lambda: offer.job.status == "dispatching", sender)
    sender.kill()
    assert (offer.job.status, offer.job.attempts) == ("dispatching", 1)  # it was in flight
    os.killpg(engine.web.pid, signal.SIGCONT)
    worker = processes.worker(concurrency=1)
    processes.beat()
    wait_until(lambda: offer.job.status == "running", worker)
    assert offer.job.attempts == 2

    # The engine's worker, in the middle of reading.
    os.killpg(engine.worker.pid, signal.SIGCONT)
    wait_until(lambda: 0 < _pages_read(processes) < offer.pages, engine.worker)
    engine.worker.kill()
    assert engine_jobs(processes) == [("running", 1, 1)]  # it was in flight
    processes.engine_worker()
    offer.ends_well(worker)
    assert engine_jobs(processes) == [("succeeded", 2, 1)]  # sent twice, one job; begun twice, read once


def _pages_read(processes):
    with psycopg.connect(engine_address(processes)["ENGINE_DATABASE_URL"]) as connection:
        row = connection.execute("SELECT progress_done FROM engine_job").fetchone()
    return row[0] if row else 0


def test_the_engine_is_away_for_a_while(processes, chain):
    offer = chain(pages=2)
    worker = processes.worker(concurrency=1)
    processes.beat()
    wait_until(lambda: offer.job.attempts >= 2, worker)
    assert "could not be reached" in offer.job.last_problem
    assert offer.endings() == []
    engine = processes.engine()
    wait_until(lambda: engine_jobs(processes), worker)
    # Away again, before anybody could fetch the result (there is no web here that a callback could reach).
    engine.web.kill()
    wait_until(lambda: engine_jobs(processes)[0][0] == "succeeded" or offer.job.finished_at, engine.worker)
    engine.worker.kill()
    processes.engine()
    offer.ends_well(worker)


def test_one_callback_five_times_at_once(processes, chain):
    web = processes.web()
    offer = chain(pages=1)
    OcrJob.objects.update(status="running", started_at=timezone.now())
    offer.broker.flushdb()
    lines = [
        {
            "line_id": f"p1-r{i}",
            "page": 1,
            "row": i,
            "fields": {"name": {"value": f"Nada {i}"}, "price": {"value": "5"}},
        }
        for i in range(1, ROWS + 1)
    ]
    body = json.dumps(
        {
            "type": "job.succeeded",
            "job_id": str(offer.job.pk),
            "status": "succeeded",
            "engine": {"name": "test", "version": "1"},
            "document": {"sha256": "0" * 64, "pages": [{"page": 1}]},
            "lines": lines,
        }
    )
    now = timezone.now()
    headers = {
        "webhook-id": "msg_five",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(processes.engine_secret).sign("msg_five", now, body),
        "content-type": "application/json",
    }

    def post(_):
        return requests.post(f"{web_url}/api/v1/ocr/callback/", data=body, headers=headers, timeout=30)

    web_url = processes.web_url
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(post, range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5, web.log()[-2000:]
    assert sorted(answer.json()["duplicate"] for answer in answers) == [False, True, True, True, True]
    assert offer.waiting(INGEST) == 1  # the signal's effect, once
    assert (OcrResult.objects.count(), OcrCallback.objects.count()) == (1, 1)
    offer.ends_well(processes.worker(concurrency=1))


def test_a_list_that_cannot_be_read_says_why_and_the_next_one_is_read(processes, chain):
    """The chain at peace, callback included: no sweep runs here, so nothing but the callback can end a job."""
    processes.engine()
    web = processes.web(workers=1)
    locked = chain(content=locked_list())
    worker = processes.worker(concurrency=1)
    wait_until(lambda: locked.offer_now().status == "failed", worker)
    assert locked.offer_now().error_code == "encrypted"
    assert locked.endings() == ["failed"]
    offer = chain(pages=2)
    offer.ends_well(worker)
    assert OcrCallback.objects.count() == 2, web.log()[-2000:]
    assert (offer.job.polls, locked.job.polls) == (0, 0)
