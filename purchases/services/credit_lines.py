"""What the lines of a credit note are for, checked and locked: return lines, claims, goods with a corrected price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError
from core.transactions import lock_rows
from purchases.enums import (
    ClaimKind,
    CreditNoteStatus,
    InvoiceStatus,
    ReceiptStatus,
    ReturnStatus,
    Settlement,
)
from purchases.errors import ClaimStateConflict, InvalidReturnLines
from purchases.models import (
    OPEN_CLAIMS,
    GoodsReceiptLine,
    Supplier,
    SupplierClaim,
    SupplierCreditNote,
    SupplierCreditNoteLine,
    SupplierReturnLine,
    SupplierReturnPart,
)
from purchases.selectors.returns import GONE
from purchases.services.claim_settling import credit_claims
from purchases.services.credit_sources import credit_source
from purchases.services.open_items import family_of
from purchases.services.price_shares import PriceChange
from purchases.services.return_settling import open_lines, part_of, settle, settle_status
from purchases.services.returns import lock_returns

__all__ = ["CreditLine", "Credited", "claim_lines", "paid_for", "price_lines", "return_lines"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class CreditLine:
    """`amount` (net) for `quantity` base units of a return line (None: all that is open), a claim, or received goods."""

    amount: Decimal
    return_line_id: int | None = None
    quantity: int | None = None
    claim_id: int | None = None
    receipt_line_id: int | None = None


@dataclass
class Credited:
    """What a note's net amount is against: `due` of sent returns, `bonus` owed, `prices` of goods; the rest is variance.

    `settle` writes what became of returns and claims, once the note has its id.
    """

    due: Decimal = ZERO
    bonus: Decimal = ZERO
    prices: Sequence[PriceChange] = field(default_factory=list)
    settle: Callable[[SupplierCreditNote], None] = lambda _note: None


def _refuse(errors: Sequence[FieldError]) -> None:
    if errors:
        raise InvalidReturnLines(errors=errors)


def _named(lines: Sequence[CreditLine], name: str) -> dict[int, tuple[int, CreditLine]]:
    """Place and line by what each names. Raises InvalidReturnLines for one that names nothing, or the same twice."""
    found: dict[int, tuple[int, CreditLine]] = {}
    errors = []
    label = name.removesuffix("_id")
    for place, line in enumerate(lines):
        named = [one for one in ("return_line_id", "claim_id", "receipt_line_id") if getattr(line, one)]
        pk = getattr(line, name)
        if named != [name]:
            errors.append(FieldError(f"lines[{place}].{label}", "required", _("Name what is credited")))
        elif pk in found:
            errors.append(FieldError(f"lines[{place}]", "duplicate", _("This line is there twice")))
        else:
            found[pk] = (place, line)
    _refuse(errors)
    return found


def return_lines(supplier: Supplier, lines: Sequence[CreditLine], actor: Actor) -> Credited:
    """Parts of sent returns. Locks the returns. Raises InvalidReturnLines, ReturnStateConflict."""
    named = _named(lines, "return_line_id")
    owners = dict(
        SupplierReturnLine.objects.filter(
            pk__in=named, supplier_return__supplier__in=family_of(supplier)
        ).values_list("pk", "supplier_return_id")
    )
    _refuse([
        FieldError(f"lines[{place}].return_line", "not_found", _("This supplier has no such return line"))
        for pk, (place, _line) in named.items()
        if pk not in owners
    ])  # fmt: skip
    returns = lock_returns(owners.values(), ReturnStatus.SENT)
    opened = open_lines([one.pk for one in returns])
    errors, parts = [], []
    for pk, (place, line) in named.items():
        quantity = opened[pk].open_qty if line.quantity is None else line.quantity
        if not 0 < quantity <= opened[pk].open_qty:
            detail = _("Only %(open)d of it are still open") % {"open": opened[pk].open_qty}
            errors.append(FieldError(f"lines[{place}].quantity", "more_than_open", detail))
            continue
        currency = opened[pk].line.supplier_return.currency
        parts.append(part_of(opened[pk], quantity, currency, granted=line.amount))
    _refuse(errors)

    def finish(note: SupplierCreditNote) -> None:
        from_note = credit_source(note)
        settle(parts, Settlement.CREDITED, source=from_note, note=note.reference, actor=actor)
        settle_status(returns, opened, actor)

    return Credited(due=sum((part.cleared for part in parts), ZERO), settle=finish)


def claim_lines(supplier: Supplier, lines: Sequence[CreditLine], actor: Actor) -> Credited:
    """Claims that the supplier grants in money. Locks them. Raises InvalidReturnLines, ClaimStateConflict."""
    named = _named(lines, "claim_id")
    claims = lock_rows(SupplierClaim.objects.filter(pk__in=named, supplier__in=family_of(supplier))).in_bulk()
    _refuse([
        FieldError(f"lines[{place}].claim", "not_found", _("This supplier has no such claim"))
        for pk, (place, _line) in named.items()
        if pk not in claims
    ])  # fmt: skip
    for claim in claims.values():
        if claim.status not in OPEN_CLAIMS:
            raise ClaimStateConflict(claim=claim.pk, status=claim.status)
    amounts = {pk: line.amount for pk, (_place, line) in named.items()}
    bonus = sum((amounts[pk] for pk, claim in claims.items() if claim.kind == ClaimKind.LATE_BONUS), ZERO)
    return Credited(
        bonus=bonus, settle=lambda note: credit_claims(list(claims.values()), amounts, note=note, actor=actor)
    )


def price_lines(supplier: Supplier, lines: Sequence[CreditLine], actor: Actor) -> Credited:
    """Received goods that cost less than booked: stock for the share on hand. Raises InvalidReturnLines."""
    named = _named(lines, "receipt_line_id")
    paid = paid_for(named, supplier)
    errors = []
    for pk, (place, line) in named.items():
        if pk not in paid:
            detail = _("This supplier delivered no such line")
            errors.append(FieldError(f"lines[{place}].receipt_line", "not_found", detail))
        elif line.amount > paid[pk]:
            detail = _("More than was paid for these goods")
            errors.append(FieldError(f"lines[{place}].amount", "more_than_paid", detail))
    _refuse(errors)
    return Credited(prices=[PriceChange(pk, -line.amount) for pk, (_place, line) in named.items()])


def paid_for(receipt_lines: Iterable[int], supplier: Supplier) -> dict[int, Decimal]:
    """Receipt line -> what it cost, with what invoices asked more, less what was granted already, whatever the name of it:
    credit notes on the price, goods that went back, claims. Under the supplier's lock.
    """
    posted = Q(invoice_lines__invoice__status=InvoiceStatus.POSTED)
    rows = GoodsReceiptLine.objects.filter(
        pk__in=receipt_lines, receipt__supplier__in=family_of(supplier), receipt__status=ReceiptStatus.POSTED
    ).annotate(more=Sum("invoice_lines__difference_amount", filter=posted, default=ZERO))
    paid = {pk: amount + more for pk, amount, more in rows.values_list("pk", "amount", "more")}
    before = SupplierCreditNoteLine.objects.filter(
        receipt_line__in=paid, credit_note__status=CreditNoteStatus.POSTED
    )
    claimed = SupplierClaim.objects.filter(receipt_line__in=paid).exclude(kind=ClaimKind.LATE_BONUS)
    granted = [
        *before.values_list("receipt_line_id", "amount"),
        *claimed.values_list("receipt_line_id", "credited_amount"),
        *_sent_back(paid),
    ]
    for pk, amount in granted:
        paid[pk or 0] -= amount
    return paid


def _sent_back(receipt_lines: Iterable[int]) -> list[tuple[int, Decimal]]:
    """(receipt line, what was paid for goods of it that went back and were not refused)."""
    parts = SupplierReturnPart.objects.filter(
        receipt_batch__line__in=receipt_lines, line__supplier_return__status__in=GONE
    )
    rows = parts.values_list("receipt_batch__line_id", "cost_amount", "quantity", "refused_qty")
    return [(pk, cost * (quantity - refused) / quantity) for pk, cost, quantity, refused in rows]
