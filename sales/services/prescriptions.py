"""Prescriptions: written down once, cancelled when wrong, never changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.transactions import lock_rows, require_transaction
from files.errors import StoredFileNotFound
from files.selectors import get_file
from inventory.selectors import product_units, resolve_products
from sales.enums import PrescriptionStatus
from sales.errors import PrescriptionClosed, SaleLineInvalid
from sales.models import ControlPolicy, Customer, Dispensing, Prescription, PrescriptionLine
from sales.selectors.prescriptions import control_rules
from sales.types import PatientData, PrescribedLineData, PrescriberData, PrescriptionData
from users.selectors import local_today

__all__ = [
    "cancel_prescription",
    "check_prescription",
    "create_prescription",
    "update_control_policy",
    "write_prescription",
]

MAX_LINES = 100
_FIRST_BIRTH_YEAR = 1880


def create_prescription(*, data: PrescriptionData, actor: Actor) -> Prescription:
    """Write down a prescription with its lines. Raises InvalidInput, SaleLineInvalid (naming each line)."""
    today = local_today()
    with transaction.atomic():
        check_prescription(data=data, today=today)
        lines = _lines(data.lines)
        prescription = write_prescription(data=data, lines=lines, today=today, actor=actor)
        record_audit(
            action="sales.add_prescription",
            actor=actor,
            target_kind="prescription",
            target_id=prescription.pk,
            summary=f"{prescription.number} {prescription.patient_name}",
        )
    return prescription


def write_prescription(
    *, data: PrescriptionData, lines: Sequence[PrescriptionLine], today: date, actor: Actor
) -> Prescription:
    """The rows of a prescription that was checked; ``lines`` are not saved yet."""
    require_transaction()
    patient, prescriber = data.patient, data.prescriber
    prescription = Prescription.objects.create(
        patient_name=patient.name.strip(),
        patient_id_number=patient.id_number.strip(),
        patient_phone=patient.phone.strip(),
        patient_birth_year=patient.birth_year,
        customer_id=patient.customer_id,
        prescriber_name=prescriber.name.strip(),
        prescriber_licence=prescriber.licence.strip(),
        issued_date=data.issued_date or today,
        valid_until=data.valid_until,
        reference=data.reference.strip(),
        image_id=data.image_id,
        note=data.note.strip(),
        actor_id=actor.id,
        actor_name=actor.name,
    )
    for line in lines:
        line.prescription = prescription
    PrescriptionLine.objects.bulk_create(lines)
    return prescription


def check_prescription(*, data: PrescriptionData, today: date, at: str = "") -> None:
    """Raise InvalidInput for what its header cannot say; fields are named behind ``at``."""
    errors = _person_errors(data.patient, data.prescriber, today)
    issued = data.issued_date or today
    if issued > today:
        errors.append(FieldError("issued_date", "future", _("A prescription is not written in the future.")))
    if data.valid_until is not None and data.valid_until < issued:
        errors.append(FieldError("valid_until", "before_issue", _("This is before it was written.")))
    customer = data.patient.customer_id
    if customer is not None and not Customer.objects.filter(pk=customer).exists():
        errors.append(FieldError("patient.customer", "not_found", _("There is no such customer.")))
    if data.image_id is not None:
        try:
            get_file(data.image_id)
        except StoredFileNotFound:
            errors.append(FieldError("image", "not_found", _("There is no such document.")))
    if errors:
        raise InvalidInput(errors=[replace(error, field=f"{at}{error.field}") for error in errors])


def _person_errors(patient: PatientData, prescriber: PrescriberData, today: date) -> list[FieldError]:
    errors = []
    if not patient.name.strip():
        errors.append(FieldError("patient.name", "required", _("Who is it for?")))
    if patient.birth_year is not None and not _FIRST_BIRTH_YEAR <= patient.birth_year <= today.year:
        errors.append(FieldError("patient.birth_year", "out_of_range", _("Nobody is born in that year.")))
    if not prescriber.name.strip():
        errors.append(FieldError("prescriber.name", "required", _("Who prescribed it?")))
    return errors


def _lines(asked: Sequence[PrescribedLineData]) -> list[PrescriptionLine]:
    """Products resolved and quantities in base units: a constant number of statements."""
    if not 0 < len(asked) <= MAX_LINES:
        error = FieldError("lines", "count", _("A prescription has one to a hundred lines."))
        raise SaleLineInvalid(errors=[error])
    products = resolve_products({line.product_id for line in asked})
    units = product_units(set(products.values()))
    rules = control_rules(set(products.values()))
    errors: list[FieldError] = []
    lines: list[PrescriptionLine] = []
    for number, line in enumerate(asked):
        where = f"lines[{number}]"
        product = products.get(line.product_id)
        if product is None:
            errors.append(FieldError(f"{where}.product", "not_found", _("There is no such product.")))
            continue
        if any(made.product_id == product for made in lines):
            errors.append(FieldError(where, "duplicate", _("This product is there twice.")))
        if line.quantity <= 0:
            errors.append(FieldError(f"{where}.quantity", "positive", _("Prescribe at least one.")))
        factors = {unit.id: unit.factor for unit in units.get(product, [])} | {None: 1}
        if line.unit_id not in factors:
            errors.append(FieldError(f"{where}.unit", "not_found", _("The product has no such unit.")))
        rule = rules.get(product)
        if line.repeats < 0 or (
            rule is not None and rule.max_repeats is not None and line.repeats > rule.max_repeats
        ):
            errors.append(FieldError(f"{where}.repeats", "too_many", _("It may not be repeated so often.")))
        quantity = line.quantity * factors.get(line.unit_id, 1)
        lines.append(
            PrescriptionLine(line=number, product_id=product, quantity=quantity, repeats=line.repeats)
        )
    if errors:
        raise SaleLineInvalid(errors=errors)
    return lines


def cancel_prescription(*, prescription_id: int, reason: str, actor: Actor) -> Prescription:
    """One that was written down wrongly. Raises NotFound, PrescriptionClosed once anything was dispensed on it."""
    with transaction.atomic():
        found = lock_rows(Prescription.objects.filter(pk=prescription_id)).first()
        if found is None:
            raise NotFound
        used = Dispensing.objects.filter(prescription_line__prescription=found).exists()
        if used or found.status != PrescriptionStatus.OPEN:
            raise PrescriptionClosed(status=found.status)
        found.status = PrescriptionStatus.CANCELLED
        found.cancel_reason = reason.strip()[:500]
        found.save(update_fields=["status", "cancel_reason", "updated_at"])
        record_audit(
            action="sales.cancel_prescription",
            actor=actor,
            target_kind="prescription",
            target_id=found.pk,
            summary=f"{found.number}: {reason}",
        )
    return found


def update_control_policy(
    *, policy_id: int, changes: dict[str, Any], actor: Actor, check: Any = None
) -> ControlPolicy:
    """Change what a class asks for; ``check`` sees the locked row. Raises NotFound, InvalidInput."""
    with transaction.atomic():
        policy = lock_rows(ControlPolicy.objects.filter(pk=policy_id)).first()
        if policy is None:
            raise NotFound
        if check is not None:
            check(policy)
        for name, value in changes.items():
            setattr(policy, name, value)
        if policy.needs_register and not policy.needs_prescription:
            detail = _("What is kept in the register is sold on a prescription.")
            raise InvalidInput(errors=[FieldError("needs_prescription", "register", detail)])
        for name in ("max_quantity", "valid_days"):
            if getattr(policy, name) == 0:
                raise InvalidInput(errors=[FieldError(name, "positive", _("At least one, or nothing."))])
        policy.save(update_fields=[*changes, "updated_at"])
        record_audit(
            action="sales.change_controlpolicy",
            actor=actor,
            target_kind="control_policy",
            target_id=policy.pk,
            summary=policy.control_class,
            data={name: str(value) for name, value in changes.items()},
        )
    return policy
