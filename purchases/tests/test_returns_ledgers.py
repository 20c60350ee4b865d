"""Returns and the ledgers: two at once, and any order of what may happen to goods that go back."""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from capital.enums import AccountRole
from capital.selectors import account_balance
from core.actors import SYSTEM
from core.errors import DomainError
from purchases.enums import CreditNoteKind, ReturnReason
from purchases.errors import InvalidReturnLines
from purchases.models import ReturnSettlement, Supplier, SupplierReturn, SupplierReturnLine
from purchases.services import (
    CreditLine,
    CreditNoteData,
    ExchangeRow,
    ReturnData,
    ReturnRow,
    create_return,
    exchange_return,
    post_credit_note,
    refuse_return,
    reverse_credit_note,
    reverse_return,
    send_return,
)
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests import returning as back
from purchases.tests.returning import delivered, on_hand


def drafted(supplier, batch, quantity):
    row = ReturnRow(batch.pk, batch.stock.get().location_id, quantity, ReturnReason.DAMAGE)
    return create_return(data=ReturnData(supplier.pk, [row]), actor=SYSTEM)


def test_two_returns_of_one_batch_at_once_never_give_back_more_than_was_delivered(committed_db):
    buy.money()
    supplier = make.a_supplier()
    (product,) = make.products("Cardiline 5 mg")
    batch = delivered(supplier, product, 4, batch="A")
    delivered(make.a_supplier(), product, 40, batch="A")  # the stock is there: only the delivery bounds it
    drafts = [drafted(supplier, batch, 30) for _one in range(4)]
    answers = committed_db.race(
        *[lambda pk=one.pk: send_return(return_id=pk, actor=SYSTEM) for one in drafts]
    )
    assert sum(isinstance(answer, SupplierReturn) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidReturnLines) for answer in answers) == 3
    assert on_hand(batch) == 440 - 30
    assert back.due() == 300
    buy.books_agree()


def test_one_return_is_settled_once_whoever_is_faster(committed_db):
    buy.money()
    supplier = make.a_supplier()
    (product,) = make.products("Cardiline 5 mg")
    batch = delivered(supplier, product, 4, batch="A")
    sent = send_return(return_id=drafted(supplier, batch, 40).pk, actor=SYSTEM)
    line = sent.lines.get()

    def credit(number):
        data = CreditNoteData(
            supplier.pk, CreditNoteKind.RETURN, f"CN-{number}", [CreditLine(Decimal(300), line.pk)]
        )
        return lambda: post_credit_note(data=data, actor=SYSTEM)

    answers = committed_db.race(
        credit(1),
        credit(2),
        lambda: refuse_return(return_id=sent.pk, reason="no", actor=SYSTEM),
        lambda: reverse_return(return_id=sent.pk, reason="no", actor=SYSTEM),
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert all(isinstance(answer, DomainError) for answer in answers if isinstance(answer, Exception)), (
        answers
    )
    assert back.due() == 0
    buy.books_agree()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["draft", "send", "credit", "uncredit", "exchange", "refuse", "reverse"]),
        st.integers(0, 5),
        st.integers(1, 60),
    ),
    min_size=4,
    max_size=14,
)


@pytest.mark.django_db
@given(
    steps=STEPS, cost=st.sampled_from(["33.33", "100", "0.07"]), share=st.sampled_from(["100", "66.67", "0"])
)
@settings(max_examples=12, deadline=None)
def test_whatever_happens_the_books_hold_what_the_documents_say(steps, cost, share):
    with transaction.atomic():
        supplier, batch = _world(cost, share)
        notes = []
        for verb, which, quantity in steps:
            try:
                with transaction.atomic():
                    _step(verb, which, quantity, supplier, batch, notes)
            except DomainError:
                continue
            _agree(supplier)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_an_exchange_for_more_than_the_goods_had_cost_leaves_a_receipt_that_the_journal_knows():
    """Two deliveries at two costs, one average: the dearer supplier owes more for its goods than they carry."""
    supplier, batch = _world("100", "100")
    _step("draft", 1, 11, supplier, batch, [])
    _step("send", 0, 0, supplier, batch, [])
    variance = account_balance(AccountRole.PRICE_VARIANCE)
    _step("exchange", 0, 9, supplier, batch, [])
    assert account_balance(AccountRole.PRICE_VARIANCE) > variance
    _agree(supplier)


def _world(cost, share):
    buy.money()
    supplier = make.a_supplier()
    back.terms(supplier, credit_percent=Decimal(share))
    (product,) = make.products(f"Cardiline {Supplier.objects.count()}")
    batch = delivered(supplier, product, 9, 2, batch="A", cost=cost)
    delivered(make.a_supplier(), product, 3, batch="A", cost="17.77")
    return supplier, back.aged(batch)


def _step(verb, which, quantity, supplier, batch, notes):
    returns = list(SupplierReturn.objects.order_by("pk"))
    chosen = returns[which % len(returns)] if returns else None
    if verb == "draft" or chosen is None:
        reason = ReturnReason.EXPIRY if which % 2 else ReturnReason.DAMAGE
        row = ReturnRow(batch.pk, batch.stock.get().location_id, quantity, reason)
        create_return(data=ReturnData(supplier.pk, [row]), actor=SYSTEM)
        return
    line = chosen.lines.get()
    if verb == "send":
        send_return(return_id=chosen.pk, actor=SYSTEM)
    elif verb == "credit":
        reference = f"CN-{len(notes)}"
        lines = [CreditLine(Decimal(quantity), line.pk, quantity)]
        data = CreditNoteData(supplier.pk, CreditNoteKind.RETURN, reference, lines, Decimal(which))
        notes.append(post_credit_note(data=data, actor=SYSTEM))
    elif verb == "uncredit" and notes:
        reverse_credit_note(credit_note_id=notes[which % len(notes)].pk, reason="x", actor=SYSTEM)
    elif verb == "exchange":
        row = ExchangeRow(line.pk, quantity, f"N{quantity}", make.days(300 + quantity))
        exchange_return(return_id=chosen.pk, rows=[row], actor=SYSTEM)
    elif verb == "refuse":
        refuse_return(return_id=chosen.pk, reason="x", quantities={line.pk: quantity}, actor=SYSTEM)
    elif verb == "reverse":
        reverse_return(return_id=chosen.pk, reason="x", actor=SYSTEM)


def _agree(supplier):
    """What the ledgers' own checks say; what is due = sent lines less what was cleared."""
    buy.books_agree()
    gone = SupplierReturnLine.objects.filter(supplier_return__status__in=("sent", "settled"))
    expected = sum(gone.values_list("expected_amount", flat=True))
    cleared = sum(ReturnSettlement.objects.values_list("cleared_amount", flat=True))
    assert account_balance(AccountRole.RETURNS_DUE) == expected - cleared
    for line in gone:
        settled = sum(line.settlements.values_list("quantity", flat=True))
        assert 0 <= settled <= line.quantity
        if settled == line.quantity:
            assert sum(line.settlements.values_list("cleared_amount", flat=True)) == line.expected_amount
