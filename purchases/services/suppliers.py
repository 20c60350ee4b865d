"""Suppliers: keep their terms, learn how they write, merge doubles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.services import create_parties, create_party, merge_party, rename_party
from core.actors import Actor
from core.audit import record_audit
from core.errors import DomainError, FieldError, InvalidInput
from core.text import clean, fold
from core.transactions import lock_rows
from purchases.enums import BonusOrder
from purchases.errors import (
    SupplierCodeTaken,
    SupplierInactive,
    SupplierMerged,
    SupplierNameTaken,
    SupplierNotFound,
)
from purchases.models import Offer, OfferLine, ReturnTerms, Supplier, SupplierAlias, SupplierContact
from users.selectors import get_organization

__all__ = [
    "ContactData",
    "SupplierData",
    "change_suppliers",
    "create_supplier",
    "create_suppliers",
    "learn_reading_facts",
    "merge_supplier",
    "supplier_to_buy_from",
    "supplier_to_return_to",
    "update_supplier",
]

_AMOUNTS = (
    "minimum_order_amount",
    "delivery_fee_amount",
    "free_delivery_from_amount",
    "credit_limit_amount",
    "invoice_tolerance_percent",
)


@dataclass(frozen=True)
class ContactData:
    name: str
    role: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class SupplierData:
    """What a person states of a supplier. Amounts are in `currency`; an empty one is the organisation's."""

    name: str
    code: str | None = None
    currency: str = ""
    tax_number: str = ""
    address: str = ""
    notes: str = ""
    minimum_order_amount: Decimal = Decimal(0)
    delivery_fee_amount: Decimal = Decimal(0)
    free_delivery_from_amount: Decimal | None = None
    lead_time_days: int = 1
    payment_terms_days: int = 0
    credit_limit_amount: Decimal = Decimal(0)
    invoice_tolerance_percent: Decimal | None = None
    bonus_order: str = ""
    price_factor: Decimal | None = None
    reading_columns: Mapping[str, str] = field(default_factory=dict)
    is_active: bool = True
    contacts: Sequence[ContactData] = ()


def create_supplier(*, data: SupplierData, actor: Actor) -> Supplier:
    """A supplier with its party in the books. Raises InvalidInput, SupplierCodeTaken, SupplierNameTaken."""
    values = _values(data, get_organization().currency)
    _check(values)
    with transaction.atomic():
        party = create_party(name=values["name"], actor=actor)
        supplier = Supplier(party_id=party.pk, **_keys(values), **values)
        _save(supplier)
        _replace_contacts(supplier, data.contacts)
        record_audit(
            action="purchases.create_supplier",
            actor=actor,
            target_kind="supplier",
            target_id=supplier.pk,
            summary=supplier.name,
        )
    return supplier


def create_suppliers(*, rows: Sequence[SupplierData], actor: Actor) -> list[Supplier]:
    """Many at once, in a constant number of statements. Raises InvalidInput naming `rows[i].field`."""
    currency = get_organization().currency
    with transaction.atomic():
        for row in rows:
            _check(_values(row, currency))
        parties = create_parties(names=[clean(row.name) for row in rows], actor=actor)
        suppliers = []
        for row, party in zip(rows, parties, strict=True):
            values = _values(row, currency)
            suppliers.append(Supplier(party_id=party.pk, **_keys(values), **values))
        try:
            with transaction.atomic():
                Supplier.objects.bulk_create(suppliers)
        except IntegrityError as error:
            raise _taken(error) from error
        SupplierContact.objects.bulk_create(
            [
                SupplierContact(supplier=supplier, position=position, **asdict(contact))
                for supplier, row in zip(suppliers, rows, strict=True)
                for position, contact in enumerate(row.contacts)
            ]
        )
        record_audit(
            action="purchases.create_suppliers",
            actor=actor,
            target_kind="supplier",
            target_id="",
            summary=f"{len(suppliers)} suppliers",
        )
    return suppliers


def _values(data: SupplierData, currency: str) -> dict[str, Any]:
    values = {name: value for name, value in vars(data).items() if name != "contacts"}
    values |= {"name": clean(data.name), "code": data.code or None, "currency": data.currency or currency}
    values["reading_columns"] = dict(data.reading_columns)
    return values


def update_supplier(
    *,
    supplier_id: int,
    changes: Mapping[str, Any],
    actor: Actor,
    contacts: Sequence[ContactData] | None = None,
    check: Callable[[Supplier], None] | None = None,
) -> Supplier:
    """Change what `changes` names; `contacts`, where given, replaces them all. `check` judges the locked row."""
    _check(changes)
    with transaction.atomic():
        supplier = _locked(supplier_id)
        if check is not None:
            check(supplier)
        before = {name: str(getattr(supplier, name)) for name in changes}
        _take(supplier, changes)
        if "name" in changes:
            rename_party(party_id=supplier.party_id, name=supplier.name, actor=actor)
        _save(supplier)
        if contacts is not None:
            _replace_contacts(supplier, contacts)
        record_audit(
            action="purchases.change_supplier",
            actor=actor,
            target_kind="supplier",
            target_id=supplier.pk,
            summary=supplier.name,
            data={"before": before, "after": {name: str(value) for name, value in changes.items()}},
        )
    return supplier


def change_suppliers(*, changes: Mapping[int, Mapping[str, Any]], actor: Actor) -> list[Supplier]:
    """Many at once: supplier -> what changes. Raises SupplierNotFound, InvalidInput, SupplierCodeTaken."""
    with transaction.atomic():
        suppliers = list(lock_rows(Supplier.objects.filter(pk__in=changes)))
        if len(suppliers) != len(changes):
            raise SupplierNotFound
        for supplier in suppliers:
            _check(changes[supplier.pk])
            _take(supplier, changes[supplier.pk])
            supplier.updated_at = timezone.now()
        names = sorted({name for change in changes.values() for name in change})
        try:
            with transaction.atomic():
                fields = ["search_key", "name_key", "updated_at", *names]
                Supplier.objects.bulk_update(suppliers, fields, batch_size=500)
        except IntegrityError as error:
            raise _taken(error) from error
        for supplier in suppliers:
            if "name" in changes[supplier.pk]:
                rename_party(party_id=supplier.party_id, name=supplier.name, actor=actor)
        record_audit(
            action="purchases.change_suppliers",
            actor=actor,
            target_kind="supplier",
            target_id="",
            summary=f"{len(suppliers)} suppliers",
            data={"suppliers": [supplier.pk for supplier in suppliers][:500]},
        )
    return suppliers


def _take(supplier: Supplier, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(supplier, name, value)
    supplier.code = supplier.code or None
    supplier.name = clean(supplier.name)
    for name, key in _keys({"name": supplier.name, "code": supplier.code}).items():
        setattr(supplier, name, key)


def merge_supplier(*, supplier_id: int, into_id: int, actor: Actor) -> Supplier:
    """`supplier_id` becomes a pointer to `into_id`; learned names and live offers go along. Old documents keep their id.

    Where both learned a name, the survivor's decision stands. Answers the survivor.
    """
    if supplier_id == into_id:
        raise InvalidInput(
            errors=[FieldError("into", "invalid", _("A supplier cannot be merged into itself"))]
        )
    with transaction.atomic():
        rows = {row.pk: row for row in lock_rows(Supplier.objects.filter(pk__in=[supplier_id, into_id]))}
        if len(rows) != 2:  # noqa: PLR2004 - both of them
            raise SupplierNotFound
        source, target = rows[supplier_id], rows[into_id]
        if source.merged_into_id or target.merged_into_id:
            raise SupplierMerged(supplier=source.pk)
        known = SupplierAlias.objects.filter(supplier=target).values("name_key")
        SupplierAlias.objects.filter(supplier=source).exclude(name_key__in=known).update(supplier=target)
        Offer.objects.filter(supplier=source).exclude(
            content_key__in=Offer.objects.filter(supplier=target).values("content_key")
        ).update(supplier=target, updated_at=timezone.now())
        OfferLine.objects.filter(supplier=source, offer__supplier=target).update(supplier=target)
        _merge_return_terms(source, target)
        merge_party(party_id=source.party_id, into_id=target.party_id, actor=actor)
        source.merged_into = target
        source.is_active = False
        source.save(update_fields=["merged_into", "is_active", "updated_at"])
        record_audit(
            action="purchases.merge_supplier",
            actor=actor,
            target_kind="supplier",
            target_id=source.pk,
            summary=f"{source.name} -> {target.name}",
            data={"into": target.pk},
        )
    return target


def _merge_return_terms(source: Supplier, target: Supplier) -> None:
    """On what terms goods went back to `source` holds for `target` where it says nothing itself."""
    said = ReturnTerms.objects.filter(supplier=target).values_list("manufacturer_id", flat=True)
    known = set(said)
    for terms in ReturnTerms.objects.filter(supplier=source):
        if terms.manufacturer_id not in known:
            terms.supplier = target
            terms.save(update_fields=["supplier", "updated_at"])


def supplier_to_buy_from(supplier_id: int) -> Supplier:
    """The supplier, its merge pointer followed. Raises SupplierNotFound, SupplierInactive."""
    supplier = Supplier.objects.select_related("merged_into").filter(pk=supplier_id).first()
    if supplier is None:
        raise SupplierNotFound
    supplier = supplier.merged_into or supplier
    if not supplier.is_active:
        raise SupplierInactive(supplier=supplier.pk)
    return supplier


def supplier_to_return_to(supplier_id: int) -> Supplier:
    """The supplier, its merge pointer followed; who is no longer bought from still takes goods back."""
    supplier = Supplier.objects.select_related("merged_into").filter(pk=supplier_id).first()
    if supplier is None:
        raise SupplierNotFound
    return supplier.merged_into or supplier


def learn_reading_facts(
    *,
    supplier_id: int,
    bonus_order: str = "",
    price_factor: Decimal | None = None,
    columns: Mapping[str, str],
) -> None:
    """Remember what a person settled, as the default of this supplier's next list."""
    with transaction.atomic():
        supplier = _locked(supplier_id)
        supplier.bonus_order = bonus_order or supplier.bonus_order
        supplier.price_factor = price_factor or supplier.price_factor
        if columns:
            supplier.reading_columns = dict(columns)
        supplier.save(update_fields=["bonus_order", "price_factor", "reading_columns", "updated_at"])


def _locked(supplier_id: int) -> Supplier:
    supplier = lock_rows(Supplier.objects.filter(pk=supplier_id)).first()
    if supplier is None:
        raise SupplierNotFound
    return supplier


def _check(values: Mapping[str, Any]) -> None:
    errors = [
        FieldError(name, "negative", _("An amount is not negative"))
        for name in _AMOUNTS
        if values.get(name) is not None and values[name] < 0
    ]
    if "name" in values and not clean(str(values["name"])):
        errors.append(FieldError("name", "blank", _("A supplier has a name")))
    if values.get("bonus_order") and values["bonus_order"] not in BonusOrder.values:
        errors.append(FieldError("bonus_order", "invalid", _("Unknown order of the bonus")))
    if values.get("price_factor") is not None and values["price_factor"] <= 0:
        errors.append(FieldError("price_factor", "invalid", _("A factor is more than zero")))
    if errors:
        raise InvalidInput(errors=errors)


def _keys(values: Mapping[str, Any]) -> dict[str, str]:
    """What a supplier is found by, and what tells two apart."""
    return {
        "search_key": fold(f"{values['name']} {values.get('code') or ''}")[:400],
        "name_key": fold(values["name"])[:200],
    }


def _taken(error: IntegrityError, **params: Any) -> DomainError:
    """The fact behind a broken constraint."""
    if "purchases_supplier_named_once" in str(error):
        detail = _("Another supplier has this name")
        return SupplierNameTaken(errors=[FieldError("name", "taken", detail)], **params)
    detail = _("Another supplier has this code")
    return SupplierCodeTaken(errors=[FieldError("code", "taken", detail)], **params)


def _save(supplier: Supplier) -> None:
    try:
        with transaction.atomic():
            supplier.save()
    except IntegrityError as error:
        if "named_once" in str(error) or "code" in str(error):
            raise _taken(error, name=supplier.name, code_taken=supplier.code) from error
        raise


def _replace_contacts(supplier: Supplier, contacts: Sequence[ContactData]) -> None:
    supplier.contacts.all().delete()
    SupplierContact.objects.bulk_create(
        [
            SupplierContact(supplier=supplier, position=position, **asdict(contact))
            for position, contact in enumerate(contacts)
        ]
    )
