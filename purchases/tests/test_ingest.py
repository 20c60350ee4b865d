"""A result arrives, once or five times, whole or in part, late or never: the list is stored once, and nothing stays stuck."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import time_machine
import xlsxwriter
from django.core.files.base import ContentFile
from django.utils import timezone

from ai_integration.services import cancel_job, receive_result, retry_job
from notifications.models import Alert
from purchases.enums import OfferStatus
from purchases.models import Offer, OfferLine
from purchases.services import Decision, cancel_offer, match_line, match_offer, store_result, sweep_offers
from purchases.services.offer_states import reading_ended
from purchases.tasks import announce_failed_offer, ingest_offer, read_table_offer
from purchases.tests import factories as make

pytestmark = pytest.mark.django_db


def answer(offer, lines, **fields):
    receive_result(body=json.dumps(make.result_for(offer.job_id, lines, **fields)).encode())
    offer.refresh_from_db()


LINES = [make.contract_line(1, "Alpha", "10"), make.contract_line(2, "Beta", "20", bonus=[(10, 2)])]


def test_the_signal_moves_the_status_and_nothing_else():
    offer = make.uploaded(make.a_supplier())
    answer(offer, LINES)
    assert (offer.status, offer.lines_stored_at) == (OfferStatus.MATCHING, None)
    assert not OfferLine.objects.exists()


def test_a_task_delivered_again_changes_nothing():
    offer = make.uploaded(make.a_supplier())
    answer(offer, LINES)
    ingest_offer(offer.pk)
    before = list(OfferLine.objects.order_by("pk").values())
    offer.refresh_from_db()
    version = offer.updated_at
    for _again in range(2):
        ingest_offer(offer.pk)
        assert reading_ended(job_id=offer.job_id, status="succeeded") is False
    offer.refresh_from_db()
    assert list(OfferLine.objects.order_by("pk").values()) == before
    assert (offer.status, offer.updated_at) == (OfferStatus.READY, version)


def test_a_worker_killed_between_storing_and_matching_loses_nothing():
    offer = make.uploaded(make.a_supplier())
    answer(offer, LINES)
    assert store_result(offer_id=offer.pk) is True
    offer.refresh_from_db()
    assert (offer.status, offer.progress_done, offer.progress_total) == (OfferStatus.MATCHING, 0, 2)
    ingest_offer(offer.pk)
    offer.refresh_from_db()
    assert (offer.status, offer.progress_done) == (OfferStatus.READY, 2)


def test_what_a_person_decided_while_it_was_matched_stands():
    offer = make.uploaded(make.a_supplier())
    answer(offer, LINES)
    store_result(offer_id=offer.pk)
    (product,) = make.products("Something else")
    match_line(decision=Decision(make.line_of(offer, "Alpha").pk, product_id=product.pk), actor=make.ACTOR)
    match_offer(offer_id=offer.pk)
    assert make.line_of(offer, "Alpha").product_id == product.pk


def test_a_failed_reading_is_told_of_once_and_over_when_read_after_all():
    offer = make.uploaded(make.a_supplier())
    error = {"code": "engine_unavailable", "message": "No tesseract data", "retryable": True}
    answer(offer, [], status="failed", error=error)
    assert (offer.status, offer.error_code) == (OfferStatus.FAILED, "engine_unavailable")
    announce_failed_offer(offer.pk)
    announce_failed_offer(offer.pk)
    alert = Alert.objects.get(kind="offer_failed")
    assert "No tesseract data" in str(alert.params)
    retry_job(job_id=offer.job_id, actor=make.ACTOR)
    answer(offer, LINES)
    ingest_offer(offer.pk)
    offer.refresh_from_db()
    alert.refresh_from_db()
    assert (offer.status, offer.error_code, alert.status) == (OfferStatus.READY, "", "resolved")


def test_a_list_handed_in_again_while_it_failed_wins_over_the_late_reading():
    supplier = make.a_supplier()
    failed = make.uploaded(supplier)
    answer(failed, [], status="failed", error={"code": "timeout", "message": "slow", "retryable": True})
    again = make.uploaded(supplier, uploads=(), file_ids=[failed.file_id])
    assert again.pk != failed.pk
    retry_job(job_id=failed.job_id, actor=make.ACTOR)
    answer(failed, LINES)
    assert failed.status == OfferStatus.FAILED
    answer(again, LINES)
    assert again.status == OfferStatus.MATCHING


def test_cancelling_ends_the_job_and_a_late_result_is_dropped():
    offer = make.uploaded(make.a_supplier())
    cancel_offer(offer_id=offer.pk, actor=make.ACTOR)
    answer(offer, LINES)
    ingest_offer(offer.pk)
    assert (offer.status, offer.lines.count()) == (OfferStatus.CANCELLED, 0)


def test_a_job_cancelled_elsewhere_cancels_the_offer():
    offer = make.uploaded(make.a_supplier())
    cancel_job(job_id=offer.job_id, actor=make.ACTOR)
    offer.refresh_from_db()
    assert offer.status == OfferStatus.CANCELLED


def test_the_sweep_finds_what_ended_unnoticed():
    offer = make.uploaded(make.a_supplier())
    answer(offer, LINES)
    Offer.objects.filter(pk=offer.pk).update(status=OfferStatus.READING)  # as if the signal had been lost
    assert sweep_offers() == 1
    offer.refresh_from_db()
    assert offer.status == OfferStatus.MATCHING
    assert sweep_offers() == 0


def test_the_sweep_starts_again_what_went_quiet(monkeypatch):
    sent = []
    monkeypatch.setattr(
        "purchases.services.sweeping.enqueue", lambda name, pk: sent.append((name.split(".")[-1], pk))
    )
    stuck = make.uploaded(make.a_supplier())
    answer(stuck, LINES)
    table = make.uploaded(make.a_supplier(), uploads=[ContentFile(b"name,price\nA,1\n", name="x.csv")])
    assert sweep_offers() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        sweep_offers()
    assert sent == [("read_table_offer", table.pk), ("ingest_offer", stuck.pk)]


def test_a_spreadsheet_joins_the_same_path():
    supplier = make.a_supplier()
    text = "اسم المادة,العرض,صيدلي\nشركة النور,,\nنوراميد 500,2+10,14800\nنوراسيد,3+20,100\n"
    offer = make.read_csv(supplier, text)
    assert (offer.status, offer.job_id, offer.bonus_order) == (OfferStatus.READY, None, "free_first")
    line = make.line_of(offer, "نوراميد 500")
    assert (line.section, line.row, line.net_cost) == ("شركة النور", 3, Decimal("12333.33333333"))


def test_an_xlsx_list(tmp_path):
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(
            [["Product", "Discount", "Price"], ["Norimox", 0.12, 120.5], ["=1+1", 0, 10]]
        ):
            sheet.write_row(number, 0, row)
    offer = make.uploaded(make.a_supplier(), uploads=[ContentFile(path.read_bytes(), name="list.xlsx")])
    read_table_offer(offer.pk)
    ingest_offer(offer.pk)
    line = make.line_of(offer, "Norimox")
    assert (line.price, line.discounts, line.net_cost) == (Decimal("120.5"), [Decimal(12)], Decimal("106.04"))


def test_a_sheet_that_is_no_price_list_fails_with_the_reason():
    offer = make.uploaded(make.a_supplier(), uploads=[ContentFile(b"a,b\n1,2\n3,4\n", name="x.csv")])
    read_table_offer(offer.pk)
    offer.refresh_from_db()
    assert (offer.status, offer.error_code) == (OfferStatus.FAILED, "no_table_found")


def test_several_photos_are_one_offer():
    supplier = make.a_supplier()
    photos = [make.pdf(), make.pdf()]
    offer = make.uploaded(supplier, uploads=photos)
    assert offer.more_files.count() == 1
    assert isinstance(offer.job_id, UUID)
    same = make.uploaded(supplier, uploads=(), file_ids=[offer.file_id, offer.more_files.get().pk])
    assert same.pk == offer.pk


@pytest.mark.parametrize("count", [5, 500])
def test_a_long_list_costs_as_many_queries_as_a_short_one(django_assert_max_num_queries, count):
    offer = make.uploaded(make.a_supplier())
    answer(offer, [make.contract_line(number, f"Name {number} x", "10") for number in range(1, count + 1)])
    with django_assert_max_num_queries(75):
        ingest_offer(offer.pk)
    assert Offer.objects.get(pk=offer.pk).line_count == count


def test_hostile_values_are_stored_bounded():
    line = make.contract_line(1, "A" * 999, "10", section="S" * 999, confidence=0.3)
    line["fields"]["bonus"] = {"raw": "x" * 3000, "value": [{"buy": 1_000_000, "free": 1_000_000}]}
    line["fields"]["discount"] = {"raw": "100", "value": ["100"]}
    offer = make.read_offer(make.a_supplier(), [line])
    stored = offer.lines.get()
    assert (len(stored.raw_name), len(stored.section), stored.bonus, stored.discounts) == (500, 300, [], [])
    assert {"out_of_bounds", "low_confidence"} <= set(stored.flags)
