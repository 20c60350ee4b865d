"""The money of a plan while it is being made: exact, in Decimal, supplier by supplier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from purchases.planning.choices import Choice
from purchases.planning.types import Budget, PlanTotals, SupplierTerms

__all__ = ["Chosen", "Purse"]

ZERO = Decimal(0)
Chosen = dict[int, Choice]


class Purse:
    """Goods and fees of each supplier and what they take from cash; `chosen` maps product to choice.

    A supplier's own credit pays its goods and fee first; what is above it comes from cash.
    """

    def __init__(
        self, chosen: Mapping[int, Choice], terms: Mapping[int, SupplierTerms], budget: Budget
    ) -> None:
        self.chosen: Chosen = dict(chosen)
        self._terms = terms
        self._credit = budget.credit
        self._cash = max(budget.spendable, ZERO)
        self._most = budget.most
        self._spent = ZERO
        self._goods: dict[int, Decimal] = {}
        self._used = ZERO
        for choice in self.chosen.values():
            self._add(choice.option.supplier_id, choice.cost)

    def goods(self, supplier: int) -> Decimal:
        return self._goods.get(supplier, ZERO)

    def fee(self, supplier: int, goods: Decimal) -> Decimal:
        """The delivery fee that `goods` from `supplier` cost."""
        terms = self._terms[supplier]
        delivered_free = terms.free_delivery_from is not None and goods >= terms.free_delivery_from
        return ZERO if not goods or delivered_free else terms.delivery_fee

    def fees(self) -> Decimal:
        return sum((self.fee(one, goods) for one, goods in self._goods.items()), ZERO)

    def worth(self) -> float:
        """Expected profit of the plan, fees paid."""
        return sum(choice.profit for choice in self.chosen.values()) - float(self.fees())

    def overdrawn(self) -> bool:
        return self._used > self._cash or (self._most is not None and self._spent > self._most)

    def left(self) -> Decimal:
        """The most that one more step could cost, wherever it is bought."""
        unused = max(self._credit.values(), default=ZERO)
        return max(self._cash - self._used, ZERO) + max(unused, ZERO)

    def on_credit(self, supplier: int) -> bool:
        """Whether the supplier's own credit pays all that is bought there, and nothing else limits it."""
        return self._most is None and self._cash_part(supplier, self.goods(supplier)) == ZERO

    def misses_minimum(self) -> int | None:
        """The supplier that falls shortest of its minimum order; None when none does."""
        short = [
            (goods / self._terms[one].minimum_order, one)
            for one, goods in self._goods.items()
            if ZERO < goods < self._terms[one].minimum_order
        ]
        return min(short)[1] if short else None

    def drop(self, product: int) -> None:
        self._change(product, None)

    def improve(self, product: int, new: Choice) -> bool:
        """Take `new` for `product` if the money reaches, it pays its fee and opens no order below a minimum."""
        old = self.chosen.get(product)
        supplier = new.option.supplier_id
        if not self.goods(supplier) and new.cost < self._terms[supplier].minimum_order:
            return False
        fees = self.fees_of(old, new)
        self._change(product, new)
        gain = new.profit - (old.profit if old else 0.0) - float(self.fees_of(old, new) - fees)
        if gain > 0 and not self.overdrawn():
            return True
        self._change(product, old)
        return False

    def fees_of(self, *choices: Choice | None) -> Decimal:
        suppliers = {choice.option.supplier_id for choice in choices if choice is not None}
        return sum((self.fee(one, self.goods(one)) for one in suppliers), ZERO)

    def totals(self) -> PlanTotals:
        fees = {one: fee for one, goods in sorted(self._goods.items()) if (fee := self.fee(one, goods))}
        return PlanTotals(sum(self._goods.values(), ZERO), sum(fees.values(), ZERO), self._used, fees)

    def suppliers(self) -> Iterable[int]:
        return sorted(one for one, goods in self._goods.items() if goods)

    def _cash_part(self, supplier: int, goods: Decimal) -> Decimal:
        return max(goods + self.fee(supplier, goods) - self._credit.get(supplier, ZERO), ZERO)

    def _change(self, product: int, new: Choice | None) -> None:
        old = self.chosen.pop(product, None)
        if old is not None:
            self._add(old.option.supplier_id, -old.cost)
        if new is not None:
            self.chosen[product] = new
            self._add(new.option.supplier_id, new.cost)

    def _add(self, supplier: int, cost: Decimal) -> None:
        before = self.goods(supplier)
        self._goods[supplier] = before + cost
        self._used += self._cash_part(supplier, before + cost) - self._cash_part(supplier, before)
        self._spent += cost + self.fee(supplier, before + cost) - self.fee(supplier, before)
