"""ocr/jobs/: who may look, send again, cancel."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from ai_integration.models import OcrJob
from ai_integration.services import receive_result
from ai_integration.tests.factories import OcrJobFactory, ended, result_for
from core.models import AuditEvent
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/ocr/jobs/"
BUYERS = ("owner", "pharmacist", "purchaser")
LOOKERS = (*BUYERS, "auditor")


@pytest.fixture
def buyer():
    return client_for("purchaser")


def test_a_job_shows_where_it_stands(buyer):
    job = OcrJobFactory(progress_done=3, progress_total=84)
    body = buyer.get(f"{JOBS}{job.pk}/").json()
    assert (body["status"], body["progress"], body["error"]) == ("running", {"done": 3, "total": 84}, None)
    assert body["source"] == {"kind": "test", "id": job.source_id, "purpose": ""}
    assert len(body["files"]) == 1
    assert body["can_retry"] is False


def test_a_failure_says_why_in_two_ways(buyer):
    job = ended("failed", error_code="encrypted", error_message="Password needed.")
    error = buyer.get(f"{JOBS}{job.pk}/").json()["error"]
    assert error["code"] == "encrypted"
    assert error["message"] == "Password needed."
    assert error["text"] == "The document is protected by a password"


def test_polling_costs_a_304(buyer):
    job = OcrJobFactory()
    etag = buyer.get(f"{JOBS}{job.pk}/")["ETag"]
    assert buyer.get(f"{JOBS}{job.pk}/", HTTP_IF_NONE_MATCH=etag).status_code == 304
    job.progress_done = 1
    job.save()
    assert buyer.get(f"{JOBS}{job.pk}/", HTTP_IF_NONE_MATCH=etag).status_code == 200


def test_the_list_costs_the_same_for_any_number(buyer, django_assert_num_queries):
    OcrJobFactory()
    buyer.get(JOBS)
    with CaptureQueriesContext(connection) as for_one:
        assert len(buyer.get(JOBS).json()["results"]) == 1
    OcrJobFactory.create_batch(2)
    with django_assert_num_queries(len(for_one)):
        assert len(buyer.get(JOBS).json()["results"]) == 3
    assert len(for_one) <= 5


def test_the_list_filters(buyer):
    running, failed = OcrJobFactory(), ended("failed", kind="price_notice")
    assert [row["id"] for row in buyer.get(JOBS, {"status": "failed"}).json()["results"]] == [str(failed.pk)]
    assert [row["id"] for row in buyer.get(JOBS, {"kind": "offer"}).json()["results"]] == [str(running.pk)]
    assert buyer.get(JOBS, {"status": "odd"}).status_code == 400


def test_the_list_exports(buyer):
    OcrJobFactory()
    assert buyer.get(JOBS, {"format": "csv"}).status_code == 200


def test_only_buyers_may_look_retry_and_cancel():
    job, failed = OcrJobFactory(), ended("failed")
    roles_refused("get", JOBS, allowed=LOOKERS)
    roles_refused("get", f"{JOBS}{job.pk}/result/", allowed=LOOKERS)
    roles_refused("post", f"{JOBS}{failed.pk}/retry/", allowed=BUYERS)
    roles_refused("post", f"{JOBS}{job.pk}/cancel/", allowed=BUYERS)
    job.refresh_from_db()
    failed.refresh_from_db()
    assert (job.status, failed.status) == ("running", "failed")


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_sending_again_starts_a_new_run(buyer, sent, committed, status):
    job = ended(status, attempts=7)
    with committed():
        response = buyer.post(f"{JOBS}{job.pk}/retry/")
    assert response.status_code == 202
    assert response["Location"] == f"{JOBS}{job.pk}/"
    body = response.json()
    assert (body["status"], body["run"], body["attempts"], body["error"]) == ("queued", 2, 0, None)
    assert sent == [("ai_integration.tasks.advance_job", (str(job.pk),))]
    assert AuditEvent.objects.get(action="ai_integration.retry_job").actor_id == buyer.user.pk


@pytest.mark.parametrize("status", ["succeeded", "partial", "running"])
def test_what_has_not_failed_is_not_sent_again(buyer, sent, status):
    job = OcrJobFactory() if status == "running" else ended(status)
    response = buyer.post(f"{JOBS}{job.pk}/retry/")
    assert (response.status_code, response.json()["code"]) == (409, "job_not_retryable")
    job.refresh_from_db()
    assert (job.status, job.run, sent) == (status, 1, [])


def test_a_retry_with_one_idempotency_key_is_one_retry(buyer):
    job = ended("failed")
    key = {"HTTP_IDEMPOTENCY_KEY": "k1"}
    first = buyer.post(f"{JOBS}{job.pk}/retry/", **key)
    again = buyer.post(f"{JOBS}{job.pk}/retry/", **key)
    assert (first.status_code, again.status_code) == (202, 202)
    job.refresh_from_db()
    assert job.run == 2


def test_cancelling_ends_the_job_and_tells_the_engine(buyer, sent, committed, endings):
    job = OcrJobFactory()
    with committed():
        response = buyer.post(f"{JOBS}{job.pk}/cancel/")
    assert response.status_code == 202
    assert response.json()["status"] == "cancelled"
    assert sent == [("ai_integration.tasks.advance_job", (str(job.pk),))]
    assert endings == [(job.pk, "offer", "cancelled")]
    assert OcrJob.objects.get().cancel_pending is True
    assert AuditEvent.objects.filter(action="ai_integration.cancel_job").count() == 1


def test_a_job_that_was_never_sent_needs_nobody_told(buyer, sent, committed):
    job = OcrJobFactory(status="queued", started_at=None)
    with committed():
        assert buyer.post(f"{JOBS}{job.pk}/cancel/").status_code == 202
    assert sent == []


def test_an_ended_job_cannot_be_cancelled(buyer, endings):
    job = ended("succeeded")
    response = buyer.post(f"{JOBS}{job.pk}/cancel/")
    assert (response.status_code, response.json()["code"]) == (409, "job_not_cancellable")
    assert endings == []


def test_the_result_is_served_as_it_came(buyer, endings):
    job = OcrJobFactory()
    assert buyer.get(f"{JOBS}{job.pk}/result/").status_code == 404
    body = result_for(job, surprise=1)
    receive_result(body=body)
    response = buyer.get(f"{JOBS}{job.pk}/result/")
    assert response.content == body
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("verb", ["", "retry/", "cancel/", "result/"])
def test_an_unknown_job_is_404(buyer, verb):
    url = f"{JOBS}{uuid.uuid4()}/{verb}"
    response = buyer.get(url) if verb in ("", "result/") else buyer.post(url)
    assert response.status_code == 404


def test_the_contract_is_a_webhook_of_the_schema():
    schema = SchemaGenerator(urlconf="ai_integration.api.urls").get_schema(public=True)
    posted = schema["webhooks"]["ocrJobEnded"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert posted == {"$ref": "#/components/schemas/EngineResult"}
    assert schema["components"]["schemas"]["EngineLine"]["required"] == ["line_id", "page", "row", "fields"]
    assert "#/$defs/" not in str(schema)
