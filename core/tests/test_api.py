import io
import json
import uuid
from decimal import Decimal

import openpyxl
import pytest
from rest_framework.test import APIClient

from core.actors import SYSTEM
from core.api import pagination
from core.api.serializers import MoneyField
from core.audit import record_audit
from core.models import AuditEvent, IdempotencyKey

pytestmark = [pytest.mark.django_db, pytest.mark.urls("core.tests.urls")]


@pytest.fixture
def client():
    return APIClient()


def post(client, body, **headers):
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post("/notes/", data=text, content_type="application/json", headers=headers)


def assert_problem(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["code"] == code
    assert body["status"] == status
    assert {"type", "title", "detail", "instance", "request_id", "errors"} <= set(body)
    return body


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"text": "a\\u0000b"}', "null_character"),
        (b'{"text": "\\ud800"}', "lone_surrogate"),
        (b'{"text": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "too_deep"),
        (b'{"text": ' + b"[" * 40 + b"]" * 40 + b"}", "too_deep"),
        (b'{"text": NaN}', "malformed_json"),
        (b"{", "malformed_json"),
        (b"\xff", "malformed_json"),
    ],
)
def test_hostile_json_is_a_400_that_changes_nothing(client, body, code):
    assert_problem(post(client, body), 400, code)
    assert not AuditEvent.objects.exists()


def test_a_number_beyond_64_bits_is_the_forms_to_refuse_with_a_key_too(client):
    answer = post(client, {"text": "a", "size": 10**30}, **{"Idempotency-Key": "k1"})
    body = assert_problem(answer, 400, "invalid")
    assert body["errors"][0]["field"] == "size"


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "1999-12-31T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_a_clock_that_is_years_off_is_a_400(client, when):
    body = assert_problem(post(client, {"text": "a", "occurred_at": when}), 400, "invalid")
    assert body["errors"][0]["field"] == "occurred_at"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("9999999999999999.9900", "9999999999999999.99"),
        ("0.00000001", "0.00000001"),
        ("3093.2600", "3093.26"),
    ],
)
def test_the_largest_amount_that_a_column_holds_can_be_shown(stored, shown):
    assert MoneyField().to_representation(Decimal(stored)) == shown


def test_unknown_fields_are_named(client):
    body = assert_problem(post(client, {"text": "a", "colour": "red"}), 400, "invalid")
    assert body["errors"] == [
        {"field": "colour", "code": "unknown_field", "detail": "This field is not known here"}
    ]


def test_a_domain_fact_becomes_a_problem_with_its_numbers_and_rolls_back(client):
    body = assert_problem(post(client, {"text": "full"}), 409, "out_of_shelf")
    assert body["params"] == {"available": 3}
    assert body["errors"][0]["field"] == "lines[0].quantity"
    assert not AuditEvent.objects.exists()


def test_a_broken_constraint_is_a_409(client):
    assert_problem(post(client, {"text": "clash"}), 409, "conflict")


def test_nothing_is_open_by_omission(client):
    assert client.post("/closed/", {"text": "a"}, format="json").status_code in (401, 403)


def test_an_unknown_path_is_a_problem_too(client):
    assert_problem(client.get("/nowhere/"), 404, "not_found")


def test_a_database_that_went_away_is_a_503_and_nothing_is_kept(client):
    gone = post(client, {"text": "gone"}, **{"Idempotency-Key": "k0"})
    assert_problem(gone, 503, "unavailable")
    assert gone["Retry-After"] == "5"
    assert not AuditEvent.objects.exists()


def test_a_nul_in_the_query_is_a_400(client):
    assert_problem(client.get("/events/?search=%00"), 400, "null_character")


def test_the_same_key_gets_the_same_answer_and_does_nothing_twice(client):
    first = post(client, {"text": "a"}, **{"Idempotency-Key": "k1"})
    second = post(client, {"text": "a"}, **{"Idempotency-Key": "k1"})
    assert first.status_code == second.status_code == 201
    assert json.loads(first.content) == json.loads(second.content)
    assert second["Idempotent-Replay"] == "true"
    assert AuditEvent.objects.count() == 1


def test_the_same_key_for_another_body_is_a_422(client):
    post(client, {"text": "a"}, **{"Idempotency-Key": "k1"})
    assert_problem(post(client, {"text": "b"}, **{"Idempotency-Key": "k1"}), 422, "idempotency_key_reused")
    assert AuditEvent.objects.count() == 1


def test_a_body_with_a_key_and_a_number_above_64_bits_is_refused_like_any_other(client):
    body = {"text": "a", "more": 10**30}
    assert_problem(post(client, body, **{"Idempotency-Key": "k1"}), 400, "invalid")
    assert not AuditEvent.objects.exists()


def test_an_error_is_not_remembered_so_a_retry_starts_afresh(client):
    post(client, {"text": "full"}, **{"Idempotency-Key": "k1"})
    assert not IdempotencyKey.objects.exists()
    assert post(client, {"text": "a"}, **{"Idempotency-Key": "k1"}).status_code == 201


def make_events(count):
    for number in range(count):
        record_audit(action="a", actor=SYSTEM, target_kind="t", target_id=number, summary=f"=row {number}")


def test_pages_skip_and_limit(client):
    make_events(5)
    page = client.get("/events/?skip=2&limit=2").json()
    assert page["count"] == 5
    assert [row["summary"] for row in page["results"]] == ["=row 2", "=row 3"]
    assert "skip=4" in page["next"]


def test_a_large_count_is_null_but_pages_go_on(client, monkeypatch):
    monkeypatch.setattr(pagination, "COUNT_LIMIT", 3)
    make_events(6)
    page = client.get("/events/?limit=2&skip=2").json()
    assert page["count"] is None
    assert page["next"]
    assert len(client.get("/events/?limit=2&skip=4").json()["results"]) == 2


def test_every_list_exports_without_formulas(client):
    make_events(2)
    answer = client.get("/events/?format=csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert "'=row 0" in answer.content.decode("utf-8-sig")
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/events/?format=xlsx").content)).active
    assert [cell.value for cell in sheet[1]] == ["id", "action", "summary"]
    assert sheet["C2"].value == "=row 0"
    assert sheet["C2"].data_type == "s"


def test_every_response_can_be_quoted_and_timed(client):
    quoted = str(uuid.uuid4())
    answer = client.get("/events/", headers={"X-Request-ID": quoted})
    assert answer["X-Request-ID"] == quoted
    assert answer["Server-Timing"].startswith("app;dur=")
