"""Keys by the thousand as one parameter."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import AuditEvent
from core.queries import one_of

pytestmark = pytest.mark.django_db


def test_it_finds_the_rows_of_the_keys_in_one_parameter():
    rows = [
        AuditEvent.objects.create(action="x", actor_name="", actor_kind="", target_kind="", target_id="")
        for _number in range(3)
    ]
    with CaptureQueriesContext(connection) as queries:
        found = AuditEvent.objects.filter(pk__in=one_of([rows[0].pk, rows[2].pk, 10**12])).order_by("pk")
        assert list(found) == [rows[0], rows[2]]
    assert "unnest(" in queries.captured_queries[0]["sql"]
    assert not AuditEvent.objects.filter(pk__in=one_of([])).exists()
    assert AuditEvent.objects.exclude(pk__in=one_of([rows[0].pk])).count() == 2
