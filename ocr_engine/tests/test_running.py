"""Reading, caching, callbacks, the sweep. Real documents in the real child; HTTP out is a mock."""

import datetime as dt
import gzip
import json
import os

import pytest
import responses
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from ocr_engine.locks import is_being_read, reading_lock
from ocr_engine.models import CachedReading, Job
from ocr_engine.reading import ReadingError
from ocr_engine.services.delivery import deliver
from ocr_engine.services.keys import rotate_callback_secret
from ocr_engine.services.recovery import purge_old, resend_lost
from ocr_engine.services.running import run_job
from ocr_engine.tests.conftest import job_request
from ocr_engine.tests.documents import HOSTILE, encrypted, price_list

CALLBACK = "https://pharmacy.test/api/v1/ocr/callback/"


@pytest.fixture
def submit(caller):
    def go(content, mime="application/pdf", **fields):
        wanted = job_request(content, **fields)
        wanted["documents"][0]["mime"] = mime
        response = caller.post_job(wanted, {"document-0": SimpleUploadedFile("x", content)})
        assert response.status_code == 202, response.content
        return Job.objects.get(job_id=wanted["job_id"])

    return go


def result_of(caller, job):
    response = caller.get(f"/v1/jobs/{job.job_id}/result")
    assert response.status_code == 200
    return response


pytestmark = pytest.mark.django_db


def test_a_list_is_read_and_signed(submit, caller, follows, pharmacy):
    job = submit(price_list(pages=2, rows=5))
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.status, job.progress_done, job.progress_total) == ("succeeded", 2, 2), job.error
    response = result_of(caller, job)
    document = response.json()
    follows("result", document)
    assert len(document["lines"]) == 10
    assert document["lines"][0]["fields"]["price"]["value"] == "1000.50"
    verified = Webhook(pharmacy.callback_secret).verify(response.content, dict(response.headers))
    assert verified == document


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_in_a_code_and_the_next_one_is_read(submit, caller, follows, name):
    job = submit(HOSTILE[name])
    run_job(str(job.pk))
    document = result_of(caller, job).json()
    follows("result", document)
    assert document["status"] == "failed"
    assert document["error"]["code"] in ("malformed", "unsupported_type", "resource_limit", "no_table_found")
    good = submit(price_list(seed="b"))
    run_job(str(good.pk))
    good.refresh_from_db()
    assert good.status == "succeeded"


def test_a_password_and_an_unknown_type_are_named(submit, caller):
    locked, odd = submit(encrypted()), submit(b"hello", mime="text/plain")
    for job, code in ((locked, "encrypted"), (odd, "unsupported_type")):
        run_job(str(job.pk))
        job.refresh_from_db()
        assert (job.status, job.error["code"]) == ("failed", code)


def test_whatever_the_reader_raises_the_job_ends(submit, monkeypatch, caller, follows):
    for error, code in ((RuntimeError("bug"), "internal"), (MemoryError(), "resource_limit")):

        def broken(*args, error=error, **kwargs):
            raise error

        monkeypatch.setattr("ocr_engine.services.running.read_document", broken)
        job = submit(b"%PDF x" + code.encode())
        run_job(str(job.pk))
        document = result_of(caller, job).json()
        follows("result", document)
        assert document["error"]["code"] == code


def test_equal_bytes_are_read_once_and_only_offers(submit, monkeypatch, caller):
    content = price_list(seed="cache")
    first = submit(content)
    run_job(str(first.pk))
    monkeypatch.setattr("ocr_engine.services.running.read_document", _must_not_read)
    second = submit(content)
    run_job(str(second.pk))
    second.refresh_from_db()
    assert (second.status, second.from_cache, second.progress_done) == ("succeeded", True, 2)
    one, two = (result_of(caller, job).json() for job in (first, second))
    assert one["lines"] == two["lines"]
    assert one["job_id"] != two["job_id"]
    for other in ({"kind": "supplier_invoice"}, {"max_pages": 5}, {"hints": {"bonus_order": "free_first"}}):
        job = submit(content, **other)
        run_job(str(job.pk))
        job.refresh_from_db()
        assert job.error["code"] == "internal"  # it was read, not remembered
    assert CachedReading.objects.count() == 1


def _must_not_read(*args, **kwargs):
    raise AssertionError("read again")


def test_several_documents_are_one_reading(caller, follows):
    contents = [price_list(pages=1, rows=3, seed=str(i)) for i in range(2)]
    parts = [job_request(content)["documents"][0] | {"upload": f"d{i}"} for i, content in enumerate(contents)]
    wanted = job_request(documents=parts)
    files = {f"d{i}": SimpleUploadedFile("x", content) for i, content in enumerate(contents)}
    assert caller.post_job(wanted, files).status_code == 202
    job = Job.objects.get()
    run_job(str(job.pk))
    document = result_of(caller, job).json()
    follows("result", document)
    assert [page["page"] for page in document["document"]["pages"]] == [1, 2]
    assert len({line["line_id"] for line in document["lines"]}) == len(document["lines"]) == 6


def test_a_cancelled_job_stops_at_its_next_page(submit, caller, monkeypatch):
    job = submit(price_list())

    def read(path, *, progress, **options):
        progress(1, 9)
        caller.delete(f"/v1/jobs/{job.job_id}")
        progress(2, 9)
        raise AssertionError("went on")

    monkeypatch.setattr("ocr_engine.services.running.read_document", read)
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.status, job.progress_done) == ("cancelled", 1)


def test_a_document_that_ends_its_worker_again_and_again_is_given_up(submit, settings):
    job = submit(price_list())
    Job.objects.update(status="running", starts=settings.MAX_STARTS)
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.status, job.error["code"]) == ("failed", "resource_limit")


def test_retryable_is_the_readers_word(submit, monkeypatch):
    def slow(*args, **kwargs):
        raise ReadingError("timeout", "Slow.", retryable=True)

    monkeypatch.setattr("ocr_engine.services.running.read_document", slow)
    job = submit(b"%PDF slow")
    run_job(str(job.pk))
    job.refresh_from_db()
    assert job.error == {"code": "timeout", "message": "Slow.", "retryable": True}


# -- callbacks ----------------------------------------------------------------------------------------------------


@pytest.fixture
def ended(submit, sent):
    job = submit(price_list(), callback_url=CALLBACK)
    run_job(str(job.pk))
    job.refresh_from_db()
    assert job.callback_due_at is not None
    return job


def test_a_callback_is_signed_with_both_secrets(ended, pharmacy, follows):
    old, new = pharmacy.callback_secret, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    rotate_callback_secret(pharmacy=pharmacy, secret=new)
    with responses.RequestsMock() as web:
        web.post(CALLBACK, status=200)
        deliver(str(ended.pk))
        request = web.calls[0].request
    for secret in (old, new):
        follows("result", Webhook(secret).verify(request.body, dict(request.headers)))
    ended.refresh_from_db()
    assert ended.callback_delivered_at is not None
    assert ended.callback_due_at is None


def test_a_long_callback_is_sent_as_gzip(submit, pharmacy):
    job = submit(price_list(pages=12, rows=30, seed="long"), callback_url=CALLBACK)
    run_job(str(job.pk))
    with responses.RequestsMock() as web:
        web.post(CALLBACK, status=200)
        deliver(str(job.pk))
        request = web.calls[0].request
    assert request.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(request.body))["lines"]) == 360


def test_a_callback_that_found_nobody_is_tried_again_with_the_same_id(ended, settings):
    settings.CALLBACK_DELAYS_SECONDS = [5, 60]
    ids = []
    with responses.RequestsMock() as web:
        web.post(CALLBACK, status=500)
        for _ in range(3):
            deliver(str(ended.pk))
            deliver(str(ended.pk))  # not due: nothing happens
            Job.objects.filter(callback_due_at__isnull=False).update(callback_due_at=timezone.now())
        ids = [call.request.headers["webhook-id"] for call in web.calls]
    assert len(ids) == 3
    assert len(set(ids)) == 1
    ended.refresh_from_db()
    assert (ended.callback_due_at, ended.callback_attempts) == (None, 3)
    assert ended.callback_error == "The callback was answered with 500."


@pytest.mark.parametrize("status", [400, 413, 404])
def test_a_callback_that_is_refused_is_not_repeated(ended, status):
    with responses.RequestsMock() as web:
        web.post(CALLBACK, status=status)
        deliver(str(ended.pk))
    ended.refresh_from_db()
    assert ended.callback_due_at is None


def test_a_callback_follows_no_redirect(ended):
    with responses.RequestsMock() as web:
        web.post(CALLBACK, status=302, headers={"Location": "http://evil.test/"})
        deliver(str(ended.pk))
        assert len(web.calls) == 1


# -- the sweep ----------------------------------------------------------------------------------------------------


def test_the_sweep_finds_what_was_lost(submit, sent, settings):
    old = timezone.now() - dt.timedelta(minutes=5)
    lost, fresh, orphan = (submit(b"%PDF" + bytes([i])) for i in range(3))
    Job.objects.filter(pk=lost.pk).update(enqueued_at=old)
    Job.objects.filter(pk=orphan.pk).update(status="running", enqueued_at=old)
    sent.clear()
    assert resend_lost() == 2
    assert {args[0] for _, args in sent} == {str(lost.pk), str(orphan.pk)}
    assert resend_lost() == 0
    assert fresh.status == "queued"


def test_the_sweep_sends_due_callbacks(ended, sent):
    sent.clear()
    resend_lost()
    assert sent == [("ocr_engine.tasks.deliver_callback", (str(ended.pk),))]


@pytest.mark.django_db(transaction=True)
def test_a_job_that_is_being_read_is_left_alone(submit, sent):
    job = submit(b"%PDF busy")
    Job.objects.update(status="running", enqueued_at=timezone.now() - dt.timedelta(minutes=5))
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [job.pk.int & 0x7FFFFFFFFFFFFFFF])
        assert is_being_read(job.pk)
        assert resend_lost() == 0
        with reading_lock(job.pk) as held:
            assert not held
        run_job(str(job.pk))
        assert Job.objects.get().starts == 0
    finally:
        other.close()
    assert not is_being_read(job.pk)
    assert resend_lost() == 1


def test_old_things_go(submit, data_dir):
    job = submit(price_list(seed="old"))
    run_job(str(job.pk))
    folder = data_dir / "jobs" / str(job.pk)
    assert folder.is_dir()
    Job.objects.update(finished_at=timezone.now() - dt.timedelta(days=30))
    CachedReading.objects.update(used_at=timezone.now() - dt.timedelta(days=300))
    os.utime(folder, (0, 0))
    purge_old()
    assert not Job.objects.exists()
    assert not CachedReading.objects.exists()
    assert not folder.exists()
