"""A browser window on the workbench, and where its pictures go."""

import os
from pathlib import Path

import pytest

from tests.stack.collection import find_browser

#: Chromium without a desktop, and without talking to anybody but us.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture
def shots(tmp_path):
    """shots(page, name) keeps a picture of the page in the folder BROWSER_SHOTS (or the test's own)."""
    folder = Path(os.environ.get("BROWSER_SHOTS") or tmp_path / "shots")
    folder.mkdir(parents=True, exist_ok=True)
    taken = []

    def take(page, name):
        taken.append(name)
        page.screenshot(path=folder / f"{len(taken):02}-{name}.png", full_page=True)

    return take


@pytest.fixture
def page(monkeypatch):
    """One window; a script error on any page fails the test."""
    # Playwright's sync API runs a loop in this thread, which Django takes for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=QUIET)
        window = browser.new_page(viewport={"width": 1360, "height": 900})
        window.set_default_timeout(20_000)
        errors = []
        window.on("pageerror", lambda error: errors.append(f"{window.url}: {error.stack}"))
        yield window
        browser.close()
        assert errors == []
