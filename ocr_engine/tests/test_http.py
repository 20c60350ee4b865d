"""The engine over HTTP: keys, intake, status, result."""

import hashlib
import io
import json
import uuid

import pytest
import responses
from django.core.files.uploadedfile import SimpleUploadedFile

from ocr_engine import wsgi
from ocr_engine.models import Document, Job, JobStatus
from ocr_engine.services.intake import documents_dir
from ocr_engine.services.keys import add_key, create_pharmacy, revoke_keys
from ocr_engine.tests.conftest import job_request

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 test"


def upload(content=PDF):
    return {"document-0": SimpleUploadedFile("x.pdf", content, content_type="application/pdf")}


def test_a_job_is_taken_in(caller, follows, sent, django_capture_on_commit_callbacks):
    wanted = job_request(hints={"bonus_order": "free_first"}, max_pages=7, languages=["ar"])
    follows("job_request", wanted)
    with django_capture_on_commit_callbacks(execute=True):
        response = caller.post_job(wanted, upload(), **{"idempotency-key": wanted["job_id"]})
    assert response.status_code == 202, response.content
    follows("job_accepted", response.json())
    assert response["Location"] == f"/v1/jobs/{wanted['job_id']}"
    job = Job.objects.get()
    assert sent == [("ocr_engine.tasks.read_job", (str(job.pk),))]
    assert (job.max_pages, job.languages, job.hints) == (7, ["ar"], {"bonus_order": "free_first"})
    assert (documents_dir(job) / "0").read_bytes() == PDF
    status = caller.get(f"/v1/jobs/{job.job_id}")
    follows("job_status", status.json())
    assert status.json()["status"] == "queued"


def test_the_same_request_again_is_the_same_job(caller, sent, django_capture_on_commit_callbacks):
    wanted = job_request()
    with django_capture_on_commit_callbacks(execute=True):
        codes = [caller.post_job(wanted, upload()).status_code for _ in range(3)]
    assert codes == [202, 202, 202]
    assert (Job.objects.count(), len(sent)) == (1, 1)


def test_the_same_id_for_another_request_is_refused(caller):
    wanted = job_request()
    caller.post_job(wanted, upload())
    other = {**job_request(b"%PDF other"), "job_id": wanted["job_id"]}
    assert caller.post_job(other, upload(b"%PDF other")).status_code == 409
    assert Job.objects.count() == 1


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELLED])
def test_a_higher_attempt_reads_an_ended_job_anew(caller, sent, django_capture_on_commit_callbacks, status):
    wanted = job_request()
    caller.post_job(wanted, upload())
    Job.objects.update(status=status, finished_at="2026-01-01T00:00Z", result=b"x", starts=3)
    assert caller.post_job(wanted, upload()).json()["status"] == status
    with django_capture_on_commit_callbacks(execute=True):
        again = caller.post_job({**wanted, "attempt": 2}, upload())
    assert (again.json()["status"], again.json()["attempt"]) == ("queued", 2)
    assert len(sent) == 1
    job = Job.objects.get()
    assert (job.starts, job.result) == (0, None)


def test_another_pharmacys_job_does_not_exist(caller, client):
    wanted = job_request()
    caller.post_job(wanted, upload())
    stranger = create_pharmacy(name="Other", callback_secret="whsec_AAAA")
    caller.key = add_key(pharmacy=stranger)
    for path in (f"/v1/jobs/{wanted['job_id']}", f"/v1/jobs/{wanted['job_id']}/result"):
        assert caller.get(path).status_code == 404
    assert caller.delete(f"/v1/jobs/{wanted['job_id']}").status_code == 404
    assert caller.post_job(wanted, upload()).status_code == 202
    assert Job.objects.count() == 2


@pytest.mark.parametrize(
    "key", ["", "wrong", "ocr_" + "x" * 43, "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")]
)
def test_without_a_valid_key_nothing_is_answered(caller, key):
    caller.key = key
    response = caller.get(f"/v1/jobs/{uuid.uuid4()}")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="ocr-engine"')
    assert response["Content-Type"] == "application/problem+json"


def test_a_revoked_key_is_no_key(caller, pharmacy):
    assert caller.get(f"/v1/jobs/{uuid.uuid4()}").status_code == 404
    assert revoke_keys(pharmacy=pharmacy, prefix=caller.key) == 1
    assert caller.get(f"/v1/jobs/{uuid.uuid4()}").status_code == 401


WRONG = {
    "job_id": "x",
    "kind": "poem",
    "documents": [],
    "attempt": 0,
    "callback_url": "ftp://x",
    "languages": "ar",
    "max_pages": 10**9,
    "hints": {"bonus_order": "any"},
}


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_field_is_named(caller, field):
    response = caller.post_json(json.dumps({**job_request(), field: WRONG[field]}))
    assert response.status_code == 400, response.content
    assert response.json()["errors"][0]["field"].startswith(field)
    assert not Job.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 200_000, b'{"a":"\\ud800"}', b"\xff\xfe"])
def test_nonsense_is_400(caller, body):
    assert caller.post_json(body).status_code == 400


def test_the_idempotency_key_is_the_job(caller):
    response = caller.post_job(job_request(), upload(), **{"idempotency-key": str(uuid.uuid4())})
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sha256": "0" * 64}, 422),
        ({"bytes": 5}, 422),
        ({"upload": "other"}, 422),
        ({"bytes": 2**29}, 413),
    ],
)
def test_bytes_that_are_not_the_announced_ones_store_nothing(caller, data_dir, change, code):
    wanted = job_request()
    wanted["documents"][0].update(change)
    assert caller.post_job(wanted, upload()).status_code == code
    assert not Job.objects.exists()
    assert not Document.objects.exists()
    assert not list((data_dir / "jobs").glob("*"))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/",
        "http://localhost/x",
        "http://127.0.0.1:10/x",
        "http://pharmacy.test.evil.test/x",
        "http://evil.test/pharmacy.test",
        "http://user:pw@pharmacy.test/x",
        "https://[::1]/x",
        "http://pharmacy.test:99999/x",
    ],
)
def test_the_engine_goes_only_where_it_may(caller, url):
    by_link = job_request()
    by_link["documents"][0].pop("upload")
    by_link["documents"][0]["url"] = url
    assert caller.post_json(json.dumps(by_link)).status_code == 422
    assert caller.post_job(job_request(callback_url=url), upload()).status_code == 422
    assert not Job.objects.exists()


def test_a_document_by_link_is_fetched_while_accepting(caller, monkeypatch):
    with responses.RequestsMock() as web:
        web.get("https://pharmacy.test/list.pdf", body=PDF)
        web.get("https://pharmacy.test/other.pdf", status=302, headers={"Location": "http://evil.test/"})
        web.get("https://pharmacy.test/long.pdf", body=PDF * 10)
        codes = []
        for name in ("list", "other", "long"):
            wanted = job_request()
            wanted["documents"][0].pop("upload")
            wanted["documents"][0]["url"] = f"https://pharmacy.test/{name}.pdf"
            codes.append(caller.post_json(json.dumps(wanted)).status_code)
    assert codes == [202, 502, 413]
    assert Document.objects.get().sha256 == hashlib.sha256(PDF).hexdigest()


def test_too_many_open_jobs_wait(caller, settings):
    settings.MAX_LIVE_JOBS = 1
    assert caller.post_job(job_request(), upload()).status_code == 202
    refused = caller.post_job(job_request(), upload())
    assert (refused.status_code, refused["Retry-After"]) == (429, "10")


def test_cancelling(caller, follows):
    wanted = job_request()
    caller.post_job(wanted, upload())
    response = caller.delete(f"/v1/jobs/{wanted['job_id']}")
    follows("job_status", response.json())
    assert response.json()["status"] == "cancelled"
    assert caller.get(f"/v1/jobs/{wanted['job_id']}/result").status_code == 409


def test_methods_and_addresses_that_are_not(caller, client):
    assert caller.get("/v1/jobs").status_code == 405
    assert caller.get("/v1/elsewhere").status_code == 404
    assert client.get("/health/").json()["status"] == "ok"


@pytest.mark.parametrize("charset", ["zlib", "rot13", "undefined", "a\0b"])
def test_a_charset_that_is_no_text_encoding_is_not_believed(charset):
    """Python names compressions among its codecs: a small body would inflate past every limit."""
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": f"application/json; charset={charset}",
        "CONTENT_LENGTH": "2",
        "wsgi.input": io.BytesIO(b"{}"),
    }
    request = wsgi.TextRequest(environ)
    assert (request.encoding, request.body) == (None, b"{}")
    assert wsgi.application.request_class is wsgi.TextRequest
