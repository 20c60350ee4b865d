"""What the law asks of the lines of a sale: a prescription, a right, an amount. And the rows that say it was met."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import DomainError, FieldError
from core.transactions import lock_rows, require_transaction
from inventory.selectors import resolve_products
from sales.enums import PrescriptionStatus
from sales.errors import (
    ControlledRefused,
    DispensingLimitExceeded,
    OverDispensed,
    PrescriptionNotValid,
    PrescriptionRequired,
    SaleLineInvalid,
)
from sales.models import ControlPolicy, Dispensing, Prescription, PrescriptionLine, Sale, SaleLine
from sales.selectors.prescriptions import rules_for_classes, with_dispensed
from sales.services.prescriptions import check_prescription, write_prescription
from sales.services.pricing import PricedLine
from sales.types import PrescriptionData, SaleData, SellerRights

__all__ = ["DispensingPlan", "plan_dispensing", "record_dispensing"]


@dataclass(frozen=True)
class DispensingPlan:
    """Lines of the sale by index: dispensed on a prescription's line, or on the one handed in with the sale."""

    on_file: Mapping[int, int] = field(default_factory=dict)
    handed_in: Sequence[int] = ()


def plan_dispensing(
    *, data: SaleData, priced: Sequence[PricedLine], rights: SellerRights, on: date
) -> DispensingPlan:
    """Judge every line by the rule of its product's class, with the prescriptions that it names locked.

    No statement where nothing is restricted and nothing named; else a constant number. Raises
    PrescriptionRequired, ControlledRefused, PrescriptionNotValid, OverDispensed, DispensingLimitExceeded,
    SaleLineInvalid, each naming its lines, and InvalidInput naming ``prescribed.…``.
    """
    require_transaction()
    rules = rules_for_classes({line.product_id: line.control_class for line in priced if line.control_class})
    named = _named(data, priced, rules)
    _refuse_unprescribed(data, priced, rules, named)
    _refuse_without_right(priced, rules, rights)
    _refuse_above_limit(priced, rules)
    on_file = _judge_named(named, priced, rules, on) if named else {}
    handed_in: list[int] = []
    if data.prescribed is not None:
        handed_in = [
            index for index, line in enumerate(priced) if line.product_id in rules and index not in named
        ]
        if handed_in:
            check_prescription(data=data.prescribed, today=on, at="prescribed.")
        _refuse_stale(data.prescribed, handed_in, priced, rules, on)
    return DispensingPlan(on_file=on_file, handed_in=handed_in)


def _named(
    data: SaleData, priced: Sequence[PricedLine], rules: Mapping[int, ControlPolicy]
) -> dict[int, int]:
    """Line index -> the prescription that it names; the sale's counts for lines that need one."""
    named: dict[int, int] = {}
    for index, (line, sold) in enumerate(zip(data.lines, priced, strict=True)):
        if line.prescription_id is not None:
            named[index] = line.prescription_id
        elif data.prescription_id is not None and sold.product_id in rules:
            named[index] = data.prescription_id
    return named


def _refuse_unprescribed(
    data: SaleData,
    priced: Sequence[PricedLine],
    rules: Mapping[int, ControlPolicy],
    named: Mapping[int, int],
) -> None:
    if data.prescribed is not None:
        return
    detail = _("This is sold on a prescription only: name one, or the patient and the prescriber.")
    _raise(
        PrescriptionRequired,
        [
            FieldError(f"lines[{index}].prescription", "prescription_required", detail)
            for index, line in enumerate(priced)
            if index not in named and line.product_id in rules and rules[line.product_id].needs_prescription
        ],
    )


def _refuse_without_right(
    priced: Sequence[PricedLine], rules: Mapping[int, ControlPolicy], rights: SellerRights
) -> None:
    if rights.dispense_controlled:
        return
    detail = _("This is kept in the register; somebody who may has to dispense it.")
    _raise(
        ControlledRefused,
        [
            FieldError(f"lines[{index}].product", "dispense_controlled", detail)
            for index, line in enumerate(priced)
            if line.product_id in rules and rules[line.product_id].needs_register
        ],
    )


def _refuse_above_limit(priced: Sequence[PricedLine], rules: Mapping[int, ControlPolicy]) -> None:
    sold: dict[int, int] = defaultdict(int)
    errors = []
    for index, line in enumerate(priced):
        rule = rules.get(line.product_id)
        if rule is None or rule.max_quantity is None:
            continue
        sold[line.product_id] += line.base_qty
        if sold[line.product_id] > rule.max_quantity:
            detail = _("At most %(most)d at once.") % {"most": rule.max_quantity}
            errors.append(FieldError(f"lines[{index}].quantity", "above_maximum", detail))
    _raise(DispensingLimitExceeded, errors)


def _judge_named(
    named: Mapping[int, int], priced: Sequence[PricedLine], rules: Mapping[int, ControlPolicy], on: date
) -> dict[int, int]:
    """Line index -> the prescription's line it is dispensed on. Four statements."""
    locked = {row.pk: row for row in lock_rows(Prescription.objects.filter(pk__in=set(named.values())))}
    lines = _lines_of(PrescriptionLine.objects.filter(prescription__in=locked))
    unknown, invalid, above = [], [], []
    taken: dict[int, int] = defaultdict(int)
    chosen: dict[int, int] = {}
    for index, key in named.items():
        sold = priced[index]
        where = f"lines[{index}]"
        prescription, line = locked.get(key), lines.get((key, sold.product_id))
        if prescription is None:
            unknown.append(
                FieldError(f"{where}.prescription", "not_found", _("There is no such prescription."))
            )
        elif line is None:
            detail = _("The prescription does not name this product.")
            unknown.append(FieldError(f"{where}.prescription", "not_prescribed", detail))
        elif not _is_valid(prescription, rules.get(sold.product_id), on):
            invalid.append(
                FieldError(f"{where}.prescription", "not_valid", _("Not valid on the day of the sale."))
            )
        else:
            left = line.allowed_qty - line.dispensed_qty - taken[line.pk]  # type: ignore[attr-defined]
            taken[line.pk] += sold.base_qty
            chosen[index] = line.pk
            if sold.base_qty > left:
                remains = _("Only %(left)d of it are left on the prescription.") % {"left": max(left, 0)}
                above.append(FieldError(f"{where}.quantity", "over_dispensed", remains))
    _raise(SaleLineInvalid, unknown)
    _raise(PrescriptionNotValid, invalid)
    _raise(OverDispensed, above)
    return chosen


def _lines_of(rows: QuerySet[PrescriptionLine]) -> dict[tuple[int, int], PrescriptionLine]:
    """By (prescription, product), merges followed."""
    found = list(with_dispensed(rows))
    became = resolve_products({line.product_id for line in found})
    return {(line.prescription_id, became[line.product_id]): line for line in found}


def _is_valid(prescription: Prescription, rule: ControlPolicy | None, on: date) -> bool:
    if prescription.status != PrescriptionStatus.OPEN:
        return False
    if prescription.valid_until is not None and on > prescription.valid_until:
        return False
    days = rule.valid_days if rule is not None else None
    return days is None or on <= prescription.issued_date + timedelta(days=days)


def _refuse_stale(
    given: PrescriptionData,
    handed_in: Sequence[int],
    priced: Sequence[PricedLine],
    rules: Mapping[int, ControlPolicy],
    on: date,
) -> None:
    """What is handed in with the sale is judged like what is on file."""
    paper = Prescription(issued_date=given.issued_date or on, valid_until=given.valid_until)
    detail = _("Not valid on the day of the sale.")
    _raise(
        PrescriptionNotValid,
        [
            FieldError(f"lines[{index}].prescription", "not_valid", detail)
            for index in handed_in
            if not _is_valid(paper, rules[priced[index].product_id], on)
        ],
    )


def _raise(fact: type[DomainError], errors: Sequence[FieldError]) -> None:
    if errors:
        raise fact(errors=errors)


def record_dispensing(*, plan: DispensingPlan, data: SaleData, sale: Sale, actor: Actor) -> None:
    """Write what was dispensed on what, and the prescription that came with the sale."""
    if not plan.on_file and not plan.handed_in:
        return
    lines = {line.line: line for line in SaleLine.objects.filter(sale=sale)}
    made: dict[int, int] = dict(plan.on_file)
    if plan.handed_in and data.prescribed is not None:
        made |= _write_down(data.prescribed, [lines[index] for index in plan.handed_in], sale, actor)
    Dispensing.objects.bulk_create(
        [
            Dispensing(prescription_line_id=target, sale_line=lines[index], quantity=lines[index].base_qty)
            for index, target in sorted(made.items())
        ]
    )


def _write_down(
    given: PrescriptionData, sold: Sequence[SaleLine], sale: Sale, actor: Actor
) -> dict[int, int]:
    """The prescription handed in, with what was sold on it; number of the sale's line -> its line."""
    totals: dict[int, int] = defaultdict(int)
    for line in sold:
        totals[line.product_id] += line.base_qty
    rows = [
        PrescriptionLine(line=number, product_id=product, quantity=quantity)
        for number, (product, quantity) in enumerate(totals.items())
    ]
    write_prescription(data=given, lines=rows, today=sale.business_date, actor=actor)
    by_product = {row.product_id: row.pk for row in rows}
    return {line.line: by_product[line.product_id] for line in sold}
