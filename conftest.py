"""Fixtures for every test. The servers themselves are started earlier, by config.stack.pytest_plugin."""

import os

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.utils import translation

pytest_plugins = [
    "tests.stack.databases",
    "tests.stack.examples",
    "tests.stack.races",
    "tests.stack.processes",
    "tests.stack.collection",
]


def pytest_sessionstart(session):
    """Arabic is there from the first test on, and not from when some test happens to start a stack."""
    if settings.configured and not os.environ.get("PYTEST_XDIST_WORKER"):
        call_command("compile_translations")


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    """A hash that is slow on purpose costs a test of five people half a second. Beside `processes` it is the real one."""
    if not settings.configured:
        yield
        return
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[quick, *settings.PASSWORD_HASHERS]):
        yield


@pytest.fixture(autouse=True)
def _english():
    """A request in Arabic leaves its language on the thread; each test begins in the default one."""
    if settings.configured:
        translation.activate(settings.LANGUAGE_CODE)
    yield
    translation.deactivate()
