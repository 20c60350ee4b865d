"""Proposals over the API: made, read, edited, decided on. What is refused changes nothing."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from capital.models import Commitment
from capital.selectors import open_commitments
from core.api.etags import etag_for
from core.models import AuditEvent
from notifications.models import Alert
from purchases.enums import OfferStatus, ProposalStatus
from purchases.models import Offer, Proposal, ProposalLine, PurchaseOrder
from purchases.services import create_proposal, generate_proposal, sweep_proposals
from purchases.services.proposal_generation import ProposalData
from purchases.tests import buying as buy
from purchases.tests import factories as make
from rbac.models import Role
from rbac.tests.factories import client_for, roles_refused
from sales.services.history import save_history
from sales.services.shortages import record_shortage
from sales.types import HistoryData
from users.models import Organization

pytestmark = pytest.mark.django_db
PROPOSALS = "/api/v1/proposals/"
BUYERS = ["owner", "pharmacist", "purchaser"]
DESK = ["owner", "pharmacist"]
READERS = [*BUYERS, "accountant", "auditor"]
D = Decimal
NAMES = ("Cardiline 5 mg 30 tab", "Gastrozol 40 mg 14 cap", "Broncovit syrup 100 ml")


@pytest.fixture
def boss():
    return client_for("pharmacist")


@pytest.fixture
def world():
    """Money, three products below their minimum, two suppliers; the second is dearer on the first product."""
    buy.money("100000")
    products = buy.wanted(*NAMES)
    first, _ = buy.offered([(NAMES[0], "1000", [(5, 1)]), (NAMES[1], "500")], name="Nile Drugs")
    second, _ = buy.offered([(NAMES[0], "1100"), (NAMES[2], "300")], name="Delta Pharma")
    return products, first, second


def draft(**data):
    return buy.proposed(**data)


def url(proposal, *parts):
    return f"{PROPOSALS}{proposal.pk}/" + "".join(f"{part}/" for part in parts)


def etag(client, proposal):
    return client.get(url(proposal))["ETag"]


def post(client, proposal, verb, data=None, **headers):
    """A decision on the proposal as it is now, unless another version is named."""
    headers.setdefault("If-Match", etag_for(Proposal.objects.get(pk=proposal.pk)))
    return client.post(url(proposal, verb), data or {}, format="json", headers=headers or None)


def nothing_committed():
    return not PurchaseOrder.objects.exists() and open_commitments() == 0


# --- generating -------------------------------------------------------------------------------------


def test_asking_answers_202_and_a_task_makes_the_draft(boss, world):
    response = boss.post(PROPOSALS, {}, format="json")
    assert response.status_code == 202, response.content
    body = response.json()
    assert body["status"] == "generating"
    assert response["Location"] == f"{PROPOSALS}{body['id']}/"
    generate_proposal(proposal_id=body["id"])
    generate_proposal(proposal_id=body["id"])  # delivered twice
    body = boss.get(response["Location"]).json()
    assert body["status"] == "draft"
    assert body["totals"] == {
        "goods": "9800.00", "fees": "0.00", "total": "9800.00", "spendable": "100000.00", "lines": 3, "excluded": 0,
    }  # fmt: skip
    assert body["progress"]["done"] == body["progress"]["total"] > 0


def test_lines_say_what_where_how_many_and_why(boss, world):
    products, first, _second = world
    proposal = draft()
    rows = boss.get(url(proposal, "lines")).json()["results"]
    line = next(row for row in rows if row["product"]["id"] == products[0].pk)
    assert line["supplier"] == {"id": first.pk, "name": "Nile Drugs"}
    assert (line["paid_quantity"], line["free_quantity"], line["amount"]) == (5, 1, "5000.00")
    assert line["unit"]["name"] == "box"
    assert line["bonus"] == [{"buy": 5, "free": 1}]
    assert line["breaks"] == {"down": None, "up": {"paid_quantity": 10, "free_quantity": 2}}
    assert line["explanation"]["code"] == "below_minimum"
    assert "cheaper after bonus than Delta Pharma" in line["explanation"]["text"]
    assert line["inputs"]["formula"]
    assert line["inputs"]["minimum"] == 30
    assert line["supplier_name"] == NAMES[0]


def test_what_was_left_out_is_listed_with_why(boss, world):
    (lonely,) = buy.wanted("Zentalor 250 mg susp")
    proposal = draft()
    rows = boss.get(url(proposal, "excluded")).json()["results"]
    assert [(row["product"]["id"], row["reason"]["code"]) for row in rows] == [(lonely.pk, "no_offer")]
    assert rows[0]["reason"]["text"] == "Nobody offers it at the moment."


def test_an_empty_plan_is_a_draft_with_reasons(boss):
    buy.money("100000")
    buy.wanted(NAMES[0])
    proposal = draft()
    assert proposal.status == ProposalStatus.DRAFT
    assert (proposal.line_count, proposal.excluded_count) == (0, 1)
    assert post(boss, proposal, "submit").json()["code"] == "proposal_empty"


def test_a_plan_never_spends_more_than_spendable_or_budget(boss, world):
    assert draft(budget=D(6000)).total_amount <= 6000
    Organization.objects.update(capital_reserve=D(96000))
    assert 0 < draft().total_amount <= 4000


def test_named_offers_narrow_the_plan(boss, world):
    _products, _first, second = world
    offer = Offer.objects.get(supplier=second)
    response = boss.post(PROPOSALS, {"offers": [offer.pk]}, format="json")
    generate_proposal(proposal_id=response.json()["id"])
    suppliers = set(ProposalLine.objects.values_list("supplier_id", flat=True))
    assert suppliers == {second.pk}


@pytest.mark.parametrize(
    "body",
    [{"offers": [999999]}, {"budget": "-1"}, {"policy": "spend_all"}, {"colour": "red"}, {"budget": "NaN"}],
)
def test_what_makes_no_sense_is_refused(boss, body):
    response = boss.post(PROPOSALS, body, format="json")
    assert response.status_code == 400, response.content
    assert not Proposal.objects.exists()


def test_a_failed_generation_says_so(boss, world, monkeypatch):
    def broken(_proposal):
        raise RuntimeError("no figures")

    proposal = create_proposal(data=ProposalData(), actor=make.ACTOR)
    monkeypatch.setattr("purchases.services.proposal_generation.gather", broken)
    with pytest.raises(RuntimeError):
        generate_proposal(proposal_id=proposal.pk)
    body = boss.get(url(proposal)).json()
    assert (body["status"], body["error"]["code"]) == ("failed", "internal")


def test_a_lost_generation_is_started_again_and_given_up_in_the_end(world):
    proposal = create_proposal(data=ProposalData(), actor=make.ACTOR)
    assert sweep_proposals() == 0
    Proposal.objects.update(created_at=timezone.now() - timezone.timedelta(minutes=5))
    assert sweep_proposals() == 1
    Proposal.objects.update(created_at=timezone.now() - timezone.timedelta(hours=1))
    sweep_proposals()
    proposal.refresh_from_db()
    assert (proposal.status, proposal.error_code) == (ProposalStatus.FAILED, "timeout")


# --- editing ----------------------------------------------------------------------------------------


def test_an_edit_needs_the_version_and_answers_new_totals(boss, world):
    proposal = draft()
    line = proposal.lines.get(supplier_name=NAMES[0], paid_qty=5)
    target = url(proposal, "lines", line.pk)
    assert boss.patch(target, {"paid_quantity": 10}, format="json").status_code == 428
    tag = etag(boss, proposal)
    response = boss.patch(target, {"paid_quantity": 10}, format="json", headers={"If-Match": tag})
    assert response.status_code == 200, response.content
    body = response.json()
    assert (body["line"]["paid_quantity"], body["line"]["free_quantity"]) == (10, 2)
    assert body["totals"]["total"] == "14800.00"
    assert "the plan said 5" in body["line"]["explanation"]["text"]
    assert response["ETag"] != tag
    stale = boss.patch(target, {"paid_quantity": 1}, format="json", headers={"If-Match": tag})
    assert stale.status_code == 412
    line.refresh_from_db()
    assert line.paid_qty == 10


def test_lines_are_taken_out_and_added(boss, world):
    proposal = draft()
    line = proposal.lines.get(supplier_name=NAMES[1])
    gone = boss.delete(url(proposal, "lines", line.pk), headers={"If-Match": etag(boss, proposal)})
    assert (gone.status_code, gone.json()["line"]) == (200, None)
    assert gone.json()["totals"]["lines"] == 2
    body = {"offer_line": line.offer_line_id, "paid_quantity": 2}
    back = boss.post(url(proposal, "lines"), body, format="json", headers={"If-Match": gone["ETag"]})
    assert back.status_code == 201, back.content
    assert back.json()["line"]["explanation"]["code"] == "by_hand"
    assert back.json()["totals"]["goods"] == "7800.00"
    twice = boss.post(url(proposal, "lines"), body, format="json", headers={"If-Match": back["ETag"]})
    assert twice.status_code == 400


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "many", None, 10**12])
def test_a_quantity_is_a_whole_number_of_units(boss, world, quantity):
    proposal = draft()
    line = proposal.lines.first()
    response = boss.patch(
        url(proposal, "lines", line.pk),
        {"paid_quantity": quantity},
        format="json",
        headers={"If-Match": etag(boss, proposal)},
    )
    assert response.status_code == 400, response.content
    assert ProposalLine.objects.get(pk=line.pk).paid_qty == line.paid_qty


def test_only_a_draft_is_edited(boss, world):
    proposal = draft()
    line = proposal.lines.first()
    post(boss, proposal, "submit")
    response = boss.patch(
        url(proposal, "lines", line.pk),
        {"paid_quantity": 9},
        format="json",
        headers={"If-Match": etag(boss, proposal)},
    )
    assert (response.status_code, response.json()["code"]) == (409, "proposal_state_conflict")


# --- deciding ---------------------------------------------------------------------------------------


def test_submitted_waits_recalled_is_a_draft_again(boss, world):
    proposal = draft()
    assert post(boss, proposal, "submit").json()["status"] == "submitted"
    assert Alert.objects.filter(kind="proposal_waiting", status="open").count() == 1
    assert post(boss, proposal, "recall").json()["status"] == "draft"
    assert not Alert.objects.filter(kind="proposal_waiting", status="open").exists()


def test_approval_makes_one_order_a_supplier_and_commits(boss, world):
    proposal = draft()
    assert nothing_committed()
    response = post(boss, proposal, "approve")
    assert response.status_code == 200, response.content
    body = response.json()
    assert body["status"] == "approved"
    assert [order["supplier"]["name"] for order in body["orders"]] == ["Nile Drugs", "Delta Pharma"]
    assert open_commitments() == 9800
    assert buy.spendable() == 90200
    assert AuditEvent.objects.filter(action="purchases.approve_proposal").count() == 1
    again = post(boss, proposal, "approve")
    assert (again.status_code, again.json()["code"]) == (409, "proposal_state_conflict")
    assert PurchaseOrder.objects.count() == 2


def test_the_same_key_approves_once_and_answers_the_same(boss, world):
    proposal = draft()
    first = post(boss, proposal, "approve", **{"Idempotency-Key": "k1"})
    second = post(boss, proposal, "approve", **{"Idempotency-Key": "k1"})
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert open_commitments() == 9800


def test_a_rejection_says_why_is_final_and_is_copied(boss, world):
    proposal = draft()
    post(boss, proposal, "submit")
    assert post(boss, proposal, "reject", {"reason": "  "}).status_code == 400
    assert post(boss, proposal, "reject", {"reason": "too much"}).json()["reason"] == "too much"
    assert post(boss, proposal, "approve").status_code == 409
    assert post(boss, proposal, "recall").status_code == 409
    copy = post(boss, proposal, "copy")
    assert copy.status_code == 201, copy.content
    assert (copy.json()["status"], copy.json()["copied_from"]) == ("draft", proposal.pk)
    assert copy.json()["totals"]["total"] == "9800.00"
    assert nothing_committed()


def test_cancelled_before_a_decision_only(boss, world):
    proposal = draft()
    assert post(boss, proposal, "cancel").json()["status"] == "cancelled"
    other = draft()
    post(boss, other, "approve")
    assert post(boss, other, "cancel").status_code == 409


def test_more_than_may_be_spent_is_not_approved(boss, world):
    proposal = draft()
    Organization.objects.update(capital_reserve=D(95000))
    response = post(boss, proposal, "approve")
    assert (response.status_code, response.json()["code"]) == (409, "insufficient_capital")
    assert D(response.json()["params"]["spendable"]) == 5000
    assert nothing_committed()
    assert Proposal.objects.get(pk=proposal.pk).status == ProposalStatus.DRAFT


def test_an_offer_that_ended_is_not_bought_from(boss, world):
    proposal = draft()
    Offer.objects.filter(supplier__name="Nile Drugs").update(status=OfferStatus.EXPIRED)
    response = post(boss, proposal, "approve")
    assert (response.status_code, response.json()["code"]) == (409, "offer_no_longer_valid")
    assert len(response.json()["params"]["lines"]) == 2
    assert nothing_committed()


def test_what_was_ordered_since_is_not_bought_twice(boss, world):
    products, _first, _second = world
    one, two = draft(), draft()
    post(boss, one, "approve")
    response = post(boss, two, "approve")
    assert (response.status_code, response.json()["code"]) == (409, "plan_is_stale")
    named = {row["product"]: row["ordered_since"] for row in response.json()["params"]["lines"]}
    assert named == {products[0].pk: "60", products[1].pk: "60", products[2].pk: "60"} or named == {
        products[0].pk: 60, products[1].pk: 60, products[2].pk: 60,
    }  # fmt: skip
    assert PurchaseOrder.objects.count() == 2
    for line in two.lines.all():  # a person looks at each and wants it all the same
        boss.patch(
            url(two, "lines", line.pk),
            {"paid_quantity": 1},
            format="json",
            headers={"If-Match": etag(boss, two)},
        )
    assert post(boss, two, "approve").status_code == 200


def test_the_approvers_limit_counts(boss, world):
    proposal = draft()
    Role.objects.filter(code="pharmacist").update(approval_limit=D(9799))
    response = post(boss, proposal, "approve")
    assert (response.status_code, response.json()["code"]) == (403, "approval_limit_exceeded")
    assert nothing_committed()
    Role.objects.filter(code="pharmacist").update(approval_limit=D(9800))
    assert post(boss, proposal, "approve").status_code == 200


def test_two_persons_where_the_pharmacy_asks_for_them(boss, world):
    Organization.objects.update(two_person_approval=True)
    response = boss.post(PROPOSALS, {}, format="json")
    generate_proposal(proposal_id=response.json()["id"])
    proposal = Proposal.objects.get()
    refused = post(boss, proposal, "approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "two_person_rule")
    other = client_for("pharmacist")
    line = proposal.lines.first()
    other.patch(
        url(proposal, "lines", line.pk),
        {"paid_quantity": 3},
        format="json",
        headers={"If-Match": etag(other, proposal)},
    )
    assert post(other, proposal, "approve").status_code == 403
    assert nothing_committed()
    assert post(client_for("owner"), proposal, "approve").status_code == 200


def test_credit_counts_at_its_own_supplier_where_the_policy_says_so(boss):
    buy.money("1000")
    buy.wanted(NAMES[0], NAMES[2])
    one, _ = buy.offered([(NAMES[0], "1000")], name="Nile Drugs", credit_limit_amount=D(50000))
    two, _ = buy.offered([(NAMES[2], "900")], name="Delta Pharma")
    assert draft().total_amount <= 1000
    Organization.objects.update(spending_policy="cash_and_credit")
    proposal = draft()
    bought = {line.supplier_id: line.amount for line in proposal.lines.all()}
    assert bought[one.pk] == 6000
    assert bought.get(two.pk, 0) <= 1000
    assert draft(policy="cash_only").total_amount <= 1000
    assert post(boss, proposal, "approve").status_code == 200


def test_an_approval_is_checked_against_the_version_it_names(boss, world):
    proposal = draft()
    old = etag(boss, proposal)
    line = proposal.lines.first()
    boss.patch(
        url(proposal, "lines", line.pk), {"paid_quantity": 4}, format="json", headers={"If-Match": old}
    )
    assert post(boss, proposal, "approve", **{"If-Match": old}).status_code == 412
    for verb in ("submit", "approve"):
        assert boss.post(url(proposal, verb), {}, format="json").status_code == 428
    assert nothing_committed()


# --- access and cost --------------------------------------------------------------------------------


def test_who_may_do_what(world):
    proposal = draft()
    line = proposal.lines.first()
    roles_refused("get", PROPOSALS, allowed=READERS)
    roles_refused("get", url(proposal), allowed=READERS)
    roles_refused("get", url(proposal, "lines"), allowed=READERS)
    roles_refused("get", url(proposal, "excluded"), allowed=READERS)
    roles_refused("post", PROPOSALS, {}, allowed=BUYERS)
    for verb in ("submit", "recall", "cancel", "copy"):
        roles_refused("post", url(proposal, verb), {}, allowed=BUYERS)
    for verb in ("approve", "reject"):
        roles_refused("post", url(proposal, verb), {"reason": "no"}, allowed=DESK)
    roles_refused("post", url(proposal, "lines"), {}, allowed=BUYERS)
    roles_refused("patch", url(proposal, "lines", line.pk), {"paid_quantity": 1}, allowed=BUYERS)
    roles_refused("delete", url(proposal, "lines", line.pk), allowed=BUYERS)
    proposal.refresh_from_db()
    assert proposal.status == ProposalStatus.DRAFT


def test_what_is_not_there_is_404(boss):
    for path in ("999999/", "999999/lines/", "999999/excluded/"):
        assert boss.get(f"{PROPOSALS}{path}").status_code == 404
    any_version = {"If-Match": "*"}
    missing = boss.post(f"{PROPOSALS}999999/approve/", {}, format="json", headers=any_version)
    assert missing.status_code == 404


def test_lists_cost_the_same_for_one_and_three(boss, world):
    def queries(path):
        with CaptureQueriesContext(connection) as caught:
            assert boss.get(path).status_code == 200
        return len(caught)

    one, three = draft(budget=D(5000)), draft()
    assert (one.line_count, three.line_count) == (1, 3)
    queries(url(one, "lines"))
    assert queries(url(one, "lines")) == queries(url(three, "lines"))
    first = queries(PROPOSALS)
    draft()
    assert queries(PROPOSALS) == first


def test_lists_export(boss, world):
    proposal = draft()
    response = boss.get(f"{PROPOSALS}?format=csv")
    assert response.status_code == 200
    assert proposal.number in response.content.decode()


def test_the_source_of_a_commitment_is_its_order(boss, world):
    post(boss, draft(), "approve")
    sources = {(row.source_kind, row.source_id) for row in Commitment.objects.all()}
    assert sources == {("purchase_order", str(order.pk)) for order in PurchaseOrder.objects.all()}


def test_imported_sales_history_is_demand(boss):
    buy.money("100000")
    (product,) = make.products(NAMES[0])
    with transaction.atomic():
        save_history(
            rows=[
                HistoryData(product_id=product.pk, sale_date=make.days(-7 * week), quantity=35, span_days=7)
                for week in range(1, 20)
            ],
            actor=make.ACTOR,
        )
    buy.offered([(NAMES[0], "1000")])
    line = draft().lines.get()
    assert line.explanation[0]["code"] == "covers_weeks"
    assert line.inputs["demand_source"] == "sales"
    assert D(line.inputs["daily_demand"]) == pytest.approx(D(5), rel=D("0.1"))
    assert 4 <= line.paid_qty <= 7  # 8 days at 5 a day is four boxes of ten, and some for chance


def test_a_shortage_is_a_must_buy(boss):
    buy.money("100000")
    (product,) = make.products(NAMES[0])
    record_shortage(
        product_id=product.pk, quantity=2, unit_id=product.units.get(name="box").pk, actor=make.ACTOR
    )
    buy.offered([(NAMES[0], "1000")])
    line = draft().lines.get()
    assert line.paid_qty >= 2
    assert (
        "2 were asked for and not had"
        in boss.get(url(line.proposal, "lines")).json()["results"][0]["explanation"]["text"]
    )
