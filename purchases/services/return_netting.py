"""Goods that went back before they were invoiced, where the supplier simply bills less: no credit note will come.

What the receipt still owes for them and what is due for the return are settled against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F

from capital.enums import AccountRole
from capital.services import EntryLine
from core.actors import Actor
from core.money import ZERO, allocate, round_money
from core.sources import Source
from purchases.enums import ReturnStatus, Settlement
from purchases.models import SupplierReturn, SupplierReturnPart
from purchases.services.return_settling import (
    OpenLine,
    SettledPart,
    open_lines,
    part_of,
    settle,
    settle_status,
)
from purchases.services.returns import lock_returns

__all__ = ["Netting", "Rest", "net_returned"]


@dataclass(frozen=True)
class Rest:
    """What of a receipt line nobody bills: `units` in base units, and the `amount` that is still owed for them."""

    line_id: int
    units: int
    amount: Decimal


@dataclass
class Netting:
    """Which rests returned goods explain, by receipt line with the base units, and the parts of returns settled thereby."""

    closed: dict[int, int] = field(default_factory=dict)
    parts: list[SettledPart] = field(default_factory=list)
    returns: Sequence[SupplierReturn] = ()
    opened: Mapping[int, OpenLine] = field(default_factory=dict)

    @property
    def granted(self) -> Decimal:
        return sum((part.granted for part in self.parts), ZERO)

    def settle(self, *, source: Source, note: str, actor: Actor) -> None:
        settle(self.parts, Settlement.NETTED, source=source, note=note, actor=actor)
        touched = {part.line.supplier_return_id for part in self.parts}
        settle_status([one for one in self.returns if one.pk in touched], self.opened, actor)

    def lines(self, owed: Mapping[int, Decimal]) -> list[EntryLine]:
        """The entry that no longer owes `owed` (by party) for goods received; what is not due is price variance."""
        parties = {one.pk: one.supplier.party_id for one in self.returns}
        due: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for part in self.parts:
            due[parties[part.line.supplier_return_id]] += part.cleared
        less = sum(owed.values(), ZERO) - sum(due.values(), ZERO)
        return [
            *(EntryLine(AccountRole.GRNI, debit=amount, party_id=party) for party, amount in owed.items()),
            *(
                EntryLine(AccountRole.RETURNS_DUE, credit=amount, party_id=party)
                for party, amount in due.items()
            ),
            EntryLine(AccountRole.PRICE_VARIANCE, debit=max(-less, ZERO), credit=max(less, ZERO)),
        ]


def net_returned(rests: Iterable[Rest], *, currency: str, whole: bool) -> Netting:
    """Settle what is due for goods of `rests` that went back, up to what is owed for them. Nothing is written yet.

    `whole`: only where goods that went back are all that is missing from the bill; more may still be billed otherwise.
    Locks the returns, after the receipts. Five statements, one where nothing went back.
    """
    wanted = {rest.line_id: rest for rest in rests}
    sent = SupplierReturnPart.objects.filter(
        receipt_batch__line__in=wanted,
        line__supplier_return__status=ReturnStatus.SENT,
        quantity__gt=F("refused_qty"),
    )
    named = set(sent.values_list("line__supplier_return_id", flat=True)) if wanted else set()
    if not named:
        return Netting()
    locked = lock_returns(named, *ReturnStatus.values)
    returns = [one for one in locked if one.status == ReturnStatus.SENT]
    netting = Netting(returns=returns, opened=open_lines([one.pk for one in returns]))
    gone: dict[int, list[SupplierReturnPart]] = defaultdict(list)
    for part in sent.filter(line__in=netting.opened).select_related("receipt_batch").order_by("pk"):
        gone[part.receipt_batch.line_id].append(part)
    for line_id in sorted(gone):
        _explain(wanted[line_id], gone[line_id], netting, currency, whole=whole)
    return netting


def _explain(
    rest: Rest, gone: Sequence[SupplierReturnPart], netting: Netting, currency: str, *, whole: bool
) -> None:
    """Settle as many of the open units of `gone` as `rest` owes for: all of them, unless some were billed."""
    units = _still_open(gone, netting.opened)
    total = sum(units)
    if not total or (whole and rest.units > total):
        return
    paid = [part.cost_amount * count / part.quantity for part, count in zip(gone, units, strict=True)]
    cost = sum(paid, ZERO)
    left = total
    if cost > rest.amount:
        left = int((total * rest.amount / cost).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if not left:
        return
    taken = []
    for count in units:
        taken.append(min(count, left))
        left -= taken[-1]
    granted = rest.amount if whole else min(rest.amount, round_money(cost, currency))
    shares = allocate(granted, taken, currency)
    netting.closed[rest.line_id] = sum(taken)
    netting.parts += [
        part_of(netting.opened[part.line_id], count, currency, granted=share)
        for part, count, share in zip(gone, taken, shares, strict=True)
        if count
    ]


def _still_open(gone: Sequence[SupplierReturnPart], opened: Mapping[int, OpenLine]) -> list[int]:
    """Of each part what neither came back nor was settled."""
    left = {part.line_id: opened[part.line_id].open_qty for part in gone}
    units = []
    for part in gone:
        units.append(min(part.quantity - part.refused_qty, left[part.line_id]))
        left[part.line_id] -= units[-1]
    return units
