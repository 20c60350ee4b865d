"""The main job over the API, start to finish, as `make demo` tells it. No Django in it: a client like any other."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.money import ZERO, show_money
from reports.demo.client import Client, StepFailed

Say = Callable[[str], None]
_SHOWN = 5
#: The first day: products made of lines, with a typed monthly use, and noted in the shortage book.
_FIRST_PRODUCTS, _TYPED_USES, _MONTHLY_USE, _ASKED_FOR = 120, 25, 40, 5


@dataclass
class Story:
    """What happened, for people (``say``) and for machines (``steps``)."""

    say: Say
    steps: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, name: str, text: str, **facts: Any) -> None:
        self.steps.append({"step": name, **facts})
        self.say(f"{len(self.steps):2}. {text}")

    def detail(self, text: str) -> None:
        self.say(f"      {text}")


@dataclass(frozen=True)
class People:
    """Who takes part: the purchaser plans, the owner decides and pays."""

    purchaser: Client
    owner: Client


def main_job(people: People, *, offer: Path, supplier_id: int, story: Story) -> None:
    """Take the price list ``offer`` to received goods and balanced books; raises StepFailed."""
    before = _state(people.owner)
    story.tell("before", f"The pharmacy owns {_money(before)}", **before)
    uploaded = _upload(people.purchaser, offer, supplier_id, story)
    if people.owner.call("GET", "products/?limit=1")["count"]:
        _settle(people.purchaser, uploaded["id"], story)
    else:
        _first_day(people.purchaser, uploaded["id"], story)
    proposal = _propose(people.purchaser, story)
    orders = _decide(people, proposal, before, story)
    receipts = _receive(people.purchaser, orders, story)
    after = _state(people.owner)
    story.tell("after", f"The pharmacy owns {_money(after)}", **after)
    _check_books(people.owner, before, after, receipts, story)


def _state(owner: Client) -> dict[str, Any]:
    summary = owner.call("GET", "capital/summary/")
    valuation = owner.call("GET", "inventory/valuation/")
    return {"capital": summary, "stock_value": valuation["total_amount"]}


def _money(state: dict[str, Any]) -> str:
    capital = state["capital"]
    owed = Decimal(capital["payables"]) + Decimal(capital["grni"])
    return (
        f"stock worth {_shown(capital['stock'])} and cash {_shown(capital['cash'])} {capital['currency']}; "
        f"ordered {_shown(capital['committed'])}, owed {_shown(owed)}, "
        f"free to spend {_shown(capital['spendable'])}"
    )


def _shown(amount: Decimal | str | None) -> str:
    """As lists write it; a dash for what is not known."""
    return "-" if amount is None else show_money(Decimal(amount))


def _bonus(tiers: list[dict[str, Any]]) -> str:
    """As lists print it: 10+2."""
    return " or ".join(f"{tier['buy']}+{tier['free']}" for tier in tiers) or "none"


def _upload(purchaser: Client, path: Path, supplier_id: int, story: Story) -> dict[str, Any]:
    with path.open("rb") as file:
        offer = purchaser.call("POST", "offers/", files={"file": file}, data={"supplier": supplier_id})
    story.tell("upload", f"Uploaded {path.name}: offer {offer['id']} is {offer['status']}", offer=offer["id"])
    ended = ("ready", "review", "failed", "cancelled")
    offer = purchaser.wait_for(f"offers/{offer['id']}/", lambda found: found["status"] in ended)
    if offer["status"] not in ("ready", "review"):
        raise StepFailed(f"the offer ended as {offer['status']}: {offer['error']}")
    return offer


def _settle(purchaser: Client, offer_id: int, story: Story) -> None:
    """Look at what was read; settle what is unsure as a pharmacist would, by the first candidate."""
    lines = purchaser.every(f"offers/{offer_id}/lines/")
    by_status: dict[str, int] = {}
    for line in lines:
        status = line["match"]["status"]
        by_status[status] = by_status.get(status, 0) + 1
    counted = ", ".join(f"{count} {status}" for status, count in by_status.items())
    story.tell("read", f"Read {len(lines)} lines: {counted}", lines=len(lines), matches=by_status)
    for line in lines[:_SHOWN]:
        story.detail(
            f"{line['raw_name']}: {_shown(line['price'])}, bonus {_bonus(line['bonus'])}, "
            f"net {_shown(line['net_cost'])}"
        )
    unsure = [line for line in lines if line["match"]["status"] == "unsure" and line["match"]["candidates"]]
    for line in unsure[:_SHOWN]:
        product = line["match"]["candidates"][0]["product"]
        purchaser.call("POST", f"offer-lines/{line['id']}/match/", json={"product": product})
    offer = purchaser.call("GET", f"offers/{offer_id}/")
    if offer["status"] == "review":
        offer = purchaser.call("POST", f"offers/{offer_id}/confirm/", json={})
    story.tell("settle", f"Settled {len(unsure[:_SHOWN])} unsure lines; the offer is {offer['status']}")


def _first_day(purchaser: Client, offer_id: int, story: Story) -> None:
    """No catalogue and no history: make products of lines, say what a month needs, and what was asked for."""
    lines = purchaser.every(f"offers/{offer_id}/lines/")
    chosen = [line["id"] for line in lines[:_FIRST_PRODUCTS]]
    purchaser.call("POST", "offer-lines/create-products/", json={"lines": chosen})
    products = purchaser.every("products/")
    for product in products[:_TYPED_USES]:
        etag = purchaser.send("GET", f"products/{product['id']}/").headers["ETag"]
        body = {"monthly_use_qty": _MONTHLY_USE}
        purchaser.call("PATCH", f"products/{product['id']}/", json=body, headers={"If-Match": etag})
    for product in products[_TYPED_USES : _TYPED_USES + _ASKED_FOR]:
        purchaser.call("POST", "shortages/", json={"product": product["id"], "quantity": 3})
    story.tell(
        "first_day",
        f"Made {len(products)} products of the list's lines; typed the monthly use of {_TYPED_USES}, "
        f"noted {_ASKED_FOR} that customers asked for",
        products=len(products),
    )


def _propose(purchaser: Client, story: Story) -> dict[str, Any]:
    """Plan on every wholesaler's current list: the cheapest after bonus wins, line by line."""
    proposal = purchaser.call("POST", "proposals/", json={})
    path = f"proposals/{proposal['id']}/"
    proposal = purchaser.wait_for(path, lambda found: found["status"] != "generating")
    if proposal["status"] != "draft":
        raise StepFailed(f"the proposal is {proposal['status']}")
    lines = purchaser.every(f"{path}lines/")
    excluded = purchaser.every(f"{path}excluded/")
    total = sum((Decimal(line["amount"]) for line in lines), ZERO)
    story.tell(
        "propose",
        f"Proposed {len(lines)} lines for {_shown(total)}; left out {len(excluded)}, each with why",
        proposal=proposal["id"],
        lines=len(lines),
        excluded=len(excluded),
        total=str(total),
    )
    for line in lines[:_SHOWN]:
        story.detail(f"{line['product']['name']}: {line['paid_quantity']}+{line['free_quantity']}")
        story.detail(f"  {line['explanation']['text']}")
    if not lines:
        raise StepFailed("the proposal is empty")
    return {**proposal, "total": total}


def _decide(
    people: People, proposal: dict[str, Any], before: dict[str, Any], story: Story
) -> list[dict[str, Any]]:
    """Submit and approve; approving twice posts once, and nothing moved before."""
    path = f"proposals/{proposal['id']}/"
    if proposal["total"] > Decimal(before["capital"]["spendable"]):
        raise StepFailed("the proposal spends more than there is")
    people.purchaser.call("POST", f"{path}submit/", json={}, headers={"If-Match": "*"})
    if _state(people.owner) != before:
        raise StepFailed("something moved before approval")
    for _turn in range(2):
        key = {"Idempotency-Key": f"demo-approve-{proposal['id']}", "If-Match": "*"}
        people.owner.call("POST", f"{path}approve/", json={}, headers=key)
    committed = people.owner.call("GET", "capital/summary/")["committed"]
    orders = people.purchaser.every(f"purchase-orders/?proposal={proposal['id']}")
    story.tell(
        "approve",
        f"Approved twice, ordered once: {len(orders)} order(s), {_shown(committed)} now set aside",
        orders=[order["id"] for order in orders],
        committed=committed,
    )
    return orders


def _receive(purchaser: Client, orders: list[dict[str, Any]], story: Story) -> list[dict[str, Any]]:
    receipts = []
    for order in orders:
        detail = purchaser.call("GET", f"purchase-orders/{order['id']}/")
        expiry = (date.today() + timedelta(days=540)).isoformat()  # noqa: DTZ011 - the demo's own calendar
        lines = [
            {
                "line": line["id"],
                "batch_number": f"D{order['id']}-{line['id']}",
                "expiry": expiry,
                "paid_quantity": line["open_quantity"],
                "free_quantity": line["free_quantity"],
            }
            for line in detail["lines"]
        ]
        key = {"Idempotency-Key": f"demo-receive-{order['id']}", "If-Match": "*"}
        path = f"purchase-orders/{order['id']}/receive/"
        receipts.append(purchaser.call("POST", path, json={"lines": lines}, headers=key))
    numbers = [receipt["number"] for receipt in receipts]
    story.tell("receive", f"Received the goods: {', '.join(numbers)}", receipts=numbers)
    return receipts


def _check_books(
    owner: Client,
    before: dict[str, Any],
    after: dict[str, Any],
    receipts: list[dict[str, Any]],
    story: Story,
) -> None:
    trial = owner.call("GET", "capital/trial-balance/")
    debit, credit = Decimal(trial["debit"]), Decimal(trial["credit"])
    grown = Decimal(after["capital"]["stock"]) - Decimal(before["capital"]["stock"])
    if debit != credit:
        raise StepFailed(f"the books do not balance: {_shown(debit)} and {_shown(credit)}")
    if Decimal(after["stock_value"]) != Decimal(after["capital"]["stock"]):
        raise StepFailed("the stock and its account differ")
    if not receipts or grown <= 0:
        raise StepFailed("no stock came in")
    story.tell(
        "books",
        f"Stock grew by {_shown(grown)}; debits = credits = {_shown(debit)}; stock account = stock value",
        stock_grown=str(grown),
        debits=str(debit),
        credits=str(credit),
    )


def write_story(story: Story, path: Path) -> None:
    """``demo.json``: each step with its ids, counts and amounts."""
    path.write_text(json.dumps({"steps": story.steps}, indent=1, ensure_ascii=False), encoding="utf-8")
