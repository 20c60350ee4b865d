"""Allocations in the making: which credit settles which debt, written and posted together at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import connection

from capital.enums import AccountRole
from capital.services import EntryLine, post_entry
from core.actors import Actor
from core.money import round_money, round_unit_price
from core.sources import Source
from core.transactions import require_transaction
from purchases.models import SupplierAllocation, SupplierOpenItem
from purchases.selectors.allocations import Pair, allocated_pairs
from users.selectors import get_organization

__all__ = ["Moves", "Pair", "Settlement", "allocated_pairs", "can_settle", "exchange_line"]

ZERO = Decimal(0)
#: Added, not set: whoever did not see what another wrote meets the constraint and not a silent loss.
_ADD = """
UPDATE purchases_supplieropenitem AS item
SET settled_amount = item.settled_amount + new.settled, settled_value = item.settled_value + new.settled_value,
    cleared_amount = item.cleared_amount + new.cleared, cleared_value = item.cleared_value + new.cleared_value,
    updated_at = now()
FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
    AS new(id, settled, settled_value, cleared, cleared_value)
WHERE item.id = new.id
"""


class Moves:
    """What allocations move between the accounts of a party: from where a credit stands to where its debt stands."""

    def __init__(self) -> None:
        self._net: dict[tuple[str, int, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])

    def add(self, item: SupplierOpenItem, amount: Decimal, value: Decimal) -> None:
        """Debit (or, negative, credit) the account of `item`."""
        net = self._net[item.role, item.supplier.party_id, item.currency]
        net[0] += amount
        net[1] += value

    def lines(self) -> list[EntryLine]:
        """A line for each account, party and currency; `difference` is what they lack to balance."""
        own = get_organization().currency
        return [_line(key, amount, value, own) for key, (amount, value) in self._net.items() if value]

    @property
    def difference(self) -> Decimal:
        """Debits less credits."""
        return sum((value for _amount, value in self._net.values()), ZERO)


def _line(key: tuple[str, int, str], amount: Decimal, value: Decimal, own: str) -> EntryLine:
    role, party, currency = key
    foreign = currency != own and amount * value > 0
    return EntryLine(
        AccountRole(role),
        debit=max(value, ZERO),
        credit=max(-value, ZERO),
        party_id=party,
        currency=currency if foreign else None,
        foreign_amount=abs(amount) if foreign else None,
        rate=round_unit_price(value / amount) if foreign else None,
    )


def can_settle(credit: SupplierOpenItem, debt: SupplierOpenItem) -> bool:
    """Same currency; and a credit note lowers payables, never goods that nobody invoiced."""
    return debt.currency == credit.currency and (
        debt.role == AccountRole.PAYABLE or credit.role != AccountRole.PAYABLE
    )


def exchange_line(difference: Decimal) -> EntryLine:
    """What is missing on the debit side (or too much there) is gain or loss by exchange."""
    role = AccountRole.EXCHANGE_DIFFERENCE
    return EntryLine(role, debit=max(-difference, ZERO), credit=max(difference, ZERO))


@dataclass
class Settlement:
    """Allocations that `event` makes or takes back. Nothing is written before `save`.

    `items` are the locked items that may take part, by id; their figures follow in memory.
    """

    event: Source
    actor: Actor
    items: dict[int, SupplierOpenItem]
    rows: list[SupplierAllocation] = field(default_factory=list)
    moves: Moves = field(default_factory=Moves)
    _added: dict[int, list[Decimal]] = field(default_factory=lambda: defaultdict(lambda: [ZERO] * 4))

    def know(self, items: Iterable[SupplierOpenItem]) -> None:
        for item in items:
            self.items.setdefault(item.pk, item)

    def allocate(self, credit: SupplierOpenItem, debt: SupplierOpenItem, amount: Decimal) -> None:
        """`amount` of `credit` settles `debt`, each side at the value that it carries."""
        self._write(credit, debt, amount, _share(debt, amount), _share(credit, amount))

    def place(self, credit: SupplierOpenItem, amount: Decimal, debts: Sequence[SupplierOpenItem]) -> Decimal:
        """Settle those of `debts` that it can, in their order, with up to `amount` of `credit`; answers the rest."""
        for debt in debts:
            part = min(amount, debt.open_amount)
            if can_settle(credit, debt) and part > 0:
                self.allocate(credit, debt, part)
                amount -= part
        return amount

    def release(self, pair: Pair, amount: Decimal | None = None) -> SupplierOpenItem:
        """Take a pair back, whole or in part: the credit is free again. Answers the credit."""
        credit, debt = self.items[pair.credit_id], self.items[pair.debt_id]
        if amount is None or amount == pair.amount:
            self._write(credit, debt, -pair.amount, -pair.debt_value, -pair.credit_value)
            return credit
        own = get_organization().currency
        of_debt, of_credit = (
            round_money(value * amount / pair.amount, own) for value in (pair.debt_value, pair.credit_value)
        )
        self._write(credit, debt, -amount, -of_debt, -of_credit)
        return credit

    def clear(self, item: SupplierOpenItem, amount: Decimal) -> None:
        """Another document takes over `amount` of the item (negative: gives it back), at the value that it carries."""
        value = _share(item, amount) if amount > 0 else -_share_of(item, -amount)
        item.cleared_amount += amount
        item.cleared_value += value
        added = self._added[item.pk]
        added[2] += amount
        added[3] += value

    def save(self) -> None:
        """Write allocations and figures: two statements. The caller posts `moves`."""
        require_transaction()
        SupplierAllocation.objects.bulk_create(self.rows)
        changed = {pk: figures for pk, figures in self._added.items() if any(figures)}
        if changed:
            columns = [list(column) for column in zip(*changed.values(), strict=True)]
            with connection.cursor() as cursor:
                cursor.execute(_ADD, [list(changed), *columns])
        self.rows, self._added = [], defaultdict(lambda: [ZERO] * 4)

    def post_moves(self, *, source: Source, business_date: date, memo: str) -> None:
        """The entry of allocations that no document's own entry contains; none where nothing changes accounts."""
        lines = self.moves.lines()
        if self.moves.difference:
            lines.append(exchange_line(self.moves.difference))
        if lines:
            post_entry(source=source, business_date=business_date, memo=memo, actor=self.actor, lines=lines)

    def _write(
        self,
        credit: SupplierOpenItem,
        debt: SupplierOpenItem,
        amount: Decimal,
        debt_value: Decimal,
        credit_value: Decimal,
    ) -> None:
        self.rows.append(
            SupplierAllocation(
                credit=credit,
                debt=debt,
                amount=amount,
                debt_value=debt_value,
                credit_value=credit_value,
                event_kind=self.event.kind,
                event_id=self.event.id,
                actor_id=self.actor.id,
                actor_name=self.actor.name,
            )
        )
        for item, value in ((credit, credit_value), (debt, debt_value)):
            item.settled_amount += amount
            item.settled_value += value
            self._added[item.pk][0] += amount
            self._added[item.pk][1] += value
        self.moves.add(debt, amount, debt_value)
        self.moves.add(credit, -amount, -credit_value)


def _share(item: SupplierOpenItem, amount: Decimal) -> Decimal:
    """What `amount` of what is open carries in our currency; the last of it carries the rest."""
    if amount == item.open_amount:
        return item.open_value
    return round_money(item.open_value * amount / item.open_amount, get_organization().currency)


def _share_of(item: SupplierOpenItem, amount: Decimal) -> Decimal:
    """What `amount` of what was cleared carried."""
    if amount == item.cleared_amount:
        whole: Decimal = item.cleared_value
        return whole
    return round_money(item.cleared_value * amount / item.cleared_amount, get_organization().currency)
