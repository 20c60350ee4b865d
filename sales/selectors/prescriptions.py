"""Reads of prescriptions and of the rules they are dispensed by."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from core.errors import NotFound
from inventory.selectors import control_classes
from sales.enums import PrescriptionState, PrescriptionStatus, SaleStatus
from sales.models import ControlPolicy, Dispensing, Prescription, PrescriptionLine, RefundLine
from users.selectors import local_today

__all__ = [
    "DispensedTo",
    "control_rules",
    "dispensed_to",
    "get_prescription",
    "in_states",
    "list_control_policies",
    "list_prescriptions",
    "registered_classes",
    "rules_for_classes",
    "with_dispensed",
    "with_state",
]

#: What left for a line of a prescription, and below zero what came back: of sales that were not reversed.
_MOVED = """(
    SELECT given.prescription_line_id AS line_id, given.quantity
    FROM sales_dispensing AS given
    JOIN sales_saleline AS sold ON sold.id = given.sale_line_id
    JOIN sales_sale AS sale ON sale.id = sold.sale_id
    WHERE sale.status <> 'reversed'
    UNION ALL
    SELECT given.prescription_line_id, -back.quantity * sold.factor
    FROM sales_refundline AS back
    JOIN sales_dispensing AS given ON given.sale_line_id = back.sale_line_id
    JOIN sales_saleline AS sold ON sold.id = back.sale_line_id
) AS moved"""

_STATE = """
SELECT {chosen} CASE
    WHEN bool_and(given >= allowed) THEN 'dispensed'
    WHEN NOT bool_or(given < allowed AND COALESCE(valid_until >= %s, true) AND COALESCE(last_day >= %s, true)) THEN 'expired'
    WHEN bool_or(given > 0) THEN 'partly_dispensed'
    ELSE 'open'
END AS state
FROM (
    SELECT line.prescription_id, line.quantity * (1 + line.repeats) AS allowed, COALESCE({given}, 0) AS given,
           paper.valid_until, paper.issued_date + rule.valid_days AS last_day
    FROM sales_prescriptionline AS line
    JOIN sales_prescription AS paper ON paper.id = line.prescription_id
    JOIN inventory_product AS product ON product.id = line.product_id
    LEFT JOIN inventory_product AS kept ON kept.id = product.merged_into_id
    LEFT JOIN sales_controlpolicy AS rule
        ON rule.control_class = COALESCE(kept.control_class, product.control_class)
    {which}
) AS lines
"""

#: Of the prescription of the statement around it: its few lines by their indexes.
_STATE_OF_ONE = _STATE.format(
    chosen="",
    given=f"(SELECT sum(quantity)::bigint FROM {_MOVED} WHERE moved.line_id = line.id)",  # noqa: S608
    which='WHERE line.prescription_id = "sales_prescription"."id"',
)
#: Of all prescriptions: what moved is summed once.
_PAPERS_IN_STATES = f"""
SELECT prescription_id FROM ({
    _STATE.format(
        chosen="prescription_id,",
        given="sums.quantity",
        which=f"LEFT JOIN (SELECT line_id, sum(quantity)::bigint AS quantity FROM {_MOVED} GROUP BY line_id) AS sums"
        " ON sums.line_id = line.id",
    )
} GROUP BY prescription_id) AS states WHERE state = ANY(%s)
"""  # noqa: S608


@dataclass(frozen=True)
class DispensedTo:
    """Who got the goods of a sale's line, and on whose word."""

    prescription: str
    patient: str
    patient_id_number: str
    patient_phone: str
    prescriber: str
    prescriber_licence: str


def dispensed_to(sale_ids: Iterable[int]) -> dict[tuple[int, int], DispensedTo]:
    """(sale, number of the line) -> for whom, of each line that was dispensed on a prescription."""
    rows = Dispensing.objects.filter(sale_line__sale__in=set(sale_ids)).select_related(
        "sale_line", "prescription_line__prescription"
    )
    found = {}
    for row in rows:
        paper = row.prescription_line.prescription
        found[row.sale_line.sale_id, row.sale_line.line] = DispensedTo(
            prescription=paper.number,
            patient=paper.patient_name,
            patient_id_number=paper.patient_id_number,
            patient_phone=paper.patient_phone,
            prescriber=paper.prescriber_name,
            prescriber_licence=paper.prescriber_licence,
        )
    return found


def list_control_policies() -> QuerySet[ControlPolicy]:
    return ControlPolicy.objects.order_by("pk")


def registered_classes() -> list[str]:
    """The control classes whose goods are kept in the register."""
    return list(
        ControlPolicy.objects.filter(needs_register=True)
        .values_list("control_class", flat=True)
        .order_by("pk")
    )


def control_rules(product_ids: Iterable[int]) -> dict[int, ControlPolicy]:
    """The rule that each restricted product is sold by: one statement where nothing is restricted, else two."""
    return rules_for_classes(control_classes(product_ids))


def rules_for_classes(classes: Mapping[int, str]) -> dict[int, ControlPolicy]:
    """The rule of each product by its control class; no statement where nothing is restricted."""
    if not classes:
        return {}
    rules = {rule.control_class: rule for rule in list_control_policies()}
    return {product: rules[name] for product, name in classes.items() if name in rules}


def with_dispensed(lines: QuerySet[PrescriptionLine]) -> QuerySet[PrescriptionLine]:
    """``lines`` with ``dispensed_qty``: base units handed out, less what came back and what was reversed."""
    out = Dispensing.objects.filter(prescription_line=OuterRef("pk")).exclude(
        sale_line__sale__status=SaleStatus.REVERSED
    )
    back = RefundLine.objects.filter(sale_line__dispensing__prescription_line=OuterRef("pk"))
    return lines.annotate(
        dispensed_qty=_total(out, "prescription_line", F("quantity"))
        - _total(back, "sale_line__dispensing__prescription_line", F("quantity") * F("sale_line__factor"))
    )


def with_state(papers: QuerySet[Prescription], *, on: date | None = None) -> QuerySet[Prescription]:
    """``papers`` with ``state``, a PrescriptionState, on the day ``on`` (default: today): never stored, so never behind.

    Dispensed is one that leaves nothing; no longer valid one that leaves something which no line may be sold on, by its
    own last day or by the days that its goods' class allows. Worked out row by row, for the page that is shown: whoever
    wants the papers of a state asks `in_states`.
    """
    day = on or local_today()
    return papers.annotate(
        state=Case(
            When(status=PrescriptionStatus.CANCELLED, then=Value(PrescriptionState.CANCELLED)),
            default=RawSQL(_STATE_OF_ONE, [day, day]),  # noqa: S611 - nothing but our own text
            output_field=CharField(),
        )
    )


def in_states(
    papers: QuerySet[Prescription], states: Collection[str], *, on: date | None = None
) -> QuerySet[Prescription]:
    """Those of ``papers`` whose state is one of ``states``: all of them at once, not one by one."""
    day = on or local_today()
    cancelled = Q(status=PrescriptionStatus.CANCELLED)
    others = RawSQL(_PAPERS_IN_STATES, [day, day, list(states)])  # noqa: S611 - nothing but our own text
    wanted = ~cancelled & Q(pk__in=others)
    return papers.filter(wanted | cancelled if PrescriptionState.CANCELLED in states else wanted)


def _total(rows: QuerySet[Any], key: str, quantity: Any) -> Coalesce:
    summed = rows.order_by().values(key).annotate(total=Sum(quantity)).values("total")
    return Coalesce(Subquery(summed, output_field=BigIntegerField()), 0)


def list_prescriptions() -> QuerySet[Prescription]:
    """Newest first, with their state, lines and what is dispensed of each: two statements, however many."""
    lines = with_dispensed(PrescriptionLine.objects.select_related("product"))
    return (
        with_state(Prescription.objects.select_related("customer"))
        .prefetch_related(Prefetch("lines", lines.order_by("line")))
        .order_by("-pk")
    )


def get_prescription(*, prescription_id: int) -> Prescription:
    """Raises NotFound."""
    found = list_prescriptions().filter(pk=prescription_id).first()
    if found is None:
        raise NotFound
    return found
