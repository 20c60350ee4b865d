"""Lists handed in over the API, watched, settled, confirmed, cancelled."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from purchases.enums import OfferStatus
from purchases.models import Offer
from purchases.tests import factories as make
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
OFFERS = "/api/v1/offers/"
BUYERS = ["owner", "pharmacist", "purchaser"]
READERS = [*BUYERS, "accountant", "auditor"]


@pytest.fixture
def buyer():
    return client_for("purchaser")


def hand_in(client, supplier, content=None, **fields):
    upload = SimpleUploadedFile("list.pdf", content or make.pdf().read(), content_type="text/plain")
    return client.post(OFFERS, {"file": upload, "supplier": supplier.pk, **fields}, format="multipart")


def test_handing_in_answers_202_with_its_job(buyer):
    supplier = make.a_supplier()
    response = hand_in(buyer, supplier, valid_until="2099-01-01", scope="partial")
    assert response.status_code == 202, response.content
    body = response.json()
    assert (body["status"], body["progress"], body["error"]) == ("reading", {"done": 0, "total": 0}, None)
    assert body["job"]
    assert body["supplier"] == {"id": supplier.pk, "name": supplier.name}
    assert (body["scope"], body["valid_until"]) == ("partial", "2099-01-01")
    assert response["Location"] == f"{OFFERS}{body['id']}/"
    assert buyer.get(response["Location"]).json()["number"] == body["number"]


def test_the_same_bytes_for_the_same_supplier_answer_the_live_offer(buyer):
    one, other = make.a_supplier(), make.a_supplier()
    content = make.pdf().read()
    first = hand_in(buyer, one, content)
    again = hand_in(buyer, one, content)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert hand_in(buyer, other, content).status_code == 202
    buyer.post(f"{OFFERS}{first.json()['id']}/cancel/", {})
    assert hand_in(buyer, one, content).status_code == 202
    assert Offer.objects.count() == 3


def test_a_stored_file_may_be_named_instead(buyer):
    supplier = make.a_supplier()
    stored = str(make.uploaded(supplier).file_id)
    other = make.a_supplier()
    response = buyer.post(OFFERS, {"file_id": stored, "supplier": other.pk}, format="json")
    assert response.status_code == 202, response.content
    assert response.json()["file"] == stored


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"scope": "half"}, "scope"),
        ({"valid_until": "2026-02-30"}, "valid_until"),
        ({"valid_from": "2026-05-01", "valid_until": "2026-04-01"}, "valid_until"),
        ({"currency": "dollar"}, "currency"),
        ({"price_factor": "0"}, "price_factor"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_makes_no_sense_is_refused_and_stores_nothing(buyer, fields, field):
    response = hand_in(buyer, make.a_supplier(), **fields)
    assert response.status_code == 400, response.content
    assert field in [error["field"] for error in response.json()["errors"]]
    assert not Offer.objects.exists()


def test_a_supplier_is_needed_for_an_offer_and_refused_for_a_notice(buyer):
    upload = SimpleUploadedFile("list.pdf", make.pdf().read())
    assert buyer.post(OFFERS, {"file": upload}, format="multipart").json()["code"] == "supplier_required"
    response = hand_in(buyer, make.a_supplier(), kind="price_notice")
    assert response.json()["code"] == "supplier_required"
    upload = SimpleUploadedFile("notice.pdf", make.pdf().read())
    response = buyer.post(OFFERS, {"file": upload, "kind": "price_notice"}, format="multipart")
    assert response.status_code == 202
    assert response.json()["supplier"] is None


def test_neither_file_nor_id_nor_rubbish(buyer):
    supplier = make.a_supplier()
    assert buyer.post(OFFERS, {"supplier": supplier.pk}, format="json").status_code == 400
    response = hand_in(buyer, supplier, b"MZ this is no document")
    assert 400 <= response.status_code < 500
    response = buyer.post(
        OFFERS, {"supplier": supplier.pk, "file_id": "00000000-0000-0000-0000-000000000000"}, format="json"
    )
    assert response.status_code == 404
    assert not Offer.objects.exists()


def test_an_inactive_supplier_sells_nothing(buyer):
    supplier = make.a_supplier(is_active=False)
    response = hand_in(buyer, supplier)
    assert (response.status_code, response.json()["code"]) == (409, "supplier_inactive")


def test_a_poll_that_knows_costs_a_304(buyer):
    offer = make.read_offer(make.a_supplier(), [("Norimox", "10")])
    first = buyer.get(f"{OFFERS}{offer.pk}/")
    assert first.json()["status"] == "ready"
    again = buyer.get(f"{OFFERS}{offer.pk}/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    line = offer.lines.get()
    buyer.post(f"/api/v1/offer-lines/{line.pk}/match/", {"product": make.products("Norimox")[0].pk})
    assert buyer.get(f"{OFFERS}{offer.pk}/", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_failed_reading_says_why(buyer):
    error = {"code": "encrypted", "message": "The document has a password", "retryable": False}
    offer = make.engine_answers(make.uploaded(make.a_supplier()), [], status="failed", error=error)
    body = buyer.get(f"{OFFERS}{offer.pk}/").json()
    assert body["status"] == "failed"
    assert body["error"]["code"] == "encrypted"
    assert "password" in body["error"]["message"]


def test_lines_show_what_was_printed_and_what_it_means(buyer):
    offer = make.read_offer(
        make.a_supplier(),
        [
            make.contract_line(
                1, "نوراميد", "3093.26", bonus=[(10, 2), (20, 5)], section="شركة النور", discount=["25", "5"],
                conditions=["register_required"], expiry="2027-03", confidence=0.97,
            ),
            make.contract_line(2, "نوراسيد", "100"),
        ],
    )  # fmt: skip
    body = buyer.get(f"{OFFERS}{offer.pk}/lines/").json()
    assert body["count"] == 2
    line = body["results"][0]
    assert line["raw_name"] == "نوراميد"
    assert line["section"] == "شركة النور"
    assert (line["price"], line["discount"], line["net_cost"]) == ("3093.26", ["25", "5"], "1763.1582")
    assert [(tier["buy"], tier["free"]) for tier in line["bonus"]] == [(10, 2), (20, 5)]
    assert line["conditions"] == ["register_required"]
    assert line["expiry"] == "2027-03-31"
    assert line["match"] == {"status": "unmatched", "method": "", "score": None, "candidates": []}
    assert line["product"] is None
    filtered = buyer.get(f"{OFFERS}{offer.pk}/lines/", {"search": "نوراسيد"}).json()
    assert [row["raw_name"] for row in filtered["results"]] == ["نوراسيد"]


def test_lines_export_as_files(buyer):
    offer = make.read_offer(make.a_supplier(), [("Norimox", "10")])
    for kind in ("csv", "xlsx"):
        for path, params in (
            ("/api/v1/offer-lines/", {"offer": offer.pk}),
            (f"{OFFERS}{offer.pk}/lines/", {}),
        ):
            response = buyer.get(path, params | {"format": kind})
            assert response.status_code == 200, response.content
            assert response["Content-Disposition"].endswith(f'.{kind}"')


def test_an_edit_needs_the_version_it_was_made_on(buyer):
    offer = make.read_offer(make.a_supplier(), [("Norimox", "10")])
    url = f"{OFFERS}{offer.pk}/"
    etag = buyer.get(url)["ETag"]
    assert buyer.patch(url, {"price_factor": "100"}).status_code == 428
    assert buyer.patch(url, {"price_factor": "100"}, headers={"If-Match": '"1-1"'}).status_code == 412
    offer.refresh_from_db()
    assert offer.price_factor == 1
    response = buyer.patch(url, {"price_factor": "100"}, headers={"If-Match": etag})
    assert response.status_code == 200, response.content
    assert response.json()["price_factor"] == "100"
    assert response["ETag"] != etag
    assert buyer.get(f"{url}lines/").json()["results"][0]["net_cost"] == "1000.00"


def test_confirm_and_cancel(buyer):
    supplier = make.a_supplier()
    offer = make.read_offer(supplier, [("Norimox", "10")], status="partial", missing_pages=[3])
    body = buyer.get(f"{OFFERS}{offer.pk}/").json()
    assert body["status"] == "review"
    assert [(reason["code"], reason["params"]) for reason in body["review_reasons"]] == [
        ("partial_reading", {"pages": [3]})
    ]
    response = buyer.post(f"{OFFERS}{offer.pk}/confirm/")
    assert (response.status_code, response.json()["status"]) == (200, "ready")
    response = buyer.post(f"{OFFERS}{offer.pk}/cancel/", {"reason": "wrong supplier"})
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    response = buyer.post(f"{OFFERS}{offer.pk}/confirm/")
    assert (response.status_code, response.json()["code"]) == (409, "offer_state_conflict")


def test_changes_against_the_previous_list(buyer):
    supplier = make.a_supplier()
    make.read_offer(supplier, [("Alpha", "10"), ("Beta", "10"), ("Gamma", "10", [(10, 1)]), ("Delta", "10")])
    offer = make.read_offer(
        supplier, [("Alpha", "12"), ("Beta", "9"), ("Gamma", "10", [(10, 2)]), ("Epsilon", "1")]
    )
    rows = buyer.get(f"{OFFERS}{offer.pk}/changes/").json()["results"]
    assert {row["raw_name"]: (row["change"], row["percent"]) for row in rows} == {
        "Alpha": ("dearer", "20"),
        "Beta": ("cheaper", "-10"),
        "Gamma": ("bonus_changed", None),
        "Epsilon": ("new", None),
        "Delta": ("gone", None),
    }
    gone = buyer.get(f"{OFFERS}{offer.pk}/changes/", {"change": "gone"}).json()
    assert [row["raw_name"] for row in gone["results"]] == ["Delta"]


def test_lists_are_found_by_number_supplier_and_state(buyer):
    one = make.read_offer(make.a_supplier(name="مستودع الأمل"), [("Norimox", "10")])
    make.uploaded(make.a_supplier(name="Other"))
    for params in (
        {"search": "امل"},
        {"search": one.number},
        {"status": "ready"},
        {"supplier": one.supplier_id},
    ):
        assert [row["id"] for row in buyer.get(OFFERS, params).json()["results"]] == [one.pk], params


def test_one_upload_key_makes_one_offer(buyer):
    supplier = make.a_supplier()
    body = {"file_id": str(make.uploaded(make.a_supplier()).file_id), "supplier": supplier.pk}
    answers = [
        buyer.post(OFFERS, body, format="json", headers={"Idempotency-Key": "k1"}) for _attempt in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert Offer.objects.filter(supplier=supplier).count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_pages_cost_the_same_for_one_and_three(buyer, django_assert_num_queries, count):
    for _number in range(count):
        make.uploaded(make.a_supplier())
    with django_assert_num_queries(5):
        assert len(buyer.get(OFFERS).json()["results"]) == count


@pytest.mark.parametrize("count", [1, 3])
def test_lines_cost_the_same_for_one_and_three(buyer, django_assert_num_queries, count):
    offer = make.read_offer(make.a_supplier(), [(f"Name {number}", "10") for number in range(count)])
    with django_assert_num_queries(6):
        assert len(buyer.get(f"{OFFERS}{offer.pk}/lines/").json()["results"]) == count


def test_who_may():
    offer = make.read_offer(make.a_supplier(), [("Norimox", "10")])
    url = f"{OFFERS}{offer.pk}/"
    for path in (OFFERS, url, f"{url}lines/", f"{url}changes/"):
        roles_refused("get", path, allowed=READERS)
        assert client_for("auditor").get(path).status_code == 200
    for path in (OFFERS, f"{url}confirm/", f"{url}cancel/"):
        roles_refused("post", path, {}, allowed=BUYERS)
    roles_refused("patch", url, {}, allowed=BUYERS)
    offer.refresh_from_db()
    assert offer.status == OfferStatus.READY
