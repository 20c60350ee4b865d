"""Selling prices: dated rows per unit and tier, never above the legal maximum unless somebody may."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError
from core.money import round_unit_price
from core.queries import one_of
from core.sources import Source
from core.transactions import advisory_lock, require_transaction
from inventory.enums import PriceSource
from inventory.errors import AboveLegalMaximum, LineInvalid
from inventory.models import Batch, LegalPrice, ProductUnit, SellingPrice
from inventory.selectors.prices import legal_maximums
from inventory.types import PriceData
from users.enums import SellingPricePolicy
from users.selectors import get_organization


def set_selling_price(
    *, price: PriceData, actor: Actor, source: PriceSource = PriceSource.MANUAL, may_exceed: bool = False
) -> SellingPrice:
    """One price; see ``set_selling_prices``."""
    (row,) = set_selling_prices(prices=[price], actor=actor, source=source, may_exceed=may_exceed)
    return row


def set_selling_prices(
    *,
    prices: Sequence[PriceData],
    actor: Actor,
    source: PriceSource = PriceSource.MANUAL,
    may_exceed: bool = False,
) -> list[SellingPrice]:
    """Add ``prices``, each good from its day on; earlier ones stay as history.

    ``may_exceed`` is the decision of somebody who may go above the legal maximum. Raises LineInvalid,
    AboveLegalMaximum (naming lines); then no price changed.
    """
    require_transaction()
    advisory_lock("inventory.prices")
    check_prices(prices)
    above = _above_legal(prices)
    if above and not may_exceed:
        raise AboveLegalMaximum(errors=list(above.values()))
    rows = SellingPrice.objects.bulk_create(
        [
            SellingPrice(
                unit_id=price.unit_id,
                batch_id=price.batch_id,
                tier=price.tier,
                price=round_unit_price(price.price),
                valid_from=price.valid_from,
                source=source,
                above_legal=number in above,
                actor_id=actor.id,
                actor_name=actor.name,
            )
            for number, price in enumerate(prices)
        ]
    )
    if rows:
        record_audit(
            action="inventory.reprice", actor=actor, target_kind="selling_price", target_id=rows[0].pk,
            summary=f"{len(rows)} prices", data={"source": source, "above_legal": len(above)},
        )  # fmt: skip
    return rows


def set_legal_prices(
    *, prices: Sequence[PriceData], source: Source, actor: Actor, note: str = ""
) -> list[LegalPrice]:
    """Add legal maximums from a notice. Selling prices stay: what is now above them shows in ``above_legal``."""
    require_transaction()
    check_prices(prices)
    rows = LegalPrice.objects.bulk_create(
        [
            LegalPrice(
                unit_id=price.unit_id,
                price=round_unit_price(price.price),
                valid_from=price.valid_from,
                source_kind=source.kind,
                source_id=source.id,
                note=note,
            )
            for price in prices
        ]
    )
    if rows:
        record_audit(
            action="inventory.set_legal_prices", actor=actor, target_kind=source.kind, target_id=source.id,
            summary=f"{len(rows)} legal maximums",
        )  # fmt: skip
    return rows


def check_prices(prices: Sequence[PriceData]) -> None:
    """Raise LineInvalid naming the lines whose unit, batch or price cannot be."""
    owners = dict(
        ProductUnit.objects.filter(pk__in=one_of(p.unit_id for p in prices)).values_list("pk", "product_id")
    )
    named = {price.batch_id for price in prices if price.batch_id}
    batches = dict(Batch.objects.filter(pk__in=named).values_list("pk", "product_id")) if named else {}
    policy = get_organization().selling_price_policy if named else ""
    errors = []
    for number, price in enumerate(prices):
        if price.batch_id and policy != SellingPricePolicy.PRICE_PRINTED_ON_BATCH:
            detail = _("All stock of a product has one price here; the policy knows no prices of batches")
            errors.append(FieldError(f"lines[{number}].batch", "policy", detail))
        if price.unit_id not in owners:
            errors.append(FieldError(f"lines[{number}].unit", "not_found", _("There is no such unit")))
        elif price.batch_id and batches.get(price.batch_id) != owners[price.unit_id]:
            detail = _("There is no such batch of this product")
            errors.append(FieldError(f"lines[{number}].batch", "not_found", detail))
        if price.price < 0:
            errors.append(FieldError(f"lines[{number}].price", "negative", _("May not be below zero")))
    if errors:
        raise LineInvalid(errors=errors)


def _above_legal(prices: Sequence[PriceData]) -> dict[int, FieldError]:
    """What is wrong with each price above its legal maximum on its day, by place in the list."""
    by_day: dict[date, set[int]] = {}
    for price in prices:
        by_day.setdefault(price.valid_from, set()).add(price.unit_id)
    allowed = {day: legal_maximums(units, on=day) for day, units in by_day.items()}
    return {
        number: FieldError(
            f"lines[{number}].price",
            "above_legal_maximum",
            _("The legal maximum is %(maximum)s") % {"maximum": f"{maximum:f}"},
        )
        for number, price in enumerate(prices)
        if (maximum := allowed[price.valid_from].get(price.unit_id)) is not None
        and round_unit_price(price.price) > maximum
    }
