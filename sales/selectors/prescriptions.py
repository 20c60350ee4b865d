"""Reads of prescriptions and of the rules they are dispensed by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateField,
    Exists,
    ExpressionWrapper,
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
    "list_control_policies",
    "list_prescriptions",
    "registered_classes",
    "rules_for_classes",
    "with_dispensed",
    "with_state",
]


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
    own last day or by the days that its goods' class allows.
    """
    day = on or local_today()
    lines: QuerySet[Any] = with_dispensed(PrescriptionLine.objects.filter(prescription=OuterRef("pk")))
    left = lines.filter(dispensed_qty__lt=F("quantity") * (1 + F("repeats")))
    rules = ControlPolicy.objects.filter(control_class=OuterRef("goods_class")).values("valid_days")
    valid = left.annotate(
        goods_class=Coalesce("product__merged_into__control_class", "product__control_class"),
        valid_days=Subquery(rules),
        last_day=ExpressionWrapper(
            F("prescription__issued_date") + F("valid_days"), output_field=DateField()
        ),
    ).filter(Q(valid_days=None) | Q(last_day__gte=day))
    return papers.annotate(
        state=Case(
            When(status=PrescriptionStatus.CANCELLED, then=Value(PrescriptionState.CANCELLED)),
            When(~Exists(left), then=Value(PrescriptionState.DISPENSED)),
            When(Q(valid_until__lt=day) | ~Exists(valid), then=Value(PrescriptionState.EXPIRED)),
            When(Exists(lines.filter(dispensed_qty__gt=0)), then=Value(PrescriptionState.PARTLY_DISPENSED)),
            default=Value(PrescriptionState.OPEN),
            output_field=CharField(),
        )
    )


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
