"""The same moment, several connections: one offer, one set of lines, one learned name."""

import json

import pytest

from ai_integration.services import receive_result
from purchases.enums import OfferStatus
from purchases.models import Offer, OfferLine, SupplierAlias
from purchases.services import Decision, OfferData, cancel_offer, match_line, store_result, upload_offer
from purchases.tasks import ingest_offer
from purchases.tests import factories as make

pytestmark = pytest.mark.rounds(20)


def test_the_same_bytes_at_once_make_one_offer(committed_db):
    supplier = make.a_supplier()
    stored = make.uploaded(make.a_supplier()).file_id
    data = OfferData(supplier_id=supplier.pk, file_ids=[stored])
    answers = committed_db.race(*[lambda: upload_offer(data=data, actor=make.ACTOR) for _ in range(6)])
    assert sorted(new for _offer, new in answers) == [False] * 5 + [True]
    assert len({offer.pk for offer, _new in answers}) == 1
    assert Offer.objects.filter(supplier=supplier).count() == 1


def test_a_result_delivered_and_worked_on_at_once_is_stored_once(committed_db):
    offer = make.uploaded(make.a_supplier())
    lines = [make.contract_line(number, f"Name {number}", "10") for number in range(1, 40)]
    body = json.dumps(make.result_for(offer.job_id, lines)).encode()
    delivered = committed_db.race(*[lambda: receive_result(body=body) for _ in range(5)])
    assert sorted(answer.duplicate for answer in delivered) == [False] + [True] * 4
    answers = committed_db.race(*[lambda: ingest_offer(offer.pk) for _ in range(4)])
    assert answers == [None] * 4
    offer.refresh_from_db()
    assert (offer.status, offer.lines.count(), offer.matched_count) == (OfferStatus.READY, 39, 0)


def test_two_people_deciding_on_one_name_leave_one_decision(committed_db):
    supplier = make.a_supplier()
    one, two = make.products("Zyxolan", "Qwertan")
    offers = [
        make.read_offer(supplier, [("Zyx q", "10")], scope="partial"),
        make.read_offer(supplier, [("zyx  q", "11")], scope="partial"),
    ]
    lines = [offer.lines.get().pk for offer in offers]
    pairs = [(lines[0], one.pk), (lines[1], two.pk), (lines[1], one.pk), (lines[0], two.pk)]

    def decide(line, product):
        return lambda: match_line(decision=Decision(line, product_id=product), actor=make.ACTOR)

    answers = committed_db.race(*[decide(line, product) for line, product in pairs])
    assert all(isinstance(answer, list) for answer in answers), answers
    alias = SupplierAlias.objects.get()
    assert set(OfferLine.objects.values_list("product_id", flat=True)) == {alias.product_id}


def test_cancelling_while_the_result_arrives_does_not_deadlock(committed_db):
    for _round in range(3):
        offer = make.uploaded(make.a_supplier())
        body = json.dumps(make.result_for(offer.job_id, [make.contract_line(1, "A", "1")])).encode()
        answers = committed_db.race(
            lambda offer=offer: cancel_offer(offer_id=offer.pk, actor=make.ACTOR),
            lambda body=body: receive_result(body=body),
            lambda offer=offer: store_result(offer_id=offer.pk),
        )
        assert not any(isinstance(answer, Exception) for answer in answers), answers
        offer.refresh_from_db()
        assert offer.status == OfferStatus.CANCELLED


@pytest.mark.parametrize("newest_first", [True, False])
def test_two_full_lists_finishing_at_once_leave_one_that_holds(committed_db, newest_first):
    supplier = make.a_supplier()
    offers = [make.uploaded(supplier) for _ in range(2)]
    for number, offer in enumerate(offers):
        body = json.dumps(
            make.result_for(offer.job_id, [make.contract_line(1, "A", str(number + 1))])
        ).encode()
        receive_result(body=body)
    order = offers[::-1] if newest_first else offers
    answers = committed_db.race(*[lambda offer=offer: ingest_offer(offer.pk) for offer in order])
    assert answers == [None, None]
    assert [Offer.objects.get(pk=offer.pk).status for offer in offers] == ["superseded", "ready"]
    assert [int(line.price) for line in OfferLine.objects.filter(is_current=True)] == [2]
