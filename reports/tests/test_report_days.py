"""Days that somebody types into the address of a report: told on its page, never a 500."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from capital.admin.report_tables import REPORTS
from capital.enums import AccountRole
from capital.selectors import default_account
from capital.services import EntryLine, post_entry
from core.actors import SYSTEM
from core.api.exports import XLSXRenderer
from core.sources import Source
from purchases.tests.factories import a_supplier
from rbac.tests.factories import user_with_role

pytestmark = pytest.mark.django_db
SPANS = (
    "since=0001-01-01",
    "until=0001-01-01",
    "since=9999-12-31",
    "until=9999-12-31",
    "since=nonsense&until=2026-13-45",
    "since=2026-02-02&until=2026-01-01",
)


@pytest.fixture
def owner():
    client = Client()
    client.force_login(user_with_role("owner", is_staff=True))
    return client


def put_in(day, amount):
    """The owner puts cash in."""
    lines = [
        EntryLine(AccountRole.CASH, debit=Decimal(amount)),
        EntryLine(AccountRole.OWNER_CAPITAL, credit=Decimal(amount)),
    ]
    with transaction.atomic():
        post_entry(source=Source("test_days", str(day)), business_date=day, lines=lines, actor=SYSTEM)


def pages():
    supplier = a_supplier()
    yield reverse("admin:capital_account_ledger", args=[default_account(AccountRole.CASH).pk])
    yield reverse("admin:capital_party_ledger", args=[supplier.party_id])
    yield reverse("controlled_register")
    yield reverse("admin:purchases_supplier_performance")
    yield reverse("admin:purchases_supplier_statement", args=[supplier.pk])
    for name, report in REPORTS.items():
        if "since" in report.asks:
            yield reverse("admin:capital_report", args=[name])


def test_a_report_tells_days_that_make_no_sense_and_shows_its_usual_ones(owner):
    for page in pages():
        for span in SPANS:
            for form in ("", "&format=csv"):
                shown = owner.get(f"{page}?{span}{form}")
                assert shown.status_code == 200, (page, span)
                assert 'class="wb-tag bad"' in shown.content.decode(), (page, span)
        assert (
            'class="wb-tag bad"'
            not in owner.get(f"{page}?since=2026-01-01&until=2026-02-01").content.decode()
        )


def test_a_day_to_look_at_is_told_likewise(owner):
    by_day = [(reverse("admin:capital_report", args=[name]), "until") for name in REPORTS]
    for page, field in [*by_day, (reverse("stock-valuation-page"), "as_of")]:
        for day in ("0001-01-01", "9999-12-31", "nonsense"):
            shown = owner.get(f"{page}?{field}={day}&format=xlsx")
            assert (shown.status_code, 'class="wb-tag bad"' in shown.content.decode()) == (200, True), (
                page,
                day,
            )


def test_the_last_day_alone_asks_for_its_month_until_then(owner):
    asked = [reverse("admin:capital_report", args=[name]) for name in REPORTS]
    asked.append(reverse("admin:capital_account_ledger", args=[default_account(AccountRole.CASH).pk]))
    for page in asked:
        for query in ("until=2025-10-17", "since=&until=2025-10-17"):
            shown = owner.get(f"{page}?{query}")
            assert 'class="wb-tag bad"' not in shown.content.decode(), (page, query)
            days = {name: shown.context["form"].cleaned_data[name] for name in ("since", "until")}
            assert days == {"since": date(2025, 10, 1), "until": date(2025, 10, 17)}
        as_file = owner.get(f"{page}?until=2025-10-17&format=xlsx")
        assert as_file["Content-Type"] == XLSXRenderer.media_type, page


def test_the_balance_sheet_of_an_earlier_day_knows_nothing_of_later_ones(owner):
    put_in(date(2025, 10, 17), 1234)
    put_in(date(2025, 11, 2), 4000)
    sheet = reverse("admin:capital_report", args=["balance-sheet"])
    for until, cash in (("2025-10-31", 1234), ("2025-11-02", 5234)):
        cells = [row["cells"].values() for row in owner.get(f"{sheet}?until={until}").context["table"]]
        assert {figure for row in cells for figure in row if isinstance(figure, Decimal) and figure} == {cash}


def test_what_no_form_foresaw_is_a_page_with_the_words_of_the_api(owner, monkeypatch):
    def overflow(**_given):
        raise OverflowError("date value out of range")

    monkeypatch.setattr("purchases.admin.performance_page.supplier_performance", overflow)
    shown = owner.get(reverse("admin:purchases_supplier_performance"))
    assert (shown.status_code, "A value is out of range" in shown.content.decode()) == (400, True)
