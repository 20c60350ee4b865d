"""A loan comes to its end: goods given back (in part, another batch, another cost), or the rest paid for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.selectors import default_account, default_tax_terms, find_entry
from capital.services import EntryLine, check_funds, check_limit, lock_capital, post_entry, reverse_entry
from capital.tax import TaxTerms, split_tax
from core.actors import Actor
from core.audit import audit_event, record_audit
from core.errors import FieldError, InvalidInput
from core.inserting import insert_rows
from core.money import ZERO, round_money
from core.numbering import number_and_ids
from core.sources import Source
from core.transactions import lock_rows
from inventory.enums import (
    DocumentStatus,
    LoanDirection,
    LoanSettlementKind,
    LoanStatus,
    MovementKind,
    SettlementMethod,
)
from inventory.errors import AlreadyReversed, DocumentMissing, DocumentState, LineInvalid
from inventory.models import StockLoan, StockLoanLine, StockLoanSettlement, StockLoanSettlementLine
from inventory.services.issuing import issue_stock
from inventory.services.loans import account_of, lock_loan, refuse_expired
from inventory.services.posting import check_quantities, posting_terms
from inventory.services.receiving import receive_stock
from inventory.services.reversing import reverse_movements
from inventory.types import IssueLine, LoanBackLine, PostedMovement, ReceiveLine
from users.enums import TaxRegime
from users.selectors import get_organization

SOURCE_KIND = "stock_loan_settlement"
_PAID_FROM = {
    SettlementMethod.CASH: AccountRole.CASH,
    SettlementMethod.BANK: AccountRole.BANK,
}


@dataclass(frozen=True)
class _Share:
    """So much of a loan line comes to its end; ``relieved`` is the share of the line's open value."""

    number: int
    given: LoanBackLine
    line: StockLoanLine
    relieved: Decimal


def return_loan(
    *, loan_id: int, lines: Sequence[LoanBackLine], actor: Actor, note: str = "", reason: str = ""
) -> StockLoanSettlement:
    """Goods of a loan go back where they came from, in part or whole, of any batch.

    Each line takes its share of the loan's value off the neighbour's account (the last unit the rest). Goods that come
    back carry that share unless their value is given; goods that we give back leave at what they carry. The difference
    goes to price variance, and needs ``reason`` when somebody typed the value; what comes back worth less is within the
    actor's approval limit. Raises LineInvalid, InsufficientStock, ApprovalLimitExceeded.
    """
    loan, shares = _begin(loan_id, lines)
    _check_reason(shares, reason)
    settlement = _document(loan, LoanSettlementKind.GOODS, actor, note, reason)
    posted = (
        _goods_in(loan, shares, settlement, actor)
        if _is_lent(loan)
        else _goods_out(loan, shares, settlement, actor)
    )
    values = [ZERO] * len(shares)
    batches: list[set[int]] = [set() for _share in shares]
    for movement in posted:
        values[movement.line] += abs(movement.value_amount)
        batches[movement.line].add(movement.batch_id)
    settlement.value_amount = sum(values, ZERO)
    relieved, moved = _relieved(settlement, shares), settlement.value_amount
    owed = account_of(loan)
    if _is_lent(loan):
        sides = [EntryLine(AccountRole.STOCK, debit=moved), _owed(loan, owed, credit=relieved)]
    else:
        sides = [_owed(loan, owed, debit=relieved), EntryLine(AccountRole.STOCK, credit=moved)]
    gap = relieved - moved if _is_lent(loan) else moved - relieved
    if _is_lent(loan):
        check_limit(amount=gap, actor=actor)
    sides.append(_signed(AccountRole.PRICE_VARIANCE, gap))
    return _write(loan, settlement, shares, sides, values, batches, actor)


def pay_loan(
    *,
    loan_id: int,
    lines: Sequence[LoanBackLine],
    method: SettlementMethod,
    actor: Actor,
    note: str = "",
    reason: str = "",
    tax_rate: Decimal | None = None,
) -> StockLoanSettlement:
    """The rest of a loan becomes a sale (of what we lent) or a purchase (of what we borrowed), for ``value_amount`` a line.

    Lent: revenue, output tax and cost of goods. Borrowed: input tax, and what the price differs from the loan's value goes
    to price variance; no more is paid than the account holds. On account it stands as a receivable or payable of the
    neighbour. Prices hold the tax or not as the regime has it; ``tax_rate`` (per cent) where it is not the usual one.
    What is given up by it (sold below the loan's value, bought above it) needs ``reason``, within the actor's approval
    limit. Raises LineInvalid, InvalidInput, NotEnoughCash, ApprovalLimitExceeded.
    """
    loan, shares = _begin(loan_id, lines)
    settlement = _document(loan, LoanSettlementKind.MONEY, actor, note, reason)
    terms, currency = _tax_terms(tax_rate, settlement.business_date), posting_terms().currency
    prices = [split_tax(_price(share, currency), terms, currency) for share in shares]
    settlement.method = method
    settlement.value_amount = sum((price.gross for price in prices), ZERO)
    settlement.tax_amount = sum((price.tax for price in prices), ZERO)
    relieved = _relieved(settlement, shares)
    _check_given_up(loan, settlement, actor)
    sides = _sale(loan, settlement, relieved) if _is_lent(loan) else _purchase(loan, settlement, relieved)
    values = [price.gross for price in prices]
    return _write(loan, settlement, shares, sides, values, [set() for _share in shares], actor)


def _tax_terms(rate: Decimal | None, on: date) -> TaxTerms:
    """Raises InvalidInput for a rate that cannot be, or any where the regime knows no tax."""
    usual = default_tax_terms(on)
    if rate is None:
        return usual
    most = 0 if get_organization().tax_regime == TaxRegime.NONE else 100
    if not 0 <= rate <= most:
        detail = _("A rate lies between 0 and %(most)d per cent here.") % {"most": most}
        raise InvalidInput(errors=[FieldError("tax_rate", "range", detail)])
    return TaxTerms(rate=rate, included=usual.included)


def _sale(loan: StockLoan, settlement: StockLoanSettlement, relieved: Decimal) -> list[EntryLine]:
    paid, tax = settlement.value_amount, settlement.tax_amount
    return [
        _money(loan, settlement.method, AccountRole.RECEIVABLE, debit=paid),
        EntryLine(AccountRole.REVENUE, credit=paid - tax),
        EntryLine(AccountRole.OUTPUT_TAX, credit=tax),
        EntryLine(AccountRole.COGS, debit=relieved),
        _owed(loan, account_of(loan), credit=relieved),
    ]


def _purchase(loan: StockLoan, settlement: StockLoanSettlement, relieved: Decimal) -> list[EntryLine]:
    paid, tax = settlement.value_amount, settlement.tax_amount
    if settlement.method != SettlementMethod.ACCOUNT and paid:
        lock_capital()
        account = default_account(_PAID_FROM[SettlementMethod(settlement.method)])
        check_funds(account=account, amount=paid)
    return [
        _owed(loan, account_of(loan), debit=relieved),
        EntryLine(AccountRole.INPUT_TAX, debit=tax),
        _money(loan, settlement.method, AccountRole.PAYABLE, credit=paid),
        _signed(AccountRole.PRICE_VARIANCE, paid - tax - relieved),
    ]


def reverse_loan_settlement(
    *, loan_id: int, settlement_id: int, actor: Actor, reason: str = ""
) -> StockLoanSettlement:
    """Undo a settlement exactly, in stock and books; the loan is open again by as much.

    Raises DocumentMissing, AlreadyReversed, CannotReverse.
    """
    loan = lock_loan(loan_id)
    settlement = lock_rows(StockLoanSettlement.objects.filter(loan=loan, pk=settlement_id)).first()
    if settlement is None:
        raise DocumentMissing(settlement=settlement_id)
    if settlement.status == DocumentStatus.REVERSED:
        raise AlreadyReversed(number=settlement.number)
    source, day = Source(SOURCE_KIND, str(settlement.pk)), posting_terms().today
    undo = source.for_purpose("reversal")
    reverse_movements(original=source, source=undo, actor=actor, business_date=day)
    entry = find_entry(source=source)
    if entry is not None:
        reverse_entry(entry_id=entry.pk, source=undo, actor=actor, business_date=day, memo=reason)
    lines = {line.pk: line for line in lock_rows(StockLoanLine.objects.filter(loan=loan))}
    for part in settlement.lines.order_by("line"):
        line = lines[part.loan_line_id]
        line.open_qty += part.quantity
        line.open_amount += part.relieved_amount
    _store_open(loan, list(lines.values()))
    settlement.status = DocumentStatus.REVERSED
    settlement.save(update_fields=["status"])
    record_audit(
        action="inventory.reverse_loan_settlement", actor=actor, target_kind=SOURCE_KIND,
        target_id=settlement.pk, summary=f"{settlement.number} {reason}".strip(),
    )  # fmt: skip
    return settlement


def _relieved(settlement: StockLoanSettlement, shares: Sequence[_Share]) -> Decimal:
    """Set and answer what the shares take off the loan."""
    relieved = sum((share.relieved for share in shares), ZERO)
    settlement.relieved_amount = relieved
    return relieved


def _begin(loan_id: int, lines: Sequence[LoanBackLine]) -> tuple[StockLoan, list[_Share]]:
    """The loan and its lines under lock, what is settled taken off them. Raises DocumentState, LineInvalid."""
    loan = lock_loan(loan_id)
    if loan.status != LoanStatus.OPEN:
        raise DocumentState(number=loan.number, status=loan.status)
    check_quantities(line.quantity for line in lines)
    currency = posting_terms().currency
    open_lines = {line.pk: line for line in lock_rows(StockLoanLine.objects.filter(loan=loan))}
    errors, shares, seen = [], [], set()
    for number, given in enumerate(lines):
        line, where = open_lines.get(given.loan_line_id), f"lines[{number}]"
        key = (given.loan_line_id, given.batch_id, given.batch_number, given.expiry)
        if line is None:
            errors.append(FieldError(f"{where}.line", "not_found", _("There is no such line in this loan")))
        elif key in seen:
            errors.append(FieldError(where, "duplicate", _("This line is there twice")))
        elif given.quantity > line.open_qty:
            still = _("Only %(open)d of it are still open") % {"open": line.open_qty}
            errors.append(FieldError(f"{where}.quantity", "more_than_open", still))
        elif given.value_amount is not None and given.value_amount != round_money(
            given.value_amount, currency
        ):
            detail = _("Has more decimals than money")
            errors.append(FieldError(f"{where}.value_amount", "not_rounded", detail))
        else:
            shares.append(_Share(number, given, line, _relieve(line, given.quantity, currency)))
        seen.add(key)
    if errors or not lines:
        raise LineInvalid(errors=errors or [FieldError("lines", "required", _("There is nothing to post"))])
    return loan, shares


def _relieve(line: StockLoanLine, quantity: int, currency: str) -> Decimal:
    """Take ``quantity`` off what is open of a line; answers the value that goes with it, the last unit's is the rest."""
    value = (
        line.open_amount
        if quantity == line.open_qty
        else round_money(line.open_amount * quantity / line.open_qty, currency)
    )
    line.open_qty -= quantity
    line.open_amount -= value
    return value


def _check_reason(shares: Sequence[_Share], reason: str) -> None:
    differs = any(share.given.value_amount not in (None, share.relieved) for share in shares)
    if differs and not reason.strip():
        detail = _("Say why the goods that come back are worth more or less")
        raise LineInvalid(errors=[FieldError("reason", "required", detail)])


def _check_given_up(loan: StockLoan, settlement: StockLoanSettlement, actor: Actor) -> None:
    """A price at which we lose is a write-off by another name."""
    gained = settlement.value_amount - settlement.relieved_amount
    given_up = -gained if _is_lent(loan) else gained - settlement.tax_amount
    if given_up > 0:
        if not settlement.reason.strip():
            detail = _("Say why they are settled at a loss")
            raise LineInvalid(errors=[FieldError("reason", "required", detail)])
        check_limit(amount=given_up, actor=actor)


def _price(share: _Share, currency: str) -> Decimal:
    """What was agreed for a line; without it, what the loan stands at."""
    value = share.given.value_amount
    return share.relieved if value is None else round_money(value, currency)


def _is_lent(loan: StockLoan) -> bool:
    return loan.direction == LoanDirection.LENT


def _goods_in(
    loan: StockLoan, shares: Sequence[_Share], settlement: StockLoanSettlement, actor: Actor
) -> list[PostedMovement]:
    """What we lent comes back: the batch that is named, else the one that was lent, else the unknown one."""
    lines = []
    for share in shares:
        given, line = share.given, share.line
        names = bool(given.batch_number.strip() or given.expiry)
        lines.append(
            ReceiveLine(
                product_id=line.product_id,
                location_id=loan.location_id,
                quantity=given.quantity,
                value_amount=share.relieved if given.value_amount is None else given.value_amount,
                batch_number=given.batch_number,
                expiry=given.expiry,
                batch_id=given.batch_id or (None if names else line.batch_id),
            )
        )
    refuse_expired([(line.expiry, line.batch_id) for line in lines], posting_terms())
    return receive_stock(
        lines=lines, source=Source(SOURCE_KIND, str(settlement.pk)), kind=MovementKind.LOAN_RETURN, actor=actor,
        business_date=settlement.business_date,
    )  # fmt: skip


def _goods_out(
    loan: StockLoan, shares: Sequence[_Share], settlement: StockLoanSettlement, actor: Actor
) -> list[PostedMovement]:
    lines = [
        IssueLine(share.line.product_id, loan.location_id, share.given.quantity, share.given.batch_id)
        for share in shares
    ]
    return issue_stock(
        lines=lines, source=Source(SOURCE_KIND, str(settlement.pk)), kind=MovementKind.LOAN_RETURN, actor=actor,
        business_date=settlement.business_date,
    )  # fmt: skip


def _owed(
    loan: StockLoan, account: AccountRole, *, debit: Decimal = ZERO, credit: Decimal = ZERO
) -> EntryLine:
    return EntryLine(account, debit=debit, credit=credit, party_id=loan.party_id)


def _money(
    loan: StockLoan,
    method: str,
    on_account: AccountRole,
    *,
    debit: Decimal = ZERO,
    credit: Decimal = ZERO,
) -> EntryLine:
    if method == SettlementMethod.ACCOUNT:
        return _owed(loan, on_account, debit=debit, credit=credit)
    return EntryLine(_PAID_FROM[SettlementMethod(method)], debit=debit, credit=credit)


def _signed(account: AccountRole, amount: Decimal) -> EntryLine:
    """A debit of ``amount``, or a credit where it is below zero."""
    return EntryLine(account, debit=max(amount, ZERO), credit=max(-amount, ZERO))


def _document(
    loan: StockLoan, kind: LoanSettlementKind, actor: Actor, note: str, reason: str
) -> StockLoanSettlement:
    day = posting_terms().today
    number, ((pk,),) = number_and_ids("LNS", day.year, (StockLoanSettlement, 1))
    return StockLoanSettlement(
        pk=pk, number=number, loan=loan, kind=kind, note=note, reason=reason, business_date=day,
        actor_id=actor.id, actor_name=actor.name, status=DocumentStatus.POSTED,
    )  # fmt: skip


def _write(
    loan: StockLoan,
    settlement: StockLoanSettlement,
    shares: Sequence[_Share],
    sides: Sequence[EntryLine],
    values: Sequence[Decimal],
    batches: Sequence[set[int]],
    actor: Actor,
) -> StockLoanSettlement:
    if any(side.debit or side.credit for side in sides):
        post_entry(
            source=Source(SOURCE_KIND, str(settlement.pk)), business_date=settlement.business_date,
            lines=sides, memo=f"{loan.number} {settlement.number}", actor=actor,
        )  # fmt: skip
    rows = [
        StockLoanSettlementLine(
            settlement=settlement,
            line=share.number,
            loan_line=share.line,
            batch_id=next(iter(batches[share.number])) if len(batches[share.number]) == 1 else None,
            quantity=share.given.quantity,
            relieved_amount=share.relieved,
            value_amount=values[share.number],
        )
        for share in shares
    ]
    event = audit_event(
        action=f"inventory.loan_{settlement.kind}", actor=actor, target_kind=SOURCE_KIND,
        target_id=settlement.pk, summary=f"{loan.number} {settlement.number}",
        data={"off_the_loan": str(settlement.relieved_amount), "value": str(settlement.value_amount)},
    )  # fmt: skip
    insert_rows([settlement], rows, [event])
    _store_open(loan, list({share.line.pk: share.line for share in shares}.values()))
    return settlement


def _store_open(loan: StockLoan, lines: Sequence[StockLoanLine]) -> None:
    """Write what is open of ``lines`` and whether the loan is."""
    StockLoanLine.objects.bulk_update(lines, ["open_qty", "open_amount"])
    still = StockLoanLine.objects.filter(loan=loan, open_qty__gt=0).exists()
    loan.status = LoanStatus.OPEN if still else LoanStatus.CLOSED
    loan.save(update_fields=["status"])
