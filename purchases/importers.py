"""Suppliers from a table: `supplier-imports/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.text import clean, fold, parse_decimal
from files.imports import Column, Importer, Plan, PlanItem, Row, RowError, register_importer
from purchases.models import Supplier
from purchases.services import ContactData, SupplierData, change_suppliers, create_suppliers

_AMOUNTS = ("minimum_order_amount", "delivery_fee_amount", "free_delivery_from_amount", "credit_limit_amount")
_DAYS = {"lead_time_days": 365, "payment_terms_days": 3650}
_TEXTS = {"code": 40, "tax_number": 40, "address": 300, "notes": 2000}
_CONTACT = ("contact", "phone", "email")
_MOST = Decimal(999_999_999_999)
_CURRENCY_LETTERS = 3


@register_importer
class SupplierImporter(Importer):
    """A row is a known supplier by its code, else by its name; a cell left empty changes nothing of a known one."""

    kind = "suppliers"
    label = _("Suppliers")
    permission = "purchases.import_suppliers"
    columns = (
        Column("name", _("Name"), ("supplier", "warehouse", "اسم المستودع", "المستودع", "المورد", "الاسم"), required=True, example="Al Amal"),
        Column("code", _("Code"), ("رمز", "الرمز", "كود"), example="W1"),
        Column("currency", _("Currency"), ("العملة",), example="SYP"),
        Column("contact", _("Contact"), ("contact name", "المندوب", "جهة الاتصال"), example="Rami"),
        Column("phone", _("Phone"), ("mobile", "tel", "هاتف", "الهاتف", "موبايل"), example="+963 11 000 0000"),
        Column("email", _("E-mail"), ("mail", "البريد"), example="sales@example.org"),
        Column("minimum_order_amount", _("Minimum order"), ("minimum order", "الحد الأدنى للطلب"), example="500000"),
        Column("delivery_fee_amount", _("Delivery fee"), ("delivery fee", "أجرة التوصيل"), example="15000"),
        Column("free_delivery_from_amount", _("Free delivery from"), ("free delivery", "توصيل مجاني من"), example="2000000"),
        Column("lead_time_days", _("Lead time (days)"), ("lead time", "مدة التوريد"), example="1"),
        Column("payment_terms_days", _("Payment terms (days)"), ("payment terms", "مدة السداد"), example="30"),
        Column("credit_limit_amount", _("Credit limit"), ("credit limit", "سقف الدين"), example="10000000"),
        Column("tax_number", _("Tax number"), ("الرقم الضريبي",)),
        Column("address", _("Address"), ("العنوان",)),
        Column("notes", _("Notes"), ("ملاحظات",)),
    )  # fmt: skip

    def plan(self, rows: Sequence[Row], *, options: Mapping[str, Any]) -> Plan:
        plan = Plan()
        by_code, by_name = _known()
        seen: dict[str, int] = {}
        named: dict[str, int] = {}
        for row in rows:
            values, errors = _read(row)
            key = fold(str(values.get("code") or values.get("name") or ""))
            if key and key in seen:
                detail = _("The same supplier stands in row %(row)s") % {"row": seen[key]}
                errors.append(RowError(row.number, "name", "duplicate", detail))
            seen.setdefault(key, row.number)
            if errors:
                plan.errors += errors
                continue
            known = by_code.get(fold(str(values.get("code", "")))) or by_name.get(fold(values["name"]))
            error = _name_taken(row.number, fold(values["name"]), known, by_name, named)
            if error is not None:
                plan.errors.append(error)
                continue
            _plan_row(plan, row.number, values, known)
        return plan

    def apply(
        self, items: Sequence[PlanItem], *, actor: Actor, job_id: int, options: Mapping[str, Any]
    ) -> None:
        new = [_as_data(item.data["values"]) for item in items if item.action == "create"]
        if new:
            create_suppliers(rows=new, actor=actor)
        changed = {item.data["id"]: item.data["changes"] for item in items if item.action == "update"}
        if changed:
            change_suppliers(changes=changed, actor=actor)


def _known() -> tuple[dict[str, Supplier], dict[str, Supplier]]:
    suppliers = list(Supplier.objects.filter(merged_into__isnull=True).order_by("-pk"))
    return (
        {fold(supplier.code): supplier for supplier in suppliers if supplier.code},
        {fold(supplier.name): supplier for supplier in suppliers},
    )


def _name_taken(
    number: int, name: str, known: Supplier | None, by_name: Mapping[str, Supplier], named: dict[str, int]
) -> RowError | None:
    """Two suppliers never share a name: not with another row, not with one that is here under another code."""
    holder = by_name.get(name)
    if holder is not None and known is not None and holder.pk != known.pk:
        return RowError(number, "name", "taken", _("Another supplier has this name"))
    if name in named:
        detail = _("Another supplier has this name in row %(row)s") % {"row": named[name]}
        return RowError(number, "name", "taken", detail)
    named[name] = number
    return None


def _read(row: Row) -> tuple[dict[str, Any], list[RowError]]:
    """What the row states, typed; empty cells are left out."""
    values: dict[str, Any] = {"name": clean(row["name"])[:200]}
    errors: list[RowError] = []
    if not values["name"]:
        errors.append(RowError(row.number, "name", "required", _("A supplier has a name")))
    for name, length in _TEXTS.items():
        if text := clean(row[name]):
            values[name] = text[:length]
    for name in _CONTACT:
        if text := clean(row[name]):
            values[name] = text[:120]
    if text := row["currency"].strip().upper():
        if len(text) == _CURRENCY_LETTERS and text.isascii() and text.isalpha():
            values["currency"] = text
        else:
            errors.append(RowError(row.number, "currency", "invalid", _("An ISO 4217 code, such as USD")))
    for name in (*_AMOUNTS, *_DAYS):
        _read_number(row, name, values, errors)
    return values, errors


def _read_number(row: Row, name: str, values: dict[str, Any], errors: list[RowError]) -> None:
    if not row[name].strip():
        return
    number = parse_decimal(row[name])
    most = Decimal(_DAYS.get(name, _MOST))
    if number is None or not 0 <= number <= most or (name in _DAYS and number != int(number)):
        errors.append(RowError(row.number, name, "invalid", _("A number that is not negative")))
    else:
        values[name] = int(number) if name in _DAYS else number


def _plan_row(plan: Plan, number: int, values: dict[str, Any], known: Supplier | None) -> None:
    if known is None:
        summary = {name: str(value) for name, value in values.items()}
        plan.items.append(PlanItem(number, "create", {"values": values}, summary))
        return
    changes = {
        name: value for name, value in values.items() if name not in _CONTACT and _differs(name, known, value)
    }
    if not changes:
        plan.unchanged += 1
        return
    moves = {name: {"from": str(getattr(known, name)), "to": str(value)} for name, value in changes.items()}
    plan.items.append(PlanItem(number, "update", {"id": known.pk, "changes": changes}, moves))


def _differs(name: str, known: Supplier, value: Any) -> bool:
    """A name or code that a supplier was found by is not changed for its spelling alone."""
    held = getattr(known, name)
    if name in {"name", "code"}:
        return fold(str(held or "")) != fold(str(value))
    return bool(held != value)


def _as_data(values: Mapping[str, Any]) -> SupplierData:
    stated = {name: value for name, value in values.items() if name not in _CONTACT}
    contacts: tuple[ContactData, ...] = ()
    if any(values.get(name) for name in _CONTACT):
        contacts = (
            ContactData(
                name=values.get("contact") or values["name"][:120],
                phone=values.get("phone", "")[:40],
                email=values.get("email", ""),
            ),
        )
    return SupplierData(**stated, contacts=contacts)
