"""Goods lent to and borrowed from a neighbour pharmacy: at cost, on the neighbour's own account in the books."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.selectors import find_entry, list_parties
from capital.services import EntryLine, post_entry, reverse_entry
from core.actors import Actor
from core.audit import audit_event, record_audit
from core.errors import FieldError
from core.inserting import insert_rows
from core.money import ZERO, round_money
from core.numbering import number_and_ids
from core.sources import Source
from core.transactions import lock_rows, require_transaction
from inventory.enums import LoanDirection, LoanStatus, MovementKind
from inventory.errors import AlreadyReversed, CannotReverse, DocumentMissing, LineInvalid
from inventory.models import StockLoan, StockLoanLine
from inventory.selectors.costs import last_unit_costs
from inventory.selectors.stock import batch_infos
from inventory.services.issuing import issue_stock
from inventory.services.lines import check_locations, in_base_units
from inventory.services.posting import Terms, posting_terms
from inventory.services.receiving import receive_stock
from inventory.services.reversing import reverse_movements
from inventory.types import IssueLine, LoanLine, PostedMovement, ReceiveLine

SOURCE_KIND = "stock_loan"


def lend_stock(
    *, party_id: int, location_id: int, lines: Sequence[LoanLine], actor: Actor, note: str = ""
) -> StockLoan:
    """Goods leave at what they cost us, and the neighbour owes them: debit goods lent, credit stock.

    Only what may be sold is lent, the first to expire first unless a batch is named. Raises LineInvalid,
    InsufficientStock.
    """
    loan, lines, terms = _begin(LoanDirection.LENT, party_id, location_id, lines, actor, note)
    posted = issue_stock(
        lines=[IssueLine(line.product_id, location_id, line.quantity, line.batch_id) for line in lines],
        source=_source(loan), kind=MovementKind.LOAN_OUT, actor=actor, business_date=terms.today,
    )  # fmt: skip
    return _write(loan, lines, posted, actor)


def borrow_stock(
    *, party_id: int, location_id: int, lines: Sequence[LoanLine], actor: Actor, note: str = ""
) -> StockLoan:
    """Goods enter at the value given, else at last cost, and we owe them: debit stock, credit goods borrowed.

    Raises LineInvalid, also for goods that have expired.
    """
    loan, lines, terms = _begin(LoanDirection.BORROWED, party_id, location_id, lines, actor, note)
    refuse_expired([(line.expiry, line.batch_id) for line in lines], terms)
    costs = last_unit_costs(line.product_id for line in lines if line.value_amount is None)
    posted = receive_stock(
        lines=[
            ReceiveLine(
                product_id=line.product_id,
                location_id=location_id,
                quantity=line.quantity,
                value_amount=(
                    line.value_amount
                    if line.value_amount is not None
                    else round_money(costs.get(line.product_id, ZERO) * line.quantity, terms.currency)
                ),
                batch_number=line.batch_number,
                expiry=line.expiry,
                batch_id=line.batch_id,
            )
            for line in lines
        ],
        source=_source(loan), kind=MovementKind.LOAN_IN, actor=actor, business_date=terms.today,
    )  # fmt: skip
    return _write(loan, lines, posted, actor)


def reverse_loan(*, loan_id: int, actor: Actor, reason: str = "") -> StockLoan:
    """Undo a loan exactly, as long as nothing of it was given back or paid for (reverse that first).

    Raises DocumentMissing, AlreadyReversed, CannotReverse.
    """
    loan = lock_loan(loan_id)
    if loan.status == LoanStatus.REVERSED:
        raise AlreadyReversed(number=loan.number)
    lines = list(loan.lines.order_by("line"))
    if any(line.open_qty != line.quantity for line in lines):
        raise CannotReverse(_("Some of it was given back or settled; reverse that first"))
    source, day = _source(loan), posting_terms().today
    undo = source.for_purpose("reversal")
    reverse_movements(original=source, source=undo, actor=actor, business_date=day)
    entry = find_entry(source=source)
    if entry is not None:
        reverse_entry(entry_id=entry.pk, source=undo, actor=actor, business_date=day, memo=reason)
    StockLoanLine.objects.filter(loan=loan).update(open_qty=0, open_amount=ZERO)
    loan.status = LoanStatus.REVERSED
    loan.save(update_fields=["status"])
    record_audit(
        action="inventory.reverse_loan", actor=actor, target_kind=SOURCE_KIND, target_id=loan.pk,
        summary=f"{loan.number} {reason}".strip(),
    )  # fmt: skip
    return loan


def lock_loan(loan_id: int) -> StockLoan:
    """The loan under its lock. Raises DocumentMissing."""
    require_transaction()
    loan = lock_rows(StockLoan.objects.filter(pk=loan_id)).first()
    if loan is None:
        raise DocumentMissing(loan=loan_id)
    return loan


def account_of(loan: StockLoan) -> AccountRole:
    """Where a loan stands in the books."""
    return AccountRole.GOODS_LENT if loan.direction == LoanDirection.LENT else AccountRole.GOODS_BORROWED


def refuse_expired(named: Sequence[tuple[date | None, int | None]], terms: Terms) -> None:
    """Goods that have gone bad are not taken in. ``named``: (expiry or None, batch id or None) of each line."""
    batches = batch_infos(batch_id for _expiry, batch_id in named if batch_id is not None)
    errors = []
    for number, (expiry, batch_id) in enumerate(named):
        known = batches.get(batch_id or 0)
        last = known.expiry if known is not None else expiry
        if last is not None and last < terms.today:
            errors.append(FieldError(f"lines[{number}].expiry", "expired", _("These goods have expired")))
    if errors:
        raise LineInvalid(errors=errors)


def _source(loan: StockLoan) -> Source:
    return Source(SOURCE_KIND, str(loan.pk))


def _begin(
    direction: LoanDirection,
    party_id: int,
    location_id: int,
    lines: Sequence[LoanLine],
    actor: Actor,
    note: str,
) -> tuple[StockLoan, list[LoanLine], Terms]:
    """The document, not yet written, with its lines in base units. Raises LineInvalid."""
    require_transaction()
    terms = posting_terms()
    check_locations([location_id], field="location")
    if not list_parties().filter(pk=party_id, merged_into=None).exists():
        raise LineInvalid(errors=[FieldError("party", "not_found", _("There is no such neighbour"))])
    ready = in_base_units(lines)
    number, ((pk,),) = number_and_ids("LOAN", terms.today.year, (StockLoan, 1))
    loan = StockLoan(
        pk=pk, number=number, direction=direction, party_id=party_id, location_id=location_id, note=note,
        business_date=terms.today, actor_id=actor.id, actor_name=actor.name,
    )  # fmt: skip
    return loan, [replace(line, batch_number=line.batch_number.strip()) for line in ready], terms


def _write(
    loan: StockLoan, lines: Sequence[LoanLine], posted: Sequence[PostedMovement], actor: Actor
) -> StockLoan:
    """The journal entry, the document and its lines, each at what its movements carried."""
    values = [ZERO] * len(lines)
    batches: list[set[int]] = [set() for _line in lines]
    for movement in posted:
        values[movement.line] += abs(movement.value_amount)
        batches[movement.line].add(movement.batch_id)
    loan.value_amount, loan.status = sum(values, Decimal(0)), LoanStatus.OPEN
    _post_books(loan, actor)
    event = audit_event(
        action=f"inventory.{loan.direction}_stock", actor=actor, target_kind=SOURCE_KIND, target_id=loan.pk,
        summary=loan.number, data={"party": loan.party_id, "value": str(loan.value_amount)},
    )  # fmt: skip
    rows = [
        StockLoanLine(
            loan=loan,
            line=number,
            product_id=line.product_id,
            batch_id=next(iter(batches[number])) if len(batches[number]) == 1 else None,
            quantity=line.quantity,
            open_qty=line.quantity,
            value_amount=values[number],
            open_amount=values[number],
        )
        for number, line in enumerate(lines)
    ]
    insert_rows([loan], rows, [event])
    return loan


def _post_books(loan: StockLoan, actor: Actor) -> None:
    if not loan.value_amount:
        return
    owed, amount = account_of(loan), loan.value_amount
    lent = loan.direction == LoanDirection.LENT
    sides = (
        [EntryLine(owed, debit=amount, party_id=loan.party_id), EntryLine(AccountRole.STOCK, credit=amount)]
        if lent
        else [
            EntryLine(AccountRole.STOCK, debit=amount),
            EntryLine(owed, credit=amount, party_id=loan.party_id),
        ]
    )
    post_entry(
        source=_source(loan), business_date=loan.business_date, lines=sides, memo=loan.number, actor=actor
    )
