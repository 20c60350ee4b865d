"""The contract's own examples, and what it must refuse."""

import gzip
import json

import jsonschema
import jsonschema_rs
import pytest

from ai_integration import contract
from ai_integration.errors import InvalidResult, ResultTooLarge
from ai_integration.tests.factories import EXAMPLES, example


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(contract.schema())


@pytest.mark.parametrize("name", ["succeeded", "partial", "failed"])
def test_every_example_result_follows_the_contract(name):
    body = (EXAMPLES / f"result-{name}.json").read_bytes()
    assert contract.parse_result(body)["status"] == name
    jsonschema.validate(json.loads(body), contract.schema())


@pytest.mark.parametrize(
    ("file", "definition"), [("job-request", "job_request"), ("job-status", "job_status")]
)
def test_the_other_examples_follow_their_definitions(file, definition):
    schema = {**contract.schema(), "$ref": f"#/$defs/{definition}"}
    jsonschema_rs.validator_for(schema).validate(json.loads((EXAMPLES / f"{file}.json").read_text()))


def test_unknown_fields_are_kept():
    document = example(surprise={"deep": [1]})
    document["lines"][0]["fields"]["shelf"] = {"value": "B4"}
    parsed = contract.parse_result(json.dumps(document).encode())
    assert parsed["surprise"] == {"deep": [1]}
    assert parsed["lines"][0]["fields"]["shelf"] == {"value": "B4"}


def _line(path, value):
    document = example()
    target = document["lines"][0]
    *parents, last = path
    for name in parents:
        target = target[name]
    target[last] = value
    return document


WRONG = {
    "a float price": _line(["fields", "price", "value"], 12.5),
    "a negative price": _line(["fields", "price", "value"], "-1"),
    "a price of 30 digits": _line(["fields", "price", "value"], "9" * 30),
    "NaN": _line(["fields", "price", "value"], "NaN"),
    "a discount above 100": _line(["fields", "discount", "value"], ["101"]),
    "a tier that asks for nothing": _line(["fields", "bonus", "value"], [{"buy": 0, "free": 1}]),
    "half a box of bonus": _line(["fields", "bonus", "value"], [{"buy": 1, "free": 0.5}]),
    "NUL in a name": _line(["fields", "name", "value"], "a\0b"),
    "an endless name": _line(["fields", "name", "value"], "x" * 1001),
    "a box outside the page": _line(["bbox"], [0, 0, 2, 1]),
    "three corners": _line(["bbox"], [0, 0, 1]),
    "month 13": _line(["fields", "expiry", "value"], "2027-13"),
    "confidence 2": _line(["confidence"], 2),
    "an unknown status": example(status="done"),
    "a type that contradicts the status": example(type="job.failed"),
    "failed without a reason": example("failed", error=None),
    "an unknown error code": example("failed", error={"code": "oops", "message": "", "retryable": False}),
    "succeeded without a document": example(document=None),
    "lines that are no list": example(lines={}),
    "no engine": {name: value for name, value in example().items() if name != "engine"},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_and_named(name):
    with pytest.raises(InvalidResult) as refused:
        contract.parse_result(json.dumps(WRONG[name]).encode())
    assert refused.value.errors


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"a": NaN}', b"[" * 200_000])
def test_what_is_no_document_is_refused(body):
    with pytest.raises(InvalidResult):
        contract.parse_result(body)


def test_two_lines_with_one_id_are_refused():
    document = example()
    document["lines"][1]["line_id"] = document["lines"][0]["line_id"]
    with pytest.raises(InvalidResult) as refused:
        contract.parse_result(json.dumps(document).encode())
    assert refused.value.errors[0].code == "duplicate_line_id"


def test_more_than_fifty_thousand_lines_are_too_many():
    line = example()["lines"][0]
    few = {"line_id": "a", "page": 1, "row": 1, "fields": {}}
    document = example(lines=[few] * 50_001)
    assert line["line_id"]
    with pytest.raises(ResultTooLarge):
        contract.parse_result(json.dumps(document).encode())


def test_fifty_thousand_lines_are_taken():
    lines = [{"line_id": f"l{i}", "page": 1, "row": 1, "fields": {}} for i in range(50_000)]
    assert len(contract.parse_result(json.dumps(example(lines=lines)).encode())["lines"]) == 50_000


def test_inflating_stops_at_the_limit():
    bomb = gzip.compress(b"0" * 5_000_000)
    with pytest.raises(ResultTooLarge):
        contract.inflate(bomb, limit=1_000_000)
    assert contract.inflate(gzip.compress(b"{}"), limit=2) == b"{}"


@pytest.mark.parametrize("body", [b"", b"not gzip", gzip.compress(b"{}" * 1000, mtime=0)[:-9]])
def test_a_damaged_gzip_body_is_refused(body):
    with pytest.raises(InvalidResult):
        contract.inflate(body)
