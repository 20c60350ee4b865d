"""What each kind of alert says and who hears of it: the one table.

A text may name the alert's `params` in braces; what has a name of its own in Arabic stands beside it (`product_ar`). Whoever holds the permission is told; by e-mail too from the
severity `mail_from` on, unless the person's preferences say otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from core.language import listed
from core.templatetags.workbench import money
from notifications.enums import AlertKind, Severity


@dataclass(frozen=True)
class AlertText:
    """How a kind of alert reads, and the permission of those it concerns."""

    text: Promise
    permission: str
    mail_from: Severity = Severity.CRITICAL


CATALOGUE: dict[str, AlertText] = {
    AlertKind.LOW_STOCK: AlertText(
        _("{product} is running low: {available} left, {reorder_level} wanted"), "reports.view_reorder"
    ),
    AlertKind.EXPIRING: AlertText(
        _("{product}, batch {batch}: {quantity} expire on {expiry}"), "reports.view_expiring"
    ),
    AlertKind.EXPIRED: AlertText(
        _("{product}, batch {batch}: {quantity} expired on {expiry}"), "inventory.adjust_stock"
    ),
    AlertKind.STOCK_AT_RISK: AlertText(
        _("{batches} batches worth {amount} {currency} will not sell before they expire"),
        "reports.view_expiring",
    ),
    AlertKind.DEAD_STOCK: AlertText(
        _("{products} products worth {amount} {currency} have not sold for {days} days"), "reports.view_stock"
    ),
    AlertKind.JOB_FAILED: AlertText(
        _("{document} could not be read: {reason}"), "purchases.upload_offer", Severity.WARNING
    ),
    AlertKind.OFFER_FAILED: AlertText(
        _("Offer {offer} of {supplier} could not be read: {reason}"),
        "purchases.upload_offer",
        Severity.WARNING,
    ),
    AlertKind.IMPORT_FAILED: AlertText(_("The import {document} failed: {reason}"), "files.run_import"),
    AlertKind.OFFER_REVIEW: AlertText(
        _("The offer of {supplier} has {count} lines to be checked"), "purchases.match_line"
    ),
    AlertKind.PROPOSAL_WAITING: AlertText(
        _("Proposal {proposal} of {amount} {currency}, submitted by {submitted_by}, waits for a decision"),
        "purchases.approve_proposal",
        Severity.INFO,
    ),
    AlertKind.PRICE_JUMP: AlertText(
        _("Offer {offer} of {supplier}: {lines} prices jumped ({examples})"), "purchases.confirm_offer"
    ),
    AlertKind.STALE_OFFER: AlertText(
        _("The offer of {supplier} is {days} days old"), "purchases.upload_offer"
    ),
    AlertKind.FOUND_STOCK: AlertText(
        _("{quantity} of {product} were sold that the books did not show"), "inventory.adjust_stock"
    ),
    AlertKind.BONUS_MISSING: AlertText(
        _("{supplier} promised {promised} free of {product} and sent {received}"), "purchases.receive_goods"
    ),
    AlertKind.INVOICE_DUE: AlertText(
        _("Invoice {invoice} of {supplier}: {amount} {currency} are due on {due}"), "purchases.pay_supplier"
    ),
    AlertKind.ADJUSTMENT_WAITING: AlertText(
        _("Adjustment {adjustment} of {amount} {currency} ({note}), made by {made_by}, waits for a decision"),
        "inventory.approve_adjustment",
        Severity.INFO,
    ),
    AlertKind.ENTRY_WAITING: AlertText(
        _(
            "Manual entry {entry} of {amount} {currency} ({memo}), submitted by {submitted_by}, waits for a decision"
        ),
        "capital.approve_manual_entry",
        Severity.INFO,
    ),
    AlertKind.SALE_REFUSED: AlertText(
        _("Sales made at {till} during an outage were refused and are in no book yet: {count}"),
        "sales.settle_replay",
        Severity.WARNING,
    ),
    AlertKind.CASH_DIFFERENCE: AlertText(
        _("Shift {shift} at {till}, {who}: {difference} {currency} against the books"),
        "sales.view_expected_cash",
        Severity.WARNING,
    ),
    AlertKind.LEDGER_WRONG: AlertText(_("The ledgers do not agree: {detail}"), "core.view_auditevent"),
}
#: A kind that is not in the table: its title is what it says, to those who settle alerts.
FALLBACK = AlertText(_("Alert"), "notifications.resolve_alert")


def text_of(kind: str) -> AlertText:
    return CATALOGUE.get(kind, FALLBACK)


#: The params that are money, whatever decimals they were raised with.
_MONEY = {"amount", "difference"}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class _Gaps(dict[str, Any]):
    """A parameter that an alert was raised without reads as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def alert_text(kind: str, params: Mapping[str, Any], title: str = "") -> str:
    """The sentence, in the active language. `title` is the source text of a kind that the table does not have."""
    language = (get_language() or "")[:2]
    known = _Gaps(
        {name: _readable(name, params.get(f"{name}_{language}") or value) for name, value in params.items()}
    )
    source = str(CATALOGUE[kind].text) if kind in CATALOGUE else gettext(title) if title else kind
    return source.format_map(known)


def _readable(name: str, value: Any) -> str:
    """Lists with commas; amounts as the workbench writes them."""
    if isinstance(value, list):
        return listed(value)
    text = str(value)
    return money(Decimal(text)) if name in _MONEY and _NUMBER.fullmatch(text) else text
