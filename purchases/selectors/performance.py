"""How suppliers keep their word: prices, bonus, fill rate, lead time, returns, payment. Seven statements, however much.

Each part is summed by supplier and calendar month; a supplier that was merged counts for the one that stays. Price is
compared with what the others had on offer on the day the goods came: the net cost after bonus of each other supplier's
latest line for the same product, per base unit, weighted by what was bought.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from purchases.models import OPEN_CLAIMS, Supplier
from users.selectors import organization_timezone

__all__ = ["Figures", "Performance", "supplier_performance"]

ZERO = Decimal(0)

_BOUGHT = """
SELECT coalesce(supplier.merged_into_id, supplier.id) AS supplier, date_trunc('month', receipt.business_date)::date AS month,
       sum(line.amount) FILTER (WHERE line.paid_qty > 0) AS bought, count(DISTINCT receipt.id) AS deliveries,
       sum(line.promised_free_qty * line.net_cost) AS promised, sum(line.free_qty * line.net_cost) AS bonus
FROM purchases_goodsreceiptline AS line
JOIN purchases_goodsreceipt AS receipt ON receipt.id = line.receipt_id
JOIN purchases_supplier AS supplier ON supplier.id = receipt.supplier_id
WHERE receipt.status = 'posted' AND receipt.exchange_for_id IS NULL
  AND receipt.business_date BETWEEN %(since)s AND %(until)s
GROUP BY 1, 2
"""
_PRICES = """
WITH bought AS (
    SELECT line.id, coalesce(supplier.merged_into_id, supplier.id) AS supplier, receipt.business_date AS day,
           coalesce(product.merged_into_id, product.id) AS product, line.amount,
           (line.paid_qty + line.free_qty) * line.unit_factor AS units
    FROM purchases_goodsreceiptline AS line
    JOIN purchases_goodsreceipt AS receipt ON receipt.id = line.receipt_id
    JOIN purchases_supplier AS supplier ON supplier.id = receipt.supplier_id
    JOIN inventory_product AS product ON product.id = line.product_id
    WHERE receipt.status = 'posted' AND line.paid_qty > 0 AND receipt.business_date BETWEEN %(since)s AND %(until)s
), market AS (
    SELECT bought.id, percentile_cont(0.5) WITHIN GROUP (ORDER BY rival.cost) AS median, min(rival.cost) AS best
    FROM bought CROSS JOIN LATERAL (
        SELECT DISTINCT ON (offered.supplier_id) offered.net_cost / unit.factor AS cost
        FROM purchases_offerline AS offered
        JOIN purchases_offer AS offer ON offer.id = offered.offer_id
        JOIN inventory_productunit AS unit ON unit.id = offered.unit_id
        WHERE offered.product_id = bought.product AND offered.supplier_id <> bought.supplier
          AND offered.net_cost > 0 AND offer.kind = 'offer' AND offer.status IN ('ready', 'superseded', 'expired')
          AND coalesce(offer.valid_from, (offer.created_at AT TIME ZONE %(zone)s)::date) <= bought.day
          AND (offer.valid_until IS NULL OR offer.valid_until >= bought.day)
        ORDER BY offered.supplier_id, coalesce(offer.valid_from, (offer.created_at AT TIME ZONE %(zone)s)::date) DESC, offered.id DESC
    ) AS rival GROUP BY bought.id
)
SELECT bought.supplier, date_trunc('month', bought.day)::date AS month, sum(bought.amount) AS compared,
       sum(market.median::numeric * bought.units) AS median, sum(market.best * bought.units) AS best
FROM bought JOIN market ON market.id = bought.id GROUP BY 1, 2
"""
_ORDERED = """
SELECT coalesce(supplier.merged_into_id, supplier.id) AS supplier, date_trunc('month', document.business_date)::date AS month,
       count(*) AS lines, count(*) FILTER (WHERE line.refused_qty > 0) AS refused_lines, sum(line.amount) AS ordered,
       sum(line.amount * coalesce(line.confirmed_qty, line.paid_qty - line.refused_qty) / line.paid_qty) AS confirmed,
       sum(line.amount * least(line.received_qty, line.paid_qty) / line.paid_qty) AS received
FROM purchases_purchaseorderline AS line
JOIN purchases_purchaseorder AS document ON document.id = line.order_id
JOIN purchases_supplier AS supplier ON supplier.id = document.supplier_id
WHERE document.sent_at IS NOT NULL AND document.status <> 'cancelled'
  AND document.business_date BETWEEN %(since)s AND %(until)s
GROUP BY 1, 2
"""
_LEAD = """
WITH waited AS (
    SELECT coalesce(supplier.merged_into_id, supplier.id) AS supplier,
           date_trunc('month', document.business_date)::date AS month,
           extract(epoch FROM min(receipt.posted_at) - document.sent_at) / 86400 AS days
    FROM purchases_purchaseorder AS document
    JOIN purchases_goodsreceipt AS receipt ON receipt.order_id = document.id AND receipt.status = 'posted'
    JOIN purchases_supplier AS supplier ON supplier.id = document.supplier_id
    WHERE document.sent_at IS NOT NULL AND document.business_date BETWEEN %(since)s AND %(until)s
    GROUP BY document.id, supplier.id
)
SELECT supplier, month, percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS lead_median,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY days) AS lead_p90
FROM waited GROUP BY GROUPING SETS ((supplier), (supplier, month))
"""
_RETURNED = """
SELECT coalesce(supplier.merged_into_id, supplier.id) AS supplier, date_trunc('month', document.business_date)::date AS month,
       sum(line.cost_amount) AS returned, sum(settled.credited_cost) AS credited_cost, sum(settled.granted) AS granted
FROM purchases_supplierreturnline AS line
JOIN purchases_supplierreturn AS document ON document.id = line.supplier_return_id
JOIN purchases_supplier AS supplier ON supplier.id = document.supplier_id
LEFT JOIN LATERAL (
    SELECT sum(line.cost_amount * one.quantity / line.quantity) AS credited_cost, sum(one.granted_amount) AS granted
    FROM purchases_returnsettlement AS one WHERE one.line_id = line.id AND one.kind IN ('credited', 'netted')
) AS settled ON true
WHERE document.status IN ('sent', 'settled') AND document.business_date BETWEEN %(since)s AND %(until)s
GROUP BY 1, 2
"""
_PAID = """
SELECT coalesce(supplier.merged_into_id, supplier.id) AS supplier, date_trunc('month', credit.business_date)::date AS month,
       sum(pair.debt_value) AS paid, sum(pair.debt_value * (credit.business_date - debt.business_date)) AS paid_days
FROM purchases_supplierallocation AS pair
JOIN purchases_supplieropenitem AS credit ON credit.id = pair.credit_id
JOIN purchases_supplieropenitem AS debt ON debt.id = pair.debt_id
JOIN purchases_supplier AS supplier ON supplier.id = credit.supplier_id
WHERE credit.kind = 'supplier_payment' AND credit.business_date BETWEEN %(since)s AND %(until)s
GROUP BY 1, 2
"""
_SUMMED = (_BOUGHT, _PRICES, _ORDERED, _RETURNED, _PAID)


@dataclass
class Figures:
    """Sums of a supplier in a period, in the organisation's currency; rates are None where there is nothing to divide by."""

    bought: Decimal = ZERO
    deliveries: int = 0
    promised: Decimal = ZERO
    bonus: Decimal = ZERO
    compared: Decimal = ZERO
    median: Decimal = ZERO
    best: Decimal = ZERO
    lines: int = 0
    refused_lines: int = 0
    ordered: Decimal = ZERO
    confirmed: Decimal = ZERO
    received: Decimal = ZERO
    returned: Decimal = ZERO
    credited_cost: Decimal = ZERO
    granted: Decimal = ZERO
    paid: Decimal = ZERO
    paid_days: Decimal = ZERO
    lead_median: float | None = None
    lead_p90: float | None = None

    def add(self, sums: Mapping[str, Any]) -> None:
        for name, value in sums.items():
            setattr(self, name, getattr(self, name) + (value or 0))

    @property
    def price_to_median(self) -> Decimal | None:
        """In per cent: 100 is the market, less is cheaper."""
        return _percent(self.compared, self.median)

    @property
    def price_to_best(self) -> Decimal | None:
        return _percent(self.compared, self.best)

    @property
    def bonus_rate(self) -> Decimal | None:
        return _percent(self.bonus, self.promised)

    @property
    def confirmed_rate(self) -> Decimal | None:
        return _percent(self.confirmed, self.ordered)

    @property
    def fill_rate(self) -> Decimal | None:
        return _percent(self.received, self.ordered)

    @property
    def return_rate(self) -> Decimal | None:
        return _percent(self.returned, self.bought)

    @property
    def credit_share(self) -> Decimal | None:
        """What was credited, or not billed, of what these goods had cost."""
        return _percent(self.granted, self.credited_cost)

    @property
    def days_to_pay(self) -> Decimal | None:
        return (self.paid_days / self.paid).quantize(Decimal("0.1")) if self.paid > 0 else None


@dataclass
class Performance:
    """A supplier's figures over a period, month by month, and what it still owes."""

    supplier: Supplier
    total: Figures = field(default_factory=Figures)
    months: dict[date, Figures] = field(default_factory=dict)
    open_claims: int = 0
    open_claims_value: Decimal = ZERO

    @property
    def by_month(self) -> list[dict[str, Any]]:
        """The trend, oldest month first."""
        return [{"month": month, "figures": figures} for month, figures in self.months.items()]


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    return (100 * part / whole).quantize(Decimal("0.1")) if whole > 0 else None


def supplier_performance(
    *, since: date, until: date, supplier_ids: Iterable[int] | None = None
) -> list[Performance]:
    """Every supplier that did something between the two days (both included), by name."""
    found: dict[int, Performance] = {}
    suppliers = Supplier.objects.filter(merged_into__isnull=True)
    if supplier_ids is not None:
        suppliers = suppliers.filter(pk__in=set(supplier_ids))
    known = suppliers.in_bulk()
    period: dict[str, date | str] = {"since": since, "until": until, "zone": organization_timezone().key}
    for sql in _SUMMED:
        for supplier, month, sums in _rows(sql, period):
            if supplier in known:
                one = found.setdefault(supplier, Performance(known[supplier]))
                one.total.add(sums)
                one.months.setdefault(month, Figures()).add(sums)
    for supplier, month, lead in _rows(_LEAD, period):
        if supplier in found:
            figures = found[supplier].total if month is None else found[supplier].months[month]
            figures.lead_median, figures.lead_p90 = lead["lead_median"], lead["lead_p90"]
    _add_claims(found)
    for one in found.values():
        one.months = dict(sorted(one.months.items()))
    return sorted(found.values(), key=lambda one: (one.supplier.name, one.supplier.pk))


def _rows(sql: str, period: Mapping[str, date | str]) -> list[tuple[int, date, dict[str, Any]]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(period))
        names = [column[0] for column in cursor.description][2:]
        return [(row[0], row[1], dict(zip(names, row[2:], strict=True))) for row in cursor.fetchall()]


def _add_claims(found: Mapping[int, Performance]) -> None:
    """What is still owed today, whenever it began."""
    rows = Supplier.objects.filter(claims__status__in=OPEN_CLAIMS).values_list(
        "pk", "merged_into", "claims__value_amount"
    )
    owed: dict[int, list[Decimal]] = defaultdict(list)
    for pk, merged_into, value in rows:
        owed[merged_into or pk].append(value)
    for pk, one in found.items():
        one.open_claims, one.open_claims_value = len(owed[pk]), sum(owed[pk], ZERO)
