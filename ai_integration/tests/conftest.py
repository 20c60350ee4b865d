from contextlib import contextmanager

import pytest
from rest_framework.test import APIClient

from ai_integration.events import ocr_job_finished
from ai_integration.tests.factories import OLD_SECRET, SECRET

ENGINE = "http://engine.test"


@pytest.fixture(autouse=True)
def _engine_settings(settings):
    settings.AI_ENGINE_URL = ENGINE
    settings.AI_ENGINE_KEY = "ocr_key"
    settings.AI_ENGINE_SECRETS = [SECRET, OLD_SECRET]
    settings.AI_CALLBACK_URL = ""
    settings.AI_RETRY_SECONDS = 2


@pytest.fixture
def endings():
    """Every signal that was sent: [(job_id, kind, status)]."""
    heard = []

    def hear(sender, job_id, kind, status, **kwargs):
        heard.append((job_id, kind, status))

    ocr_job_finished.connect(hear)
    yield heard
    ocr_job_finished.disconnect(hear)


@pytest.fixture
def anonymous():
    return APIClient()


@pytest.fixture
def sent(monkeypatch):
    """Messages that would have gone to the broker: [(task name, args)]."""
    messages = []
    monkeypatch.setattr("core.tasks._publish", lambda task, args: messages.append((task.name, args)))
    return messages


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    @contextmanager
    def run():
        with django_capture_on_commit_callbacks(execute=True):
            yield

    return run
