"""Every list is ordered by the columns that it names when it is asked for another one, and by no other."""

import pytest
import yaml
from rest_framework.test import APIClient

from tests.api.pharmacy import open_pharmacy
from tests.api.test_schema import PUBLISHED

pytestmark = pytest.mark.django_db
STOCK = "/api/v1/stock/"


def lists():
    schema = yaml.load(PUBLISHED.read_text(encoding="utf-8"), yaml.CSafeLoader)
    for path, item in schema["paths"].items():
        parameters = {one.get("name") for one in item.get("get", {}).get("parameters", [])}
        if "limit" in parameters and "{" not in path:
            yield path


@pytest.fixture
def owner():
    client = APIClient()
    client.force_authenticate(open_pharmacy())
    return client


def refusal(client, path):
    """The columns that the list names when it refuses one that it does not know."""
    answer = client.get(path, {"ordering": "nonsense"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), (
        path,
        answer.content,
    )
    (error,) = [one for one in answer.json()["errors"] if one["field"] == "ordering"]
    _words, _colon, names = error["detail"].partition("ordered by: ")
    return [name for name in names.split(", ") if name not in ("", "–")]


def test_every_list_refuses_an_unknown_order_and_keeps_the_others(owner):
    paths = list(lists())
    assert len(paths) > 70
    ordered = 0
    for path in paths:
        names = refusal(owner, path)
        answer = owner.get(path, {"ordering": ",".join(f"-{name}" for name in names), "limit": 1})
        assert answer.status_code == 200 or not names, (path, answer.content)
        ordered += len(names)
    assert ordered > 400


def test_stock_is_ordered_by_what_is_there(owner):
    def shown(order):
        return [row["on_hand"] for row in owner.get(STOCK, {"ordering": order}).json()["results"]]

    there = shown("on_hand")
    assert there == sorted(there)
    assert len(set(there)) > 1
    assert shown("-on_hand") == sorted(there, reverse=True)
    assert shown("-on_hand,product") == sorted(there, reverse=True)
    assert owner.get(STOCK, {"ordering": "on_hand,--product"}).status_code == 400
