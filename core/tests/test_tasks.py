"""A message only hurries the work along: a broker that is away or mute never stops the work that was done."""

import socket
import time

import pytest
from celery import current_app
from django.conf import settings
from django.db import transaction

from core.actors import SYSTEM
from core.audit import record_audit
from core.models import AuditEvent
from core.tasks import enqueue_after_commit, forget_old_answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def mute_broker(monkeypatch):
    """Takes connections and never says a word, as a machine that hangs does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(current_app.conf, "broker_url", f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        yield


def enqueue_with_work(capture):
    with capture(execute=True), transaction.atomic():
        record_audit(action="worked", actor=SYSTEM, target_kind="test", target_id=1)
        enqueue_after_commit(forget_old_answers)


def test_a_mute_broker_is_given_up_long_before_a_worker_would(
    mute_broker, django_capture_on_commit_callbacks
):
    started = time.monotonic()
    enqueue_with_work(django_capture_on_commit_callbacks)
    assert time.monotonic() - started < settings.CELERY_BROKER_TRANSPORT_OPTIONS["socket_timeout"] / 2
    assert AuditEvent.objects.count() == 1


def test_whatever_goes_wrong_at_enqueueing_is_not_the_callers_trouble(
    monkeypatch, django_capture_on_commit_callbacks
):
    def fail(*_args, **_options):
        raise RuntimeError("the broker said something unheard of")

    monkeypatch.setattr(forget_old_answers, "apply_async", fail)
    enqueue_with_work(django_capture_on_commit_callbacks)
    assert AuditEvent.objects.count() == 1


def test_what_is_rolled_back_is_not_enqueued(monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(forget_old_answers, "apply_async", lambda **options: sent.append(options))
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        enqueue_after_commit(forget_old_answers)
        transaction.set_rollback(True)
    assert sent == []
