"""Sending, polling, the sweep: what the engine may answer, and what becomes of the job. The engine is a mock here;
tests/chain drives the real one.
"""

import datetime as dt
import json

import pytest
import requests
import responses
from django.core.files.storage import default_storage
from django.utils import timezone

from ai_integration import services
from ai_integration.models import OcrJob
from ai_integration.services.dispatch import dispatch
from ai_integration.services.polling import poll, tell_engine_to_stop
from ai_integration.tests.conftest import ENGINE
from ai_integration.tests.factories import (
    OLD_SECRET,
    OcrJobFactory,
    ended,
    result_for,
    signed,
    stored_pdf,
    submit,
)
from core.actors import SYSTEM
from core.errors import InvalidInput
from core.sources import Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine():
    with responses.RequestsMock() as mock:
        yield mock


def accept(engine, job, **more):
    engine.post(f"{ENGINE}/v1/jobs", json={"job_id": str(job.pk), "status": "queued"}, status=202, **more)


def job_url(job, tail=""):
    return f"{ENGINE}/v1/jobs/{job.pk}{tail}"


def status_of(job, status, **more):
    return {
        "job_id": str(job.pk),
        "status": status,
        "progress": {"done": 2, "total": 9},
        "error": None,
        **more,
    }


def due_in(job):
    return (job.next_attempt_at - timezone.now()).total_seconds()


# -- submitting ---------------------------------------------------------------------------------------------------


def test_submitting_sends_a_message_after_commit(sent, committed):
    with committed():
        job = submit(hints={"bonus_order": "free_first"})
        assert sent == []
    assert sent == [("ai_integration.tasks.advance_job", (str(job.pk),))]
    assert (job.status, job.attempts) == ("queued", 0)


def test_submitting_twice_for_one_source_is_one_job(sent):
    file, source = stored_pdf(), Source("offer", "7")
    jobs = [
        services.submit_job(kind="offer", file_ids=[file.pk], source=source, actor=SYSTEM) for _ in range(2)
    ]
    assert jobs[0] == jobs[1]
    assert OcrJob.objects.count() == 1


@pytest.mark.parametrize("fields", [{"kind": "poem"}, {"file_ids": []}])
def test_nonsense_is_refused(sent, fields):
    with pytest.raises(InvalidInput):
        submit(**fields)
    assert not OcrJob.objects.exists()


# -- sending ------------------------------------------------------------------------------------------------------


def test_a_job_is_sent_with_its_bytes(engine, sent, settings):
    settings.AI_CALLBACK_URL = "https://pharmacy.test/api/v1/ocr/callback/"
    job = submit(hints={"supplier": "الندى"}, max_pages=12)
    accept(engine, job)
    dispatch(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("running", 1)
    assert 0 < due_in(job) <= 2
    request = engine.calls[0].request
    assert request.headers["Idempotency-Key"] == str(job.pk)
    assert request.headers["Authorization"] == "Bearer ocr_key"
    document = job.documents.get()
    assert b"%PDF" in request.body
    wanted = json.loads(request.body.split(b"\r\n\r\n", 1)[1].split(b"\r\n--", 1)[0])
    assert wanted["documents"][0]["sha256"] == document.file.sha256
    assert wanted["callback_url"] == settings.AI_CALLBACK_URL
    assert (wanted["attempt"], wanted["max_pages"], wanted["hints"]) == (1, 12, {"supplier": "الندى"})


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_an_engine_that_cannot_now_is_asked_again_later(engine, sent, endings, status):
    job = submit()
    engine.post(f"{ENGINE}/v1/jobs", status=status)
    dispatch(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("queued", 1)
    assert str(status) in job.last_problem
    assert 1 < due_in(job) <= 2
    dispatch(job.pk)  # too early: nothing is sent
    assert len(engine.calls) == 1
    assert endings == []


def test_pauses_double_and_heed_retry_after(engine, sent):
    job = submit()
    engine.post(f"{ENGINE}/v1/jobs", status=503, headers={"Retry-After": "40"})
    dispatch(job.pk)
    job.refresh_from_db()
    assert 38 < due_in(job) <= 40
    OcrJob.objects.update(attempts=4, next_attempt_at=timezone.now())
    engine.replace("POST", f"{ENGINE}/v1/jobs", body=requests.ConnectionError("refused"))
    dispatch(job.pk)
    job.refresh_from_db()
    assert 30 < due_in(job) <= 32
    assert job.last_problem == "The engine could not be reached (ConnectionError)."


def test_the_last_try_fails_with_its_reason(engine, sent, endings, settings):
    settings.AI_MAX_ATTEMPTS = 3
    job = submit()
    OcrJob.objects.update(attempts=2)
    engine.post(f"{ENGINE}/v1/jobs", body=requests.Timeout("slow"))
    dispatch(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code, job.error_retryable) == ("failed", "engine_unavailable", True)
    assert job.error_message == "The engine could not be reached (Timeout). Tried 3 times."
    assert endings == [(job.pk, "offer", "failed")]


@pytest.mark.parametrize(
    ("status", "code"),
    [(413, "too_large"), (415, "unsupported_type"), (422, "engine_refused"), (401, "engine_refused")],
)
def test_a_refusal_is_final_at_once(engine, sent, endings, status, code):
    job = submit()
    engine.post(f"{ENGINE}/v1/jobs", status=status, json={"title": "No", "detail": "Because."})
    dispatch(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", code)
    assert job.error_message == f"The engine answered {status}. Because."
    assert len(endings) == 1


def test_without_an_engine_the_job_says_so(sent, endings, settings):
    settings.AI_ENGINE_URL = ""
    job = submit()
    dispatch(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code, job.error_retryable) == ("failed", "engine_unavailable", True)
    assert "AI_ENGINE_URL" in job.error_message


def test_a_stored_file_that_is_gone_fails_the_job(sent, endings):
    job = submit()
    default_storage.delete(job.documents.get().file.storage_name)
    dispatch(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_retryable) == ("failed", False)
    assert "upload it again" in job.error_message
    assert len(endings) == 1


def test_an_answer_that_is_not_the_contracts_is_tried_again(engine, sent):
    job = submit()
    engine.post(f"{ENGINE}/v1/jobs", body="<html>", status=202)
    dispatch(job.pk)
    job.refresh_from_db()
    assert job.status == "queued"


def test_a_result_that_overtakes_the_answer_wins(engine, sent, endings):
    job = submit()

    def callback_first(request):
        services.receive_result(body=result_for(job))
        return 202, {}, json.dumps({"job_id": str(job.pk), "status": "queued"})

    engine.add_callback("POST", f"{ENGINE}/v1/jobs", callback=callback_first)
    dispatch(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded"
    assert [status for _, _, status in endings] == ["succeeded"]


def test_a_cancellation_that_overtakes_the_answer_wins(engine, sent, endings):
    job = submit()

    def cancel_first(request):
        services.cancel_job(job_id=job.pk, actor=SYSTEM)
        return 202, {}, json.dumps({"job_id": str(job.pk), "status": "queued"})

    engine.add_callback("POST", f"{ENGINE}/v1/jobs", callback=cancel_first)
    dispatch(job.pk)
    job.refresh_from_db()
    assert (job.status, job.cancel_pending) == ("cancelled", True)


def test_a_sender_that_died_loses_its_claim_in_time(engine, sent):
    job = OcrJobFactory(
        status="dispatching", attempts=1, next_attempt_at=timezone.now() + dt.timedelta(seconds=60)
    )
    dispatch(job.pk)
    assert len(engine.calls) == 0
    OcrJob.objects.update(next_attempt_at=timezone.now())
    accept(engine, job)
    dispatch(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("running", 2)


def test_a_job_that_ends_every_sender_is_given_up(engine, sent, endings, settings):
    OcrJobFactory(status="dispatching", attempts=settings.AI_MAX_ATTEMPTS)
    job = OcrJob.objects.get()
    dispatch(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "internal")
    assert len(endings) == 1


# -- polling ------------------------------------------------------------------------------------------------------


def test_a_poll_brings_progress(engine):
    job = OcrJobFactory()
    engine.get(job_url(job), json=status_of(job, "running"))
    poll(job.pk)
    job.refresh_from_db()
    assert (job.progress_done, job.progress_total, job.polls) == (2, 9, 1)
    assert 0 < due_in(job) < 3


@pytest.mark.parametrize("name", ["succeeded", "partial", "failed"])
def test_a_poll_brings_the_result_that_no_callback_brought(engine, endings, name):
    job = OcrJobFactory()
    body = result_for(job, name)
    headers = {key.removeprefix("HTTP_").replace("_", "-"): value for key, value in signed(body).items()}
    engine.get(job_url(job), json=status_of(job, name))
    engine.get(job_url(job, "/result"), body=body, headers=headers)
    poll(job.pk)
    job.refresh_from_db()
    assert job.status == name
    assert endings == [(job.pk, "offer", name)]


def test_a_result_with_a_strange_signature_is_not_believed(engine, endings):
    job = OcrJobFactory()
    body = result_for(job)
    headers = {
        key.removeprefix("HTTP_").replace("_", "-"): value
        for key, value in signed(body, secret="whsec_" + "A" * 32).items()
    }
    engine.get(job_url(job), json=status_of(job, "succeeded"))
    engine.get(job_url(job, "/result"), body=body, headers=headers)
    poll(job.pk)
    job.refresh_from_db()
    assert (job.status, endings) == ("running", [])
    assert "AI_ENGINE_SECRETS" in job.last_problem


def test_a_result_that_breaks_the_contract_fails_the_job(engine, endings):
    job = OcrJobFactory()
    body = result_for(job, lines=[{"line_id": "a", "page": 0, "row": 1, "fields": {}}])
    headers = {
        key.removeprefix("HTTP_").replace("_", "-"): value
        for key, value in signed(body, secret=OLD_SECRET).items()
    }
    engine.get(job_url(job), json=status_of(job, "succeeded"))
    engine.get(job_url(job, "/result"), body=body, headers=headers)
    poll(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "invalid_result")
    assert "lines[0].page" in job.error_message
    assert len(endings) == 1


def test_a_job_that_the_engine_forgot_is_sent_again(engine, sent, committed, endings):
    job = OcrJobFactory()
    engine.get(job_url(job), status=404)
    with committed():
        poll(job.pk)
    job.refresh_from_db()
    assert job.status == "queued"
    assert sent == [("ai_integration.tasks.advance_job", (str(job.pk),))]
    assert endings == []


def test_an_engine_that_is_down_is_polled_until_the_deadline(engine, endings, settings):
    job = OcrJobFactory()
    engine.get(job_url(job), body=requests.ConnectionError())
    poll(job.pk)
    job.refresh_from_db()
    assert (job.status, job.last_problem) == ("running", "The engine could not be reached (ConnectionError).")
    late = timezone.now() - dt.timedelta(seconds=settings.AI_JOB_DEADLINE_SECONDS + 1)
    OcrJob.objects.update(started_at=late)
    poll(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code, job.cancel_pending) == ("failed", "timeout", True)
    assert len(endings) == 1


def test_a_job_cancelled_at_the_engine_is_cancelled(engine, endings):
    job = OcrJobFactory()
    engine.get(job_url(job), json=status_of(job, "cancelled"))
    poll(job.pk)
    assert endings == [(job.pk, "offer", "cancelled")]


def test_the_engine_is_told_to_stop_until_it_hears(engine):
    job = ended("cancelled", cancel_pending=True)
    engine.delete(job_url(job), body=requests.ConnectionError())
    tell_engine_to_stop(job.pk)
    job.refresh_from_db()
    assert job.cancel_pending
    assert job.next_attempt_at is not None
    engine.replace("DELETE", job_url(job), json=status_of(job, "cancelled"))
    tell_engine_to_stop(job.pk)
    job.refresh_from_db()
    assert (job.cancel_pending, job.next_attempt_at) == (False, None)


# -- the sweep ----------------------------------------------------------------------------------------------------


def test_the_sweep_sends_what_is_due_and_only_that(sent, committed):
    now = timezone.now()
    minute = dt.timedelta(minutes=1)
    due = [
        OcrJobFactory(status="queued", enqueued_at=now - minute),
        OcrJobFactory(status="dispatching", next_attempt_at=now - minute),
        OcrJobFactory(status="running"),
        ended("cancelled", cancel_pending=True, next_attempt_at=now),
    ]
    OcrJobFactory(status="queued", enqueued_at=now)  # its message is on its way
    OcrJobFactory(status="running", next_attempt_at=now + minute)
    ended("succeeded")
    with committed():
        assert services.sweep_jobs() == 4
    assert {args[0] for _, args in sent} == {str(job.pk) for job in due}
    with committed():
        assert services.sweep_jobs() == 0


def test_the_sweep_costs_the_same_for_any_number(sent, django_assert_num_queries):
    for _ in range(5):
        OcrJobFactory()
    with django_assert_num_queries(4):  # savepoint, look, note, release
        services.sweep_jobs()


def test_advancing_does_what_the_row_says(engine, sent):
    job = submit()
    accept(engine, job)
    services.advance(job.pk)
    engine.get(job_url(job), json=status_of(job, "running"))
    services.advance(job.pk)
    assert [call.request.method for call in engine.calls] == ["POST", "GET"]
    services.advance(ended("succeeded").pk)
    assert len(engine.calls) == 2
