"""The published schema, as front-ends and tools read it. That it is the code's own, `make check` holds."""

from collections import Counter
from pathlib import Path

import pytest
import schemathesis
import yaml

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
METHODS = {"get", "post", "put", "patch", "delete"}
#: Open on purpose: signing in and what helps with it, the engine's signed answers, links that carry their own key.
PUBLIC = {
    ("get", "/api/v1/files/{id}/bytes/"),
    ("get", "/api/v1/meta/"),
    ("post", "/api/v1/auth/invitations/accept/"),
    ("post", "/api/v1/auth/password/reset/"),
    ("post", "/api/v1/auth/password/reset/confirm/"),
    ("post", "/api/v1/auth/token/"),
    ("post", "/api/v1/auth/token/refresh/"),
    ("post", "/api/v1/auth/token/revoke/"),
    ("post", "/api/v1/ocr/callback/"),
}


@pytest.fixture(scope="module")
def schema():
    return yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def operations(schema):
    return {
        (method, path): operation
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_it_is_valid_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(schema).validate()


def test_each_operation_says_what_it_needs(operations):
    open_to_all = {name for name, operation in operations.items() if "x-permission" not in operation}
    assert open_to_all == PUBLIC


def test_each_operation_answers_problems_in_one_shape(operations):
    for name, operation in operations.items():
        content = operation["responses"]["default"]["content"]
        assert content == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }, name


def test_names_of_operations_are_unique(operations):
    names = Counter(operation["operationId"] for operation in operations.values())
    assert [name for name, count in names.items() if count > 1] == []


def test_the_engine_s_answer_is_described_as_a_webhook(schema):
    (webhook,) = schema["webhooks"].values()
    assert "requestBody" in webhook["post"]
