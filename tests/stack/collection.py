"""What the run refuses, and which tests share one xdist worker."""

import os
from importlib.util import find_spec
from shutil import which

import pytest
from _pytest.nodeid import coerce_node_id

#: Real processes, faults and browsers: one worker runs them, one after the other.
_ALONE = {"process", "browser", "soak"}
_COMMITTING = {"committed_db", "durable_db", "processes"}
_FLUSHING = {"transactional_db", "live_server", "django_db_serialized_rollback", "django_db_reset_sequences"}


def pytest_generate_tests(metafunc):
    """``@pytest.mark.rounds(20)``: once in `make test`, so many times in `make test-soak`. Who asks for `rounds` counts."""
    marker = metafunc.definition.get_closest_marker("rounds")
    if marker is not None and os.environ.get("SOAK") and "rounds" not in metafunc.fixturenames:
        metafunc.fixturenames.append("_round")
        metafunc.parametrize("_round", range(marker.args[0]))


@pytest.fixture
def rounds(request):
    """How many rounds a test that is marked so repeats by itself, on the processes that it has started."""
    return request.node.get_closest_marker("rounds").args[0] if os.environ.get("SOAK") else 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        _refuse_flush(item)
        if _COMMITTING & set(getattr(item, "fixturenames", ())):
            item.add_marker(
                pytest.mark.django_db
            )  # pytest-django makes databases for the tests it sees marked
        if any(item.get_closest_marker(name) for name in _ALONE) or _uses_processes(item):
            _share_one_worker(config, item)
        if item.get_closest_marker("browser") and not find_browser():
            item.add_marker(pytest.mark.skip(reason="no chromium here: .ci/run installs it"))


def _share_one_worker(config, item) -> None:
    """xdist 3.8 groups by the end of a name that pytest 9.2 keeps elsewhere: it tells each worker's tests as single ones."""
    item.add_marker(pytest.mark.xdist_group("processes"))
    if config.getoption("loadgroup", default=False):
        item._id = coerce_node_id(f"{item.nodeid}@processes")


def find_browser() -> str | None:
    """Debian's chromium, which playwright drives."""
    if find_spec("playwright") is None:
        return None
    return which("chromium") or which("chromium-browser") or which("google-chrome")


def _uses_processes(item) -> bool:
    return bool({"processes", "durable_db"} & set(getattr(item, "fixturenames", ())))


def _refuse_flush(item) -> None:
    """pytest-django ends such tests with TRUNCATE, which our ledgers refuse. The engine has no ledger."""
    if os.environ.get("DJANGO_SETTINGS_MODULE") == "ocr_engine.settings":
        return
    marker = item.get_closest_marker("django_db")
    wants_flush = marker is not None and (marker.kwargs.get("transaction") or marker.args[:1] == (True,))
    if wants_flush or _FLUSHING & set(getattr(item, "fixturenames", ())):
        raise pytest.UsageError(
            f"{item.nodeid}: ledgers refuse TRUNCATE, use the fixture committed_db (tests/README.md)"
        )
