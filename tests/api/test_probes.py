"""The probes that generated requests miss, at operations of every app: a 4xx as problem+json, and nothing changed."""

import json
from urllib.parse import quote

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from rest_framework.test import APIClient

from capital.models import Account
from inventory.models import Product
from purchases.models import OfferLine, Proposal, Supplier
from tests.api.pharmacy import open_pharmacy

pytestmark = pytest.mark.django_db
DEEP = "[" * 200_000 + "]" * 200_000
HUGE = 10**40
#: Writes of each app, and a text that each takes.
WRITES = [
    ("POST", "/api/v1/auth/invitations/", "email"),
    ("PATCH", "/api/v1/organization/", "name"),
    ("PATCH", "/api/v1/me/", "name"),
    ("POST", "/api/v1/roles/", "name"),
    ("POST", "/api/v1/product-imports/", "file"),
    ("PATCH", "/api/v1/notification-preferences/low_stock/", "email"),
    ("POST", "/api/v1/accounts/", "name"),
    ("POST", "/api/v1/expenses/", "memo"),
    ("POST", "/api/v1/manual-entries/", "memo"),
    ("POST", "/api/v1/products/", "name_en"),
    ("POST", "/api/v1/stock-adjustments/", "note"),
    ("POST", "/api/v1/sales/", "note"),
    ("POST", "/api/v1/shortages/", "requested_name"),
    ("POST", "/api/v1/ocr/callback/", "type"),
    ("POST", "/api/v1/suppliers/", "name"),
    ("POST", "/api/v1/proposals/", "note"),
    ("POST", "/api/v1/offer-lines/match/", "decisions"),
    ("POST", "/api/v1/purchase-orders/", "notes"),
]
READS = [
    "/api/v1/users/",
    "/api/v1/roles/",
    "/api/v1/files/",
    "/api/v1/alerts/",
    "/api/v1/journal-entries/",
    "/api/v1/accounts/",
    "/api/v1/products/",
    "/api/v1/stock/",
    "/api/v1/stock-movements/",
    "/api/v1/sales/",
    "/api/v1/shortages/",
    "/api/v1/ocr/jobs/",
    "/api/v1/offers/",
    "/api/v1/offer-lines/",
    "/api/v1/proposals/",
    "/api/v1/purchase-orders/",
    "/api/v1/supplier-payments/",
    "/api/v1/audit-events/",
    "/api/v1/demand/",
    "/api/v1/capital/trial-balance/",
]
#: What no filter should choke on. Each may be answered with rows, or with a problem.
FILTERS = [
    "search=%00",
    "search=%ED%A0%80",
    "q=%00",
    f"search={'a' * 5000}",
    f"supplier={HUGE}&product={HUGE}&status={HUGE}",
    "product=-9223372036854775809&supplier=9223372036854775808",
    "ordering=%00",
    "ordering=nonsense,-id,--id,id%00",
    f"skip={HUGE}",
    "skip=-1&limit=-1",
    f"limit={HUGE}",
    "skip=9223372036854775807&limit=1",
    "date=2026-99-99&since=x&until=0000-00-00&as_of=99999-01-01",
    "created_after=275760-09-13&business_date_after=9999-12-31&date_from=0001-01-01",
    "format=exe",
    "format=csv&search=%00",
    "is_active=maybe&current=%00&category=1e400",
]
HEADERS = [
    {"If-Match": "nonsense"},
    {"If-Match": '"' + "a" * 3000 + '"'},
    {"Idempotency-Key": "a" * 300},
    {"Idempotency-Key": "\u00ff\u00fe\u0001"},
    {"Accept": "application/xml"},
    {"Accept-Language": "\u00ff,;q=x"},
    {"Content-Encoding": "gzip"},
]


@pytest.fixture
def client():
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(open_pharmacy())
    return client


@pytest.fixture
def nothing_changed(client):
    """nothing_changed(): every row of every table of ours is as it was when the test began."""
    before = contents()

    def check():
        after = contents()
        return {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}

    return check


def contents():
    """(number of rows, a sum over their texts) of each table; what refusals note is left out."""
    noted = {"core_securityevent"}
    tables = {
        model._meta.db_table for app in settings.LOCAL_APPS for model in apps.get_app_config(app).get_models()
    }
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables - noted):
            cursor.execute(f'SELECT count(*), sum(hashtextextended(t::text, 0)) FROM "{table}" t')  # noqa: S608 - our names
            found[table] = cursor.fetchone()
    return found


def send(client, method, path, body, content_type="application/json", **headers):
    body = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.generic(method, path, body, content_type=content_type, headers=headers)


def read(client, path, **headers):
    """GET in a savepoint of its own: outside tests a statement that PostgreSQL refuses spoils no later request."""
    savepoint = transaction.savepoint()
    answer = client.get(path, headers=headers)
    transaction.savepoint_rollback(savepoint)
    return answer


def wrong(answer, *, refused=True):
    """What is wrong with the answer to a hostile request; nothing when it is a problem of the caller's."""
    if answer.status_code < 400 and not refused:
        return ""
    if not 400 <= answer.status_code < 500:
        return f"{answer.status_code} {answer.content[:300]!r}"
    if not answer["Content-Type"].startswith("application/problem+json"):
        return answer["Content-Type"]
    return "" if answer.json()["status"] == answer.status_code else answer.content.decode()


def faults(answers, **rule):
    return [(name, found) for name, answer in answers if (found := wrong(answer, **rule))]


@pytest.mark.parametrize(
    ("text", "code"),
    [('{"%s": "a\\u0000b"}', 400), ('{"%s": "\\ud800"}', 400), ('{"%s": ' + DEEP + "}", 400)],
    ids=["nul", "lone surrogate", "200,000 brackets"],
)
def test_text_that_nobody_can_store(client, nothing_changed, text, code):
    answers = [(path, send(client, method, path, text % field)) for method, path, field in WRITES]
    assert faults(answers) == []
    # The engine's callback is unsigned here, and that comes first.
    assert {answer.status_code for path, answer in answers if "callback" not in path} == {code}
    assert nothing_changed()


def test_bodies_that_are_no_json(client, nothing_changed):
    bodies = [
        (b"\xff\xfe{\x00}", "application/json"),
        (b'{"name": "\xc3\x28"}', "application/json"),
        (b'{"nonsense": 1}', "application/json; charset=nonsense"),
        (b'{"name": NaN, "memo": Infinity}', "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b"<a/>", "application/xml"),
        (b"x", "text/plain"),
        (b"x", "multipart/form-data"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"name=%00", "application/x-www-form-urlencoded"),
        (
            json.dumps({"name": HUGE, "memo": HUGE, "lines": [{"quantity": HUGE, "product": HUGE}]}),
            "application/json",
        ),
    ]
    for body, content_type in bodies:
        answers = [
            ((path, body[:40], content_type), send(client, method, path, body, content_type))
            for method, path, _field in WRITES
        ]
        assert faults(answers) == []
    assert nothing_changed()


def test_headers_that_make_no_sense(client):
    for headers in HEADERS:
        answers = [
            ((path, headers), send(client, method, path, {}, **headers)) for method, path, _field in WRITES
        ]
        answers += [((path, headers), read(client, path, **headers)) for path in READS]
        assert faults(answers, refused=False) == []


def test_filters_that_make_no_sense(client, nothing_changed):
    answers = [(f"{path}?{text}", read(client, f"{path}?{text}")) for path in READS for text in FILTERS]
    assert faults(answers, refused=False) == []
    assert nothing_changed()


def test_ids_that_no_row_has(client, nothing_changed):
    ids = ["0", "999999999999999999", str(HUGE), "-1", "x", "1.0", quote("\u0661"), "%00", "1%0A"]
    detail = [path for path in READS if path.count("/") == 4 and path != "/api/v1/demand/"]
    answers = [(f"{path}{pk}/", read(client, f"{path}{pk}/")) for path in detail for pk in ids]
    assert faults(answers) == []
    assert {answer.status_code for _path, answer in answers} <= {400, 404}
    assert nothing_changed()


def test_what_a_constraint_forbids(client, nothing_changed):
    supplier, account, line = Supplier.objects.first(), Account.objects.first(), OfferLine.objects.first()
    product, proposal = Product.objects.first(), Proposal.objects.filter(status="draft").first()
    unit = product.units.get(is_base=True).pk
    twice = {"code": "4006381333931", "kind": "gtin"}
    requests = [
        ("POST", "/api/v1/auth/invitations/", {"email": "owner@example.org", "roles": ["owner"]}),
        ("PATCH", "/api/v1/organization/", {"currency": "ZZZ"}),
        ("POST", "/api/v1/roles/", {"code": "owner", "name": "Owner", "permissions": []}),
        ("POST", "/api/v1/role-assignments/", {"user": HUGE, "role": 1}),
        ("POST", "/api/v1/product-imports/", {"file": "00000000-0000-0000-0000-000000000000"}),
        ("PATCH", "/api/v1/notification-preferences/nonsense/", {"email": True}),
        ("POST", "/api/v1/accounts/", {"code": account.code, "name": "Again", "type": account.type}),
        ("POST", "/api/v1/expenses/", {"amount": "-1", "business_date": "2026-01-01"}),
        ("POST", "/api/v1/expenses/", {"amount": "1e400", "business_date": "2026-01-01"}),
        ("POST", "/api/v1/products/", {"name_en": "Twice", "identifiers": [twice, twice]}),
        ("POST", "/api/v1/products/", {"name_en": "Odd", "units": [{"name": "box", "factor": -2}]}),
        ("POST", "/api/v1/selling-prices/", {"unit": unit, "price": "-5", "valid_from": "2026-01-01"}),
        ("POST", "/api/v1/shortages/", {"product": product.pk, "quantity": 2**40}),
        ("POST", "/api/v1/stock-adjustments/", {"reason": "damage", "lines": [{"product": product.pk, "quantity": 2**62}]}),
        ("POST", "/api/v1/sales/", {"lines": [{"product": product.pk, "quantity": 2**62}], "payments": []}),
        ("POST", "/api/v1/suppliers/", {"name": "New", "code": "x" * 300}),
        ("POST", "/api/v1/suppliers/", {"name": "New", "lead_time_days": 2**40}),
        ("POST", f"/api/v1/offer-lines/{line.pk}/match/", {"product": 999_999_999}),
        ("POST", f"/api/v1/proposals/{proposal.pk}/lines/", {"offer_line": 999_999_999, "paid_quantity": 2**40}),
        ("POST", "/api/v1/purchase-orders/", {"supplier": supplier.pk, "lines": []}),
        ("POST", "/api/v1/supplier-payments/", {"supplier": supplier.pk, "amount": "99999999999999999999"}),
    ]  # fmt: skip
    answers = [
        ((path, body), send(client, method, path, body, **{"If-Match": "*"}))
        for method, path, body in requests
    ]
    assert faults(answers) == []
    assert nothing_changed()
