"""The workbench's pages in a pharmacy where nothing was ever done, in both languages."""

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from config.workbench import navigation
from core.workbench import parents_of
from rbac.tests.factories import user_with_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return user_with_role("owner", is_staff=True)


def sidebar(owner, path="/admin/"):
    request = RequestFactory().get(path)
    request.user = owner
    return [item for group in navigation(request) for item in group["items"]]


def forms():
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_opens_without_data(owner, language):
    client = Client(headers={"Accept-Language": language})
    client.force_login(owner)
    tabs = ["profit-and-loss", "balance-sheet", "cash-flow", "capital", "parties", "commitments"]
    pages = [item["link"] for item in sidebar(owner)]
    pages += [reverse("admin:capital_report", args=[tab]) for tab in tabs]
    pages += [reverse(f"admin:reports_{tab}") for tab in ("expiry", "movers", "ranking", "reorder")]
    for page in pages:
        answer = client.get(page, follow=True)
        assert answer.status_code == 200, page
        assert f'lang="{language}"' in answer.content.decode()
    for page in forms():
        assert client.get(page).status_code < 500, page  # some are made from another document alone


@pytest.mark.parametrize(
    ("page", "entry"),
    [
        ("/admin/", "/admin/"),
        ("/admin/capital/journalentry/1/change/", "/admin/capital/journalentry/"),
        ("/admin/capital/journalentry/reports/cash-flow/", "/admin/capital/journalentry/reports/"),
        ("/admin/purchases/supplier/performance/", "/admin/purchases/supplier/performance/"),
        ("/admin/purchases/supplier/3/statement/", "/admin/purchases/supplier/"),
    ],
)
def test_one_entry_of_the_sidebar_is_marked(owner, page, entry):
    assert [item["link"] for item in sidebar(owner, page) if item["active"]] == [entry]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_page_lies_twice_under_one_name(language):
    with translation.override(language):
        for model in (one for one in admin.site._registry if one._meta.app_label in settings.LOCAL_APPS):
            (section, _list), (plural, _page) = parents_of(model)
            assert str(section).casefold() != str(plural).casefold(), model


def test_browsers_find_the_icon(owner):
    client = Client()
    client.force_login(owner)
    assert 'href="/static/workbench/favicon.svg"' in client.get("/admin/").content.decode()
    asked = client.get("/favicon.ico")
    assert (asked.status_code, asked["Location"]) == (301, "/static/workbench/favicon.svg")
    assert finders.find("workbench/favicon.svg")
