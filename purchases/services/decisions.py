"""A person's decisions on lines: this is that product, this is not for us. Each is learned once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.transactions import lock_rows
from inventory.types import UnitInfo
from purchases.enums import MatchMethod, MatchStatus, OfferKind, OfferStatus
from purchases.errors import LineHasNoCandidate, OfferLineNotFound, UnitNotOfProduct
from purchases.models import Offer, OfferLine, SupplierAlias
from purchases.services.line_writes import MatchWrite, write_matches
from purchases.services.offer_states import require_status
from purchases.services.settling import recount_offers, settle_supplier
from purchases.services.units import Units, buying_units, price_unit_for, unit_for_line

__all__ = [
    "OPEN",
    "Accepted",
    "Decision",
    "accept_lines",
    "decide_lines",
    "ignore_lines",
    "match_line",
    "unmatch_lines",
]

#: Lines may be decided on while their offer is in one of these.
OPEN = (OfferStatus.MATCHING, OfferStatus.REVIEW, OfferStatus.READY)
MAX_LINES_AT_ONCE = 5000


@dataclass(frozen=True)
class Decision:
    """`product_id` None with `ignore` says "not for us"; None without it takes the match back."""

    line_id: int
    product_id: int | None = None
    unit_id: int | None = None
    ignore: bool = False


@dataclass(frozen=True)
class Accepted:
    """`left_out`: lines whose first suggestion differs (strength, form, pack ...): each is chosen by itself."""

    changed: list[int]
    left_out: list[int]


def accept_lines(*, line_ids: Sequence[int], actor: Actor) -> Accepted:
    """Take the first suggestion of each line, unless it differs. Raises LineHasNoCandidate (nothing is changed)."""
    with transaction.atomic():
        _lock_offers_of(line_ids)
        lines = _lines(line_ids)
        bare = [line.pk for line in lines if not line.candidates]
        if bare:
            raise LineHasNoCandidate(lines=bare[:50])
        alike = [line for line in lines if not line.candidates[0].get("differs")]
        decisions = [Decision(line.pk, product_id=line.candidates[0]["product"]) for line in alike]
        changed = decide_lines(decisions=decisions, actor=actor) if decisions else []
        return Accepted(changed, [line.pk for line in lines if line not in alike])


def ignore_lines(*, line_ids: Sequence[int], actor: Actor) -> list[int]:
    """Not for us: these names are ignored from now on."""
    return decide_lines(
        decisions=[Decision(line, ignore=True) for line in dict.fromkeys(line_ids)], actor=actor
    )


def unmatch_lines(*, line_ids: Sequence[int], actor: Actor) -> list[int]:
    """Take decisions back and forget what was learned from them."""
    return decide_lines(decisions=[Decision(line) for line in dict.fromkeys(line_ids)], actor=actor)


def match_line(*, decision: Decision, actor: Actor) -> list[int]:
    """One line; errors name its own fields."""
    return decide_lines(decisions=[decision], actor=actor, path="")


def decide_lines(
    *,
    decisions: Sequence[Decision],
    actor: Actor,
    method: MatchMethod = MatchMethod.PERSON,
    path: str = "lines[{}].",
) -> list[int]:
    """Decide on lines, learn each name, and apply it to the supplier's live lines of equal name.

    All or nothing; a constant number of statements. Answers the ids of all lines that changed.
    Raises OfferLineNotFound, OfferStateConflict, UnitNotOfProduct, InvalidInput.
    """
    if len(decisions) > MAX_LINES_AT_ONCE:
        raise InvalidInput(
            errors=[
                FieldError(
                    "lines", "too_many", _("At most %(most)d lines at once") % {"most": MAX_LINES_AT_ONCE}
                )
            ]
        )
    with transaction.atomic():
        by_line = _once_each(decisions)
        offers = _lock_offers_of(by_line)
        lines = _lines(list(by_line))
        for line in lines:
            require_status(offers[line.offer_id], *OPEN)
        chosen = _checked(lines, by_line, path)
        _learn(lines, chosen, actor)
        writes = _with_equal_names(lines, chosen, offers, method)
        write_matches(writes, by_id=actor.id, by_name=actor.name)
        _settle(offers, writes)
        record_audit(
            action="purchases.match_lines",
            actor=actor,
            target_kind="offer",
            target_id=lines[0].offer_id if lines else "",
            summary=f"{len(lines)} lines",
            data={"lines": [line.pk for line in lines][:200], "changed": len(writes)},
        )
    return [write.line_id for write in writes]


def _lines(line_ids: Sequence[int]) -> list[OfferLine]:
    lines = list(OfferLine.objects.filter(pk__in=line_ids).select_related("product").order_by("pk"))
    if len(lines) != len(set(line_ids)):
        found = {line.pk for line in lines}
        raise OfferLineNotFound(lines=[line for line in line_ids if line not in found][:50])
    return lines


def _lock_offers_of(line_ids: Iterable[int]) -> dict[int, Offer]:
    """The offers of the lines and the other live offers of their suppliers, locked in pk order."""
    named = OfferLine.objects.filter(pk__in=list(line_ids)).values("offer_id")
    suppliers = Offer.objects.filter(pk__in=named, supplier__isnull=False).values("supplier_id")
    live = Q(supplier__in=suppliers, status__in=OPEN)
    return {offer.pk: offer for offer in lock_rows(Offer.objects.filter(Q(pk__in=named) | live))}


def _once_each(decisions: Sequence[Decision]) -> dict[int, Decision]:
    by_line: dict[int, Decision] = {}
    for place, decision in enumerate(decisions):
        if decision.line_id in by_line:
            raise InvalidInput(
                errors=[FieldError(f"lines[{place}].line", "duplicate", _("The line is named twice"))]
            )
        by_line[decision.line_id] = decision
    return by_line


def _checked(
    lines: Sequence[OfferLine], by_line: Mapping[int, Decision], path: str
) -> dict[int, tuple[Decision, UnitInfo | None]]:
    """Each decision with its unit. Raises UnitNotOfProduct, InvalidInput for a product that is not there."""
    units: Units = buying_units(decision.product_id for decision in by_line.values() if decision.product_id)
    chosen: dict[int, tuple[Decision, UnitInfo | None]] = {}
    price_units = {line.pk: line.price_unit for line in lines}
    for place, (line_id, decision) in enumerate(by_line.items()):
        unit: UnitInfo | None = None
        if decision.product_id is not None:
            known = units.get(decision.product_id, ())
            if not known:
                field = f"{path.format(place)}product"
                raise InvalidInput(errors=[FieldError(field, "not_found", _("There is no such product"))])
            unit = _unit(known, decision, price_units[line_id])
        chosen[line_id] = (decision, unit)
    return chosen


def _unit(known: Sequence[UnitInfo], decision: Decision, price_unit: str) -> UnitInfo | None:
    if decision.unit_id is None:
        return unit_for_line(known, price_unit)
    found = next((unit for unit in known if unit.id == decision.unit_id and unit.may_buy), None)
    if found is None:
        raise UnitNotOfProduct(product=decision.product_id, unit=decision.unit_id)
    return found


def _learn(
    lines: Sequence[OfferLine], chosen: Mapping[int, tuple[Decision, UnitInfo | None]], actor: Actor
) -> None:
    """Upsert one learned name per supplier and name; take back what was taken back. The last decision stands."""
    rows: dict[tuple[int, str], SupplierAlias] = {}
    forget: list[tuple[int, str]] = []
    for line in lines:
        if line.supplier_id is None or not line.name_key:
            continue
        decision, unit = chosen[line.pk]
        key = (line.supplier_id, line.name_key)
        if decision.product_id is None and not decision.ignore:
            forget.append(key)
            continue
        rows[key] = SupplierAlias(
            supplier_id=line.supplier_id,
            name_key=line.name_key,
            raw_name=line.raw_name,
            product_id=decision.product_id,
            unit_id=unit.id if unit else None,
            learned_by_id=actor.id,
            learned_by_name=actor.name,
        )
    SupplierAlias.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["supplier", "name_key"],
        update_fields=["raw_name", "product", "unit", "learned_by_id", "learned_by_name", "updated_at"],
    )
    for supplier in {supplier for supplier, _key in forget}:
        names = [name for owner, name in forget if owner == supplier]
        SupplierAlias.objects.filter(supplier_id=supplier, name_key__in=names).delete()


def _with_equal_names(
    lines: Sequence[OfferLine],
    chosen: Mapping[int, tuple[Decision, UnitInfo | None]],
    offers: Mapping[int, Offer],
    method: MatchMethod,
) -> list[MatchWrite]:
    """The decided lines, and every line of equal name in the supplier's live offers."""
    writes = {line.pk: _write(line.pk, line.candidates, *chosen[line.pk], method) for line in lines}
    by_name = {
        (line.supplier_id, line.name_key): chosen[line.pk]
        for line in lines
        if line.supplier_id and line.name_key
    }
    live = [offer.pk for offer in offers.values() if offer.status in OPEN and offer.kind == OfferKind.OFFER]
    twins = OfferLine.objects.filter(
        offer__in=live,
        supplier__in={supplier for supplier, _key in by_name},
        name_key__in={name for _owner, name in by_name},
    ).exclude(pk__in=writes)
    for twin in twins.order_by("pk").values("pk", "supplier_id", "name_key", "candidates"):
        found = by_name.get((twin["supplier_id"], twin["name_key"]))
        if found is not None:
            writes[twin["pk"]] = _write(twin["pk"], twin["candidates"], *found, method)
    return list(writes.values())


def _write(
    line_id: int, candidates: Sequence[object], decision: Decision, unit: UnitInfo | None, method: MatchMethod
) -> MatchWrite:
    if decision.product_id is None:
        status = MatchStatus.IGNORED if decision.ignore else MatchStatus.UNMATCHED
        if status == MatchStatus.UNMATCHED and candidates:
            status = MatchStatus.UNSURE
        return MatchWrite(
            line_id, status.value, method=MatchMethod.PERSON if decision.ignore else "", candidates=candidates
        )
    return MatchWrite(
        line_id,
        MatchStatus.MATCHED.value,
        product_id=decision.product_id,
        unit_id=unit.id if unit else None,
        method=method.value,
        score=Decimal(1),
        candidates=candidates,
        priced_for=price_unit_for(unit).value if unit and decision.unit_id else "",
    )


def _settle(offers: Mapping[int, Offer], writes: Sequence[MatchWrite]) -> None:
    """Counts and ETags of the offers touched, and which lines hold where partial lists replace by product."""
    touched = set(
        OfferLine.objects.filter(pk__in=[write.line_id for write in writes]).values_list(
            "offer_id", flat=True
        )
    )
    recount_offers(sorted(touched))
    ready = {
        offer.supplier_id
        for offer in offers.values()
        if offer.pk in touched and offer.status == OfferStatus.READY and offer.supplier_id is not None
    }
    for supplier in sorted(ready):
        settle_supplier(supplier_id=supplier)
