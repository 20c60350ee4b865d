"""POST ocr/callback/: who may speak, what is taken, and that nothing is done twice."""

import datetime as dt
import gzip
import json
import uuid

import pytest

from ai_integration.errors import BadSignature
from ai_integration.events import ocr_job_finished
from ai_integration.models import OcrCallback, OcrJob, OcrResult
from ai_integration.selectors import job_result, raw_result
from ai_integration.signing import verify_signature
from ai_integration.tests.factories import (
    CALLBACK,
    OLD_SECRET,
    SECRET,
    OcrJobFactory,
    ended,
    example,
    result_for,
    signed,
    signed_bytes,
)

pytestmark = pytest.mark.django_db


def post(client, body, **headers):
    return client.generic("POST", CALLBACK, body, content_type="application/json", **headers)


def test_a_result_is_kept_unchanged_and_ends_the_job(anonymous, endings):
    job = OcrJobFactory()
    body = result_for(job, surprise="kept")
    response = post(anonymous, body, **signed(body))
    assert response.status_code == 200, response.content
    assert response.json() == {"job_id": str(job.pk), "status": "succeeded", "duplicate": False}
    job.refresh_from_db()
    assert (job.status, job.line_count, job.progress_done, job.progress_total) == ("succeeded", 3, 1, 1)
    assert (job.engine_name, job.engine_version, job.next_attempt_at) == ("reference", "1.0.0", None)
    assert raw_result(job.pk) == body
    assert job_result(job.pk)["surprise"] == "kept"
    assert endings == [(job.pk, "offer", "succeeded")]


@pytest.mark.parametrize("name", ["partial", "failed"])
def test_the_other_endings(anonymous, endings, name):
    job = OcrJobFactory()
    body = result_for(job, name)
    assert post(anonymous, body, **signed(body)).status_code == 200
    job.refresh_from_db()
    assert job.status == name
    assert endings == [(job.pk, "offer", name)]
    if name == "failed":
        assert (job.error_code, job.error_retryable) == ("encrypted", False)
        assert job.error_message == "The document is protected by a password."


def test_both_secrets_are_valid_during_a_rotation(anonymous):
    for secret in (SECRET, OLD_SECRET):
        job = OcrJobFactory()
        body = result_for(job)
        assert post(anonymous, body, **signed(body, secret=secret)).status_code == 200


def test_gzip_is_signed_as_sent(anonymous):
    job = OcrJobFactory()
    body = result_for(job)
    packed = gzip.compress(body)
    wire = signed_bytes(packed)
    assert post(anonymous, packed, HTTP_CONTENT_ENCODING="gzip", **wire).status_code == 200
    assert raw_result(job.pk) == body


def test_the_same_callback_again_does_nothing(anonymous, endings):
    job = OcrJobFactory()
    body = result_for(job)
    headers = signed(body)
    first = post(anonymous, body, **headers)
    again = post(anonymous, body, **headers)
    other_id = post(anonymous, body, **signed(body))
    assert [r.json()["duplicate"] for r in (first, again, other_id)] == [False, True, True]
    assert len(endings) == OcrResult.objects.count() == 1


def test_a_known_webhook_id_is_not_processed_for_another_run(anonymous, endings):
    job = OcrJobFactory(run=2)
    OcrCallback.objects.create(webhook_id="msg_old", job=job)
    body = result_for(job)
    response = post(anonymous, body, **signed(body, webhook_id="msg_old"))
    assert response.json() == {"job_id": str(job.pk), "status": "running", "duplicate": True}
    assert endings == []


@pytest.mark.parametrize("status", ["cancelled", "failed", "succeeded"])
def test_a_late_result_changes_nothing(anonymous, endings, status):
    job = ended(status)
    body = result_for(job)
    assert post(anonymous, body, **signed(body)).json()["duplicate"] is True
    before = job.updated_at
    job.refresh_from_db()
    assert (job.status, job.updated_at) == (status, before)
    assert endings == []


def test_the_failure_of_an_earlier_run_is_ignored_and_its_success_is_not(anonymous, endings):
    job = OcrJobFactory(run=2)
    failure = result_for(job, "failed", attempt=1)
    assert post(anonymous, failure, **signed(failure)).json()["duplicate"] is True
    success = result_for(job, attempt=1)
    assert post(anonymous, success, **signed(success)).json()["duplicate"] is False
    assert [status for _, _, status in endings] == ["succeeded"]


def _bad_headers():
    good = signed(b"{}")
    late = dt.datetime.now(tz=dt.UTC) - dt.timedelta(minutes=6)
    early = dt.datetime.now(tz=dt.UTC) + dt.timedelta(minutes=6)
    stranger = "whsec_" + "A" * 32
    yield "none", {}
    for name in good:
        yield f"without {name}", {key: value for key, value in good.items() if key != name}
    yield "stranger", signed(b"{}", secret=stranger)
    yield "another body", signed(b"{ }")
    yield "too old", signed(b"{}", at=late)
    yield "too new", signed(b"{}", at=early)
    for value in ("", "v1", "v1,", "v1,%%%", "v2,AAAA", "v1,é", "v1,AAAA v1", ",,,,", "v1 ,x" * 50):
        yield f"signature {value[:10]!r}", {**good, "HTTP_WEBHOOK_SIGNATURE": value}
    for value in ("", "soon", "-1", "1e9", "NaN", "٣", "9" * 400, "1.5"):
        yield f"timestamp {value[:10]!r}", {**good, "HTTP_WEBHOOK_TIMESTAMP": value}
    for value in ("", "x" * 256, "é", "a\tb"):
        yield f"id {value[:10]!r}", {**good, "HTTP_WEBHOOK_ID": value}


@pytest.mark.parametrize("name", [name for name, _headers in _bad_headers()])
def test_a_bad_signature_is_401_and_leaves_no_trace(anonymous, name):
    headers = dict(_bad_headers())[name]  # made now: what was too new when collected is not so minutes later
    response = post(anonymous, b"{}", **headers)
    assert response.status_code == 401, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "bad_signature"
    assert not OcrCallback.objects.exists()


def test_without_a_secret_of_ours_nobody_may_speak(anonymous, settings):
    settings.AI_ENGINE_SECRETS = []
    assert post(anonymous, b"{}", **signed(b"{}")).status_code == 401


def test_a_signed_body_of_the_wrong_shape_names_the_field_and_changes_nothing(anonymous, endings):
    job = OcrJobFactory()
    document = example(job_id=str(job.pk))
    document["lines"][1]["fields"]["price"]["value"] = 5
    body = json.dumps(document).encode()
    response = post(anonymous, body, **signed(body))
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "lines[1].fields.price.value"
    job.refresh_from_db()
    assert job.status == "running"
    assert (endings, OcrResult.objects.count(), OcrCallback.objects.count()) == ([], 0, 0)


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b"{", b"null", b'{"job_id": 5}', b'{"a":"\\ud800"}', b'"\\u0000"']
)
def test_signed_nonsense_is_400(anonymous, body):
    response = post(anonymous, body, **signed(body))
    assert response.status_code == 400
    assert response.json()["code"] == "invalid_result"


def test_an_unknown_job_is_404(anonymous):
    body = json.dumps(example(job_id=str(uuid.uuid4()))).encode()
    assert post(anonymous, body, **signed(body)).status_code == 404
    assert not OcrCallback.objects.exists()


def test_too_many_lines_are_413(anonymous, endings):
    job = OcrJobFactory()
    line = {"line_id": "a", "page": 1, "row": 1, "fields": {}}
    body = result_for(job, lines=[line] * 50_001)
    response = post(anonymous, body, **signed(body))
    assert response.status_code == 413
    assert (OcrJob.objects.get().status, endings) == ("running", [])


def test_a_bomb_is_413(anonymous, monkeypatch):
    monkeypatch.setattr("ai_integration.contract.inflate.__kwdefaults__", {"limit": 1000})
    packed = gzip.compress(b" " * 100_000)
    wire = signed_bytes(packed)
    assert post(anonymous, packed, HTTP_CONTENT_ENCODING="gzip", **wire).status_code == 413


def test_an_announced_length_beyond_the_limit_is_413_unread(anonymous):
    assert post(anonymous, b"{}", CONTENT_LENGTH=str(10**12), **signed(b"{}")).status_code == 413


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_results_are_only_posted(anonymous, method):
    assert getattr(anonymous, method)(CALLBACK).status_code == 405


def test_another_encoding_is_400(anonymous):
    assert post(anonymous, b"{}", HTTP_CONTENT_ENCODING="br", **signed(b"{}")).status_code == 400


def test_a_receiver_that_fails_keeps_the_job_open(anonymous, endings):
    def fail(**kwargs):
        raise RuntimeError("no")

    job = OcrJobFactory()
    body = result_for(job)
    headers = signed(body)
    ocr_job_finished.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            post(anonymous, body, **headers)
    finally:
        ocr_job_finished.disconnect(fail)
    job.refresh_from_db()
    assert (job.status, OcrResult.objects.count(), OcrCallback.objects.count()) == ("running", 0, 0)
    assert post(anonymous, body, **headers).json()["duplicate"] is False


def test_our_check_and_the_reference_implementation_agree():
    body = '{"اسم": 1}'.encode()
    theirs = {k.removeprefix("HTTP_").lower().replace("_", "-"): v for k, v in signed(body).items()}
    assert verify_signature(body=body, headers=theirs, secrets=[OLD_SECRET, SECRET])
    with pytest.raises(BadSignature):
        verify_signature(body=body, headers=theirs, secrets=[OLD_SECRET])
