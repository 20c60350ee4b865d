"""What is left of each delivery when goods of one batch are one mixture."""

from decimal import Decimal

import pytest

from inventory.enums import MovementKind as Kind
from inventory.mixture import Moved, left_of

D = Decimal


def ledger(*rows):
    """(quantity, kind) and what else a movement says; ids count from 1, batch 1 at place 1 unless told otherwise."""
    usual = {"batch_id": 1, "location_id": 1, "value_amount": D(0), "source_kind": "doc", "source_id": "1",
             "line": 0, "part": 0, "reversal_of": None, "returned_from": None}  # fmt: skip
    return [
        Moved(id=pk, quantity=quantity, kind=kind, **usual | more)
        for pk, (quantity, kind, more) in enumerate(rows, start=1)
    ]


def receipt(quantity, **more):
    return (quantity, Kind.RECEIPT, more)


def sale(quantity, **more):
    return (-quantity, Kind.SALE, more)


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ([receipt(100), sale(100), receipt(100)], {3: {(1, 1): D(100)}}),
        ([receipt(100), receipt(300), sale(100)], {1: {(1, 1): D(75)}, 2: {(1, 1): D(225)}}),
        (  # what comes back is what went
            [receipt(100), sale(50), receipt(50), (25, Kind.CUSTOMER_RETURN, {"returned_from": 2})],
            {1: {(1, 1): D(75)}, 3: {(1, 1): D(50)}},
        ),
        (  # a sale taken back
            [receipt(100), sale(40), (40, Kind.REVERSAL, {"reversal_of": 2})],
            {1: {(1, 1): D(100)}},
        ),
        (  # to another place
            [receipt(100), receipt(100), (-50, Kind.TRANSFER_OUT, {}), (50, Kind.TRANSFER_IN, {"location_id": 2})],
            {1: {(1, 1): D(75), (1, 2): D(25)}, 2: {(1, 1): D(75), (1, 2): D(25)}},
        ),
        (  # into the batch of the product that stays
            [receipt(100), receipt(60, batch_id=2), sale(50), (-50, Kind.MERGE, {}), (50, Kind.MERGE, {"batch_id": 2}),
             sale(55, batch_id=2)],
            {1: {(2, 1): D(25)}, 2: {(2, 1): D(30)}},
        ),
        (  # a delivery taken back after it was mixed: never more of the other than there is
            [receipt(100), receipt(100), sale(50), (-100, Kind.REVERSAL, {"reversal_of": 2})],
            {1: {(1, 1): D(50)}},
        ),
    ],
)  # fmt: skip
def test_what_leaves_takes_its_share_of_every_delivery_along(rows, left):
    wanted = {pk for pk, row in enumerate(rows, start=1) if row[1] == Kind.RECEIPT}
    assert left_of(ledger(*rows), wanted) == left


def test_value_that_was_added_leaves_with_the_goods_that_carry_it():
    rows = [receipt(100), sale(20), (0, Kind.REVALUATION, {"value_amount": D(8)}), sale(20),
            (20, Kind.CUSTOMER_RETURN, {"returned_from": 2}), sale(40)]  # fmt: skip
    assert left_of(ledger(*rows), {3}) == {3: {(1, 1): D(3)}}
