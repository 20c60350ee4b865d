"""Customers from a table, with what each owed on the first day: `customer-imports/`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from capital.services import PartyOpening, post_opening_balance
from core.actors import Actor
from core.money import round_money
from core.sources import Source
from core.text import clean, fold, normalise_digits, parse_decimal
from files.imports import Column, Importer, Plan, PlanItem, Row, RowError, register_importer
from inventory.enums import PriceTier
from sales.enums import CustomerKind
from sales.models import Customer
from sales.services import CustomerData, change_customers, create_customers
from users.selectors import get_organization, local_today

__all__ = ["CustomerImporter"]

_MOST = Decimal(999_999_999_999)
_TEXTS = {"phone": 40, "note": 500}


def _words(choices: Any, more: Mapping[str, str]) -> dict[str, str]:
    found = {fold(str(word)): value for value, label in choices.choices for word in (value, label)}
    return found | {fold(word): value for word, value in more.items()}


_CHOICES = {
    "kind": _words(CustomerKind, {"شخص": "retail", "عيادة": "clinic", "تأمين": "insurance"}),
    "price_tier": _words(PriceTier, {"مفرق": "retail", "جملة": "wholesale", "تأمين": "insurance"}),
}


@register_importer
class CustomerImporter(Importer):
    """A row is a known customer by phone, else by name; a cell left empty changes nothing of a known one.

    An opening balance is what they owed when the books began; it is for new customers only.
    """

    kind = "customers"
    label = _("Customers")
    permission = "sales.import_customers"
    columns = (
        Column("name", _("Name"), ("customer", "client", "الزبون", "العميل", "الاسم", "اسم الزبون"), required=True, example="Samir Haddad"),
        Column("phone", _("Phone"), ("mobile", "tel", "هاتف", "الهاتف", "موبايل"), example="+963 944 000 000"),
        Column("kind", _("Kind"), ("type", "النوع"), example="retail"),
        Column("price_tier", _("Price list"), ("tier", "قائمة الأسعار"), example="retail"),
        Column("credit_limit_amount", _("Credit limit"), ("credit limit", "limit", "سقف الدين"), example="500000"),
        Column("opening_balance", _("Owes"), ("balance", "debt", "opening balance", "الرصيد", "الدين"), example="120000"),
        Column("note", _("Note"), ("notes", "ملاحظات")),
    )  # fmt: skip

    def plan(self, rows: Sequence[Row], *, options: Mapping[str, Any]) -> Plan:
        """Two statements."""
        plan = Plan()
        known = _Known()
        currency = get_organization().currency
        seen: dict[str, int] = {}
        taken: dict[int, int] = {}
        for row in rows:
            values, errors = _read(row, currency)
            key = _phone(str(values.get("phone", ""))) or fold(values["name"])
            if key and key in seen:
                detail = _("The same customer stands in row %(row)s") % {"row": seen[key]}
                errors.append(RowError(row.number, "name", "duplicate", detail))
            seen.setdefault(key, row.number)
            customer = known.find(values)
            if customer is not None and taken.setdefault(customer.pk, row.number) != row.number:
                detail = _("The same customer stands in row %(row)s") % {"row": taken[customer.pk]}
                errors.append(RowError(row.number, "name", "duplicate", detail))
            if customer is not None and values.get("opening_balance"):
                known_already = _("This customer is known already; what they owe stands in the books")
                errors.append(RowError(row.number, "opening_balance", "known", known_already))
            if errors:
                plan.errors += errors
            else:
                _plan_row(plan, row.number, values, customer)
        return plan

    def apply(
        self, items: Sequence[PlanItem], *, actor: Actor, job_id: int, options: Mapping[str, Any]
    ) -> None:
        """One chunk: its new customers, their opening balances in one entry, and its changes."""
        new = [item for item in items if item.action == "create"]
        if new:
            made = create_customers(
                rows=[CustomerData(**_stated(item.data["values"])) for item in new], actor=actor
            )
            _open_balances(new, made, actor, job_id)
        changed = {item.data["id"]: item.data["changes"] for item in items if item.action == "update"}
        if changed:
            change_customers(changes=changed, actor=actor)


class _Known:
    """Customers by phone and by name, the oldest first; those merged away are not found."""

    def __init__(self) -> None:
        customers = list(Customer.objects.filter(merged_into__isnull=True).order_by("-pk"))
        self._by_phone = {_phone(row.phone): row for row in customers if _phone(row.phone)}
        self._by_name = {fold(row.name): row for row in customers}

    def find(self, values: Mapping[str, Any]) -> Customer | None:
        found = self._by_phone.get(_phone(str(values.get("phone", ""))))
        return found or self._by_name.get(fold(values["name"]))


def _phone(text: str) -> str:
    return "".join(letter for letter in normalise_digits(text) if letter.isdigit())


def _read(row: Row, currency: str) -> tuple[dict[str, Any], list[RowError]]:
    """What the row states, typed; empty cells are left out."""
    values: dict[str, Any] = {"name": clean(row["name"])[:200]}
    errors: list[RowError] = []
    if not values["name"]:
        errors.append(RowError(row.number, "name", "required", _("A customer has a name")))
    for name, length in _TEXTS.items():
        if text := clean(row[name]):
            values[name] = text[:length]
    for name, words in _CHOICES.items():
        if text := fold(row[name]):
            if text in words:
                values[name] = words[text]
            else:
                errors.append(RowError(row.number, name, "unknown", _("This is not one of the choices")))
    for name in ("credit_limit_amount", "opening_balance"):
        if row[name].strip():
            amount = parse_decimal(row[name])
            if amount is None or not 0 <= amount <= _MOST:
                errors.append(RowError(row.number, name, "invalid", _("A number that is not negative")))
            else:
                values[name] = round_money(amount, currency)
    return values, errors


def _plan_row(plan: Plan, number: int, values: dict[str, Any], known: Customer | None) -> None:
    if known is None:
        summary = {name: str(value) for name, value in values.items()}
        plan.items.append(PlanItem(number, "create", {"values": values}, summary))
        return
    changes = {
        name: value for name, value in _stated(values).items() if _differs(name, getattr(known, name), value)
    }
    if not changes:
        plan.unchanged += 1
        return
    moves = {name: {"from": str(getattr(known, name)), "to": str(value)} for name, value in changes.items()}
    plan.items.append(PlanItem(number, "update", {"id": known.pk, "changes": changes}, moves))


def _differs(name: str, held: Any, value: Any) -> bool:
    """A name or phone that somebody was found by is not changed for its spelling alone."""
    if name == "name":
        return fold(str(held)) != fold(str(value))
    if name == "phone":
        return _phone(str(held)) != _phone(str(value))
    return bool(held != value)


def _stated(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in asdict(CustomerData(""))}


def _open_balances(items: Sequence[PlanItem], made: Sequence[Customer], actor: Actor, job_id: int) -> None:
    owing = [
        PartyOpening(customer.party_id, receivable=item.data["values"]["opening_balance"])
        for item, customer in zip(items, made, strict=True)
        if item.data["values"].get("opening_balance")
    ]
    if owing:
        post_opening_balance(
            business_date=local_today(),
            actor=actor,
            parties=owing,
            source=Source("import", str(job_id), f"customers-{items[0].row}"),
        )
