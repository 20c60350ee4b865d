"""Statements that stay planned in a connection, and let go of it when it ends."""

import gc
import weakref
from threading import Thread

import pytest
from django.db import DataError, connection, transaction

from core.prepared import run_prepared

pytestmark = pytest.mark.django_db


def test_a_closed_connection_is_let_go_of():
    seen = []

    def ask():
        run_prepared("SELECT 1")
        seen.append(weakref.ref(connection.connection))
        connection.close()
        run_prepared("SELECT 1")
        seen.append(weakref.ref(connection.connection))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    gc.collect()
    assert [one() for one in seen] == [None, None]


def test_a_statement_works_again_after_one_that_failed():
    with transaction.atomic():
        with pytest.raises(DataError), transaction.atomic():
            run_prepared("SELECT 4 / %s::int", [0])
        assert run_prepared("SELECT 4 / %s::int", [2]) == [(2,)]
