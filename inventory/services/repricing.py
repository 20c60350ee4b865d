"""Prices changed by a rule: looked at first, then set. The same number of statements for five products and for 5,000."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError
from core.money import round_unit_price
from core.numbering import next_number
from core.queries import one_of
from core.transactions import advisory_lock, lock_rows, require_transaction
from inventory.enums import PriceSource, PriceTier, PriceWarning, Refusal, RepriceMethod, RepricingStatus
from inventory.errors import (
    LineInvalid,
    NothingToReprice,
    RepricingClosed,
    RepricingMissing,
    RepricingRefused,
    RepricingStale,
)
from inventory.models import Repricing, RepricingLine
from inventory.pricing import (
    JudgedPrice,
    PriceFacts,
    RepriceRule,
    Rounding,
    fingerprint_of,
    judge,
    judge_price,
)
from inventory.selectors.repricing import CostsOf, batches_with_printed_price, price_facts
from inventory.services.prices import check_prices, set_selling_prices
from inventory.types import PriceData, PriceSelection, RepricingData, TypedPrice
from users.enums import SellingPricePolicy
from users.selectors import get_organization, local_today

#: A document holds no more lines than this: the catalogue of a big pharmacy, several units each.
MAX_LINES = 50_000


@dataclass(frozen=True)
class RepricingPreview:
    """What would be: every line that changes or cannot; ``unchanged`` counts the rest. Nothing was stored."""

    lines: tuple[JudgedPrice, ...]
    unchanged: int
    fingerprint: str
    valid_from: date
    rounding: Rounding


def preview_repricing(*, data: RepricingData, costs_of: CostsOf | None = None) -> RepricingPreview:
    """Judge every price that ``data`` means. Raises LineInvalid for a rule that makes no sense."""
    organization, today = get_organization(), local_today()
    starts = data.valid_from or today
    _refuse_nonsense(data, starts, today)
    rounding = Rounding(
        rule=data.rounding or organization.price_rounding_rule,
        step=data.rounding_step or organization.price_rounding_step,
        currency=organization.currency,
    )
    check_prices([PriceData(one.unit_id, one.price, starts, batch_id=one.batch_id) for one in data.prices])
    facts = price_facts(data, on=starts, costs_of=costs_of)
    if len(facts) > MAX_LINES:
        raise LineInvalid(
            errors=[FieldError("products", "too_many", _("That is too many prices at once; choose fewer"))]
        )
    rule = RepriceRule(data.method, data.percent, data.price)
    judged = _noted([judge(rule, one, rounding) for one in facts], organization.selling_price_policy)
    lines = tuple(line for line in judged if line.is_change)
    context = f"{data.method}|{data.tier}|{starts}"
    return RepricingPreview(
        lines, len(judged) - len(lines), fingerprint_of(lines, context=context), starts, rounding
    )


def draft_repricing(
    *, data: RepricingData, actor: Actor, costs_of: CostsOf | None = None, fingerprint: str = ""
) -> Repricing:
    """Store what a preview says, to be edited and applied. With ``fingerprint`` it must still be that preview.

    Raises LineInvalid, NothingToReprice, RepricingStale.
    """
    require_transaction()
    seen = preview_repricing(data=data, costs_of=costs_of)
    if fingerprint and seen.fingerprint != fingerprint:
        raise RepricingStale(fingerprint=seen.fingerprint)
    if not seen.lines:
        raise NothingToReprice
    repricing = Repricing.objects.create(
        number=next_number("RP", local_today().year),
        method=data.method,
        percent=data.percent,
        price=data.price,
        rounding=seen.rounding.rule,
        rounding_step=seen.rounding.step,
        tier=data.tier,
        valid_from=seen.valid_from,
        source=data.source,
        source_note=data.source_note[:120],
        note=data.note,
        line_count=len(seen.lines),
        created_by_id=actor.id,
        created_by_name=actor.name,
    )
    RepricingLine.objects.bulk_create([
        _row(repricing, number, line) for number, line in enumerate(seen.lines, start=1)
    ])  # fmt: skip
    return repricing


def edit_repricing(
    *,
    repricing_id: int,
    prices: Mapping[int, Decimal | None],
    actor: Actor,
    check: Callable[[Repricing], None] | None = None,
) -> Repricing:
    """Name the price of lines by position; None leaves one out. Raises RepricingClosed, LineInvalid."""
    repricing = _locked(repricing_id, RepricingStatus.DRAFT, check)
    rows = {
        row.position: row
        for row in RepricingLine.objects.filter(repricing=repricing, position__in=one_of(prices))
    }
    missing = [position for position in prices if position not in rows]
    if missing:
        detail = _("There is no such line")
        raise LineInvalid(
            errors=[FieldError(f"lines[{number}].line", "not_found", detail) for number in missing]
        )
    for position, price in prices.items():
        _put(rows[position], price)
    RepricingLine.objects.bulk_update(rows.values(), ["new_price", "refusal", "warnings"])
    repricing.save(update_fields=["updated_at"])
    record_audit(
        action="inventory.edit_repricing", actor=actor, target_kind="repricing", target_id=repricing.pk,
        summary=repricing.number, data={"lines": len(rows)},
    )  # fmt: skip
    return repricing


def apply_repricing(
    *,
    repricing_id: int,
    actor: Actor,
    costs_of: CostsOf | None = None,
    may_exceed: bool = False,
    skip_refused: bool = False,
    check: Callable[[Repricing], None] | None = None,
) -> Repricing:
    """Set the prices of a draft. ``may_exceed``: whoever decides may go above the legal maximum.

    Raises RepricingClosed, RepricingStale (a price, cost or legal maximum is not what the draft was judged by),
    RepricingRefused (naming lines; ``skip_refused`` leaves those out), NothingToReprice. Then no price changed.
    """
    repricing = _locked(repricing_id, RepricingStatus.DRAFT, check)
    advisory_lock("inventory.prices")
    repricing.valid_from = max(repricing.valid_from, local_today())
    rows = list(RepricingLine.objects.filter(repricing=repricing).order_by("position"))
    _refuse_stale(repricing, rows, costs_of)
    kept = [row for row in rows if row.new_price is not None or row.refusal]
    refused = [
        row for row in kept if row.refusal and not (may_exceed and row.refusal == Refusal.ABOVE_LEGAL_MAXIMUM)
    ]
    if refused and not skip_refused:
        raise RepricingRefused(errors=[_refused(row) for row in refused])
    left_out = {row.pk for row in refused}
    chosen = [row for row in kept if row.pk not in left_out and row.new_price is not None]
    if not chosen:
        raise NothingToReprice
    if left_out:
        RepricingLine.objects.filter(pk__in=one_of(left_out)).update(new_price=None)
    _set(repricing, [(row, row.new_price) for row in chosen], actor=actor, may_exceed=may_exceed)
    repricing.status = RepricingStatus.APPLIED
    repricing.applied_at, repricing.applied_by_name = timezone.now(), actor.name
    repricing.save()
    _audit("inventory.apply_repricing", repricing, actor, {"prices": len(chosen), "left_out": len(left_out)})
    return repricing


def cancel_repricing(*, repricing_id: int, actor: Actor) -> Repricing:
    """Give a draft up. Raises RepricingClosed."""
    repricing = _locked(repricing_id, RepricingStatus.DRAFT)
    repricing.status = RepricingStatus.CANCELLED
    repricing.save(update_fields=["status", "updated_at"])
    _audit("inventory.cancel_repricing", repricing, actor, {})
    return repricing


def undo_repricing(*, repricing_id: int, actor: Actor) -> tuple[Repricing, list[RepricingLine]]:
    """Bring the old prices back by new dated ones; answers the lines that could not be.

    Those had no price before, or were priced again since; they stay as they are. Where an old price is above what the
    law allows by now, the legal maximum takes its place. Raises RepricingClosed.
    """
    repricing = _locked(repricing_id, RepricingStatus.APPLIED)
    advisory_lock("inventory.prices")
    rows = list(
        RepricingLine.objects.filter(repricing=repricing, new_price__isnull=False).order_by("position")
    )
    starts = max(repricing.valid_from, local_today())
    now = _facts_now(repricing, rows, on=starts)
    back: list[tuple[RepricingLine, Decimal | None]] = []
    stays = []
    for row in rows:
        facts = now.get((row.unit_id, row.batch_id))
        if row.old_price is None or facts is None or facts.old_price != row.new_price:
            stays.append(row)
            continue
        most = facts.legal_maximum
        back.append((row, row.old_price if most is None else min(row.old_price, most)))
    _set(repricing, back, actor=actor, may_exceed=False, starts=starts)
    repricing.status = RepricingStatus.UNDONE
    repricing.undone_at, repricing.undone_by_name = timezone.now(), actor.name
    repricing.save(update_fields=["status", "undone_at", "undone_by_name", "updated_at"])
    _audit("inventory.undo_repricing", repricing, actor, {"prices": len(back), "left": len(stays)})
    return repricing, stays


def _locked(
    repricing_id: int, wanted: RepricingStatus, check: Callable[[Repricing], None] | None = None
) -> Repricing:
    require_transaction()
    found = lock_rows(Repricing.objects.filter(pk=repricing_id)).first()
    if found is None:
        raise RepricingMissing(repricing=repricing_id)
    if check is not None:
        check(found)
    if found.status != wanted:
        raise RepricingClosed(status=found.status)
    return found


def _refuse_nonsense(data: RepricingData, starts: date, today: date) -> None:
    errors = []
    if starts < today:
        errors.append(FieldError("valid_from", "past", _("Prices are set from today on, or later")))
    by_percent = data.method in (RepriceMethod.PERCENT, RepriceMethod.MARGIN)
    if by_percent and data.percent is None:
        errors.append(FieldError("percent", "required", _("Say by how many per cent")))
    if data.method is RepriceMethod.PERCENT and data.percent is not None and data.percent <= -100:  # noqa: PLR2004
        errors.append(FieldError("percent", "out_of_range", _("Nothing would be left of the price")))
    if data.method is RepriceMethod.FIXED and (data.price is None or data.price <= 0):
        errors.append(FieldError("price", "required", _("Say which price")))
    if data.method in (RepriceMethod.OFFER, RepriceMethod.TYPED) and not data.prices:
        errors.append(FieldError("prices", "required", _("There is no price in it")))
    if data.method is RepriceMethod.TYPED:
        errors += _named_twice(data.prices)
    if data.rounding_step is not None and data.rounding_step <= 0:
        errors.append(FieldError("rounding_step", "positive", _("The step must be above zero.")))
    if errors:
        raise LineInvalid(errors=errors)


def _named_twice(prices: Sequence[TypedPrice]) -> list[FieldError]:
    errors, seen = [], set()
    for number, price in enumerate(prices):
        key = (price.unit_id, price.batch_id)
        if key in seen:
            errors.append(FieldError(f"prices[{number}].unit", "duplicate", _("This unit is named twice")))
        seen.add(key)
    return errors


def _noted(lines: Sequence[JudgedPrice], policy: str) -> list[JudgedPrice]:
    """Under printed prices, a general price does not reach batches that carry their own: say so."""
    if policy != SellingPricePolicy.PRICE_PRINTED_ON_BATCH:
        return list(lines)
    printed = batches_with_printed_price(line.facts.product_id for line in lines)
    return [
        replace(line, warnings=(*line.warnings, PriceWarning.PRINTED_ON_BATCH.value))
        if line.facts.product_id in printed and line.facts.batch_id is None
        else line
        for line in lines
    ]


def _row(repricing: Repricing, number: int, line: JudgedPrice) -> RepricingLine:
    facts = line.facts
    return RepricingLine(
        repricing=repricing,
        position=number,
        product_id=facts.product_id,
        unit_id=facts.unit_id,
        batch_id=facts.batch_id,
        old_price=facts.old_price,
        had_own=facts.has_own,
        new_price=None if line.new_price is None else round_unit_price(line.new_price),
        legal_maximum=facts.legal_maximum,
        cost=facts.cost,
        refusal=line.refusal,
        warnings=list(line.warnings),
    )


def _put(row: RepricingLine, price: Decimal | None) -> None:
    """A line with the price that a person names, judged again; None: left out."""
    if price is None:
        row.new_price, row.refusal = None, ""
        return
    facts = PriceFacts(
        row.unit_id, row.product_id, old_price=row.old_price, legal_maximum=row.legal_maximum, cost=row.cost
    )
    judged = judge_price(facts, round_unit_price(price))
    printed = [text for text in row.warnings if text == PriceWarning.PRINTED_ON_BATCH]
    row.new_price, row.refusal = judged.new_price, judged.refusal
    row.warnings = [*judged.warnings, *printed]


def _facts_now(
    repricing: Repricing, rows: Iterable[RepricingLine], *, on: date, costs_of: CostsOf | None = None
) -> dict[tuple[int, int | None], PriceFacts]:
    prices = tuple(TypedPrice(row.unit_id, row.new_price or Decimal(0), row.batch_id) for row in rows)
    if not prices:
        return {}
    data = RepricingData(RepriceMethod.TYPED, PriceSelection(), prices=prices, tier=PriceTier(repricing.tier))
    facts = price_facts(data, on=on, costs_of=costs_of)
    return {(one.unit_id, one.batch_id): one for one in facts}


def _refuse_stale(repricing: Repricing, rows: Sequence[RepricingLine], costs_of: CostsOf | None) -> None:
    now = _facts_now(repricing, rows, on=repricing.valid_from, costs_of=costs_of)
    detail = _("The price, the legal maximum or the replacement cost is not what it was")
    errors = []
    for row in rows:
        facts = now.get((row.unit_id, row.batch_id))
        before = (row.old_price, row.legal_maximum, row.cost)
        if facts is None or (facts.old_price, facts.legal_maximum, facts.cost) != before:
            errors.append(FieldError(f"lines[{row.position}]", "stale", detail))
    if errors:
        raise RepricingStale(errors=errors)


def _refused(row: RepricingLine) -> FieldError:
    return FieldError(f"lines[{row.position}].price", row.refusal, Refusal(row.refusal).label)


def _set(
    repricing: Repricing,
    prices: Sequence[tuple[RepricingLine, Decimal | None]],
    *,
    actor: Actor,
    may_exceed: bool,
    starts: date | None = None,
) -> None:
    rows = [
        PriceData(
            unit_id=row.unit_id,
            price=price,
            valid_from=starts or repricing.valid_from,
            tier=repricing.tier,
            batch_id=row.batch_id,
        )
        for row, price in prices
        if price is not None
    ]
    source = PriceSource(repricing.source)
    set_selling_prices(prices=rows, actor=actor, source=source, may_exceed=may_exceed)


def _audit(action: str, repricing: Repricing, actor: Actor, data: dict[str, Any]) -> None:
    record_audit(
        action=action, actor=actor, target_kind="repricing", target_id=repricing.pk, summary=repricing.number,
        data=data,
    )  # fmt: skip
