"""The counter sale: goods, revenue, cost and cash in one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.selectors import default_tax_terms
from capital.tax import TaxedAmount, split_tax
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.inserting import insert_rows
from core.sources import Source
from inventory.enums import MovementKind, PriceTier
from inventory.selectors import default_location_id, list_locations, movements_for
from inventory.services import IssueLine, issue_stock
from inventory.types import PostedMovement
from sales.errors import SaleLineInvalid
from sales.models import Sale, SaleLine, SalePayment
from sales.services.balances import settle_customer
from sales.services.customers import lock_customer
from sales.services.dispensing import plan_dispensing, record_dispensing
from sales.services.paying import Settlement, settle, with_exact
from sales.services.posting import post_sale_entry
from sales.services.pricing import PricedLine, PriceList, price_lines
from sales.types import SaleData, SaleLineData, SellerRights
from users.selectors import get_organization, one_organization

__all__ = ["sell"]

ZERO = Decimal(0)
#: One document's lines; a bigger sale is not made at a counter.
MAX_LINES = 1000


@dataclass(frozen=True)
class _Sold:
    """A line whose goods have left the shelf."""

    line: PricedLine
    taxed: TaxedAmount
    cost: Decimal
    unit_price: Decimal
    found_qty: int


def sell(*, data: SaleData, actor: Actor, rights: SellerRights | None = None) -> Sale:
    """Sell over the counter: issue FEFO, post revenue, tax, cost and payments, or change nothing.

    With ``rights.above_stock`` what the ledger lacks is found at last cost first, in the same transaction. The
    number of statements does not depend on the number of lines. Raises SaleLineInvalid, PriceOverrideRefused,
    AboveLegalMaximum, Underpaid, ChangeWithoutCash, CreditLimitExceeded, and what `plan_dispensing`, `issue_stock`
    and `post_entry` raise (PrescriptionRequired, OverDispensed, InsufficientStock, PeriodClosed).
    """
    rights = rights or SellerRights()
    _refuse_empty(data.lines)
    with transaction.atomic(), one_organization():
        organization = get_organization()
        currency = organization.currency
        today = data.business_date or timezone.localdate(timezone=ZoneInfo(organization.timezone))
        customer = lock_customer(data.customer_id)
        priced, prices = price_lines(
            data.lines,
            on=today,
            currency=currency,
            rights=rights,
            tier=customer.price_tier if customer else PriceTier.RETAIL,
        )
        dispensing = plan_dispensing(data=data, priced=priced, rights=rights, on=today)
        sale_id, number = _next_sale()
        sale = Sale(
            pk=sale_id,
            number=f"SA-{today.year}-{number:04d}",
            location_id=_place(data.location_id),
            customer=customer,
            business_date=today,
            occurred_at=data.occurred_at or timezone.now(),
            currency=currency,
            note=data.note,
            actor_id=actor.id,
            actor_name=actor.name,
        )
        sold = _hand_over(sale, priced, prices, rights, actor)
        total = sum((row.taxed.gross for row in sold), ZERO)
        payments = with_exact(data.payments, data.exact, total)
        settlement = settle(total=total, payments=payments, customer=customer, currency=currency)
        _write(sale, sold, settlement)
        record_dispensing(plan=dispensing, data=data, sale=sale, actor=actor)
        post_sale_entry(sale=sale, settlement=settlement, actor=actor)
        if settlement.on_account and customer is not None:
            settle_customer(
                party_id=customer.party_id,
                source=Source("sale", str(sale.pk)),
                business_date=today,
                actor=actor,
            )
        _audit_exceptions(sale, sold, actor)
    return sale


def _refuse_empty(lines: Sequence[SaleLineData]) -> None:
    if not lines:
        raise SaleLineInvalid(errors=[FieldError("lines", "empty", _("A sale has at least one line."))])
    if len(lines) > MAX_LINES:
        raise SaleLineInvalid(errors=[FieldError("lines", "too_many", _("Too many lines for one sale."))])


def _place(location_id: int | None) -> int:
    if location_id is None:
        return default_location_id()
    if not list_locations().filter(pk=location_id, is_active=True).exists():
        raise InvalidInput(errors=[FieldError("location", "not_found", _("There is no such location."))])
    return location_id


def _next_sale() -> tuple[int, int]:
    """The primary key (the source that goods and money post under) and the number of a new sale."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('sales_sale', 'id')), nextval('sales_sale_number_seq')"
        )
        row = cursor.fetchone()
    return int(row[0]), int(row[1])


def _hand_over(
    sale: Sale, priced: Sequence[PricedLine], prices: PriceList, rights: SellerRights, actor: Actor
) -> list[_Sold]:
    """Issue the goods, and say what each line costs the customer and us."""
    source = Source("sale", str(sale.pk))
    posted = issue_stock(
        lines=[
            IssueLine(line.product_id, sale.location_id, line.base_qty, line.batch_id, rights.above_stock)
            for line in priced
        ],
        source=source,
        kind=MovementKind.SALE,
        actor=actor,
        business_date=sale.business_date,
    )
    moved: dict[int, list[PostedMovement]] = defaultdict(list)
    for movement in posted:
        moved[movement.line].append(movement)
    found = _found_by_line(source) if rights.above_stock else {}
    terms = default_tax_terms(sale.business_date)
    return [
        _Sold(
            line=line,
            taxed=split_tax(prices.amount(line, moved[index]), terms, sale.currency),
            cost=-sum((movement.value_amount for movement in moved[index]), ZERO),
            unit_price=prices.effective_price(line, moved[index]),
            found_qty=found.get(index, 0),
        )
        for index, line in enumerate(priced)
    ]


def _found_by_line(source: Source) -> dict[int, int]:
    """Base units that were found first, by line: what `issue_stock` posted under the purpose "found"."""
    found: dict[int, int] = defaultdict(int)
    for movement in movements_for(source.for_purpose("found")):
        found[movement.line] += movement.quantity
    return found


def _write(sale: Sale, sold: Sequence[_Sold], settlement: Settlement) -> None:
    sale.total_amount = settlement.total
    sale.tax_amount = sum((row.taxed.tax for row in sold), ZERO)
    sale.cost_amount = sum((row.cost for row in sold), ZERO)
    sale.paid_amount = settlement.paid
    sale.change_amount = settlement.change
    insert_rows(
        [sale],
        [
            SaleLine(
                sale=sale,
                line=index,
                product_id=row.line.product_id,
                unit_id=row.line.unit.id,
                quantity=row.line.quantity,
                factor=row.line.unit.factor,
                unit_price=row.unit_price,
                list_price=row.line.list_price,
                amount=row.taxed.gross,
                tax_amount=row.taxed.tax,
                cost_amount=row.cost,
                found_qty=row.found_qty,
            )
            for index, row in enumerate(sold)
        ],
        [SalePayment(sale=sale, method=part.method, amount=part.amount) for part in settlement.parts],
    )


def _audit_exceptions(sale: Sale, sold: Sequence[_Sold], actor: Actor) -> None:
    """An ordinary sale is its own record; what needed a permission of its own is said in the audit trail."""
    overridden = [index for index, row in enumerate(sold) if row.line.override is not None]
    found = {index: row.found_qty for index, row in enumerate(sold) if row.found_qty}
    if overridden or found:
        record_audit(
            action="sales.sell_with_exceptions",
            actor=actor,
            target_kind="sale",
            target_id=sale.pk,
            summary=sale.number,
            data={"price_overridden": overridden, "above_stock": found},
        )
