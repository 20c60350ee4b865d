"""On what terms suppliers take goods back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.transactions import lock_rows
from purchases.errors import ReturnTermsNotFound, ReturnTermsTaken
from purchases.models import ReturnTerms
from purchases.services.suppliers import supplier_to_return_to

__all__ = ["remove_return_terms", "save_return_terms"]

_MOST_MONTHS = 120
_HUNDRED = Decimal(100)


def save_return_terms(
    *,
    values: Mapping[str, Any],
    actor: Actor,
    terms_id: int | None = None,
    check: Callable[[ReturnTerms], None] | None = None,
) -> ReturnTerms:
    """New terms, or a change of `terms_id`. Raises ReturnTermsNotFound, SupplierNotFound, InvalidInput, ReturnTermsTaken.

    Returns that were sent keep the terms that held.
    """
    _check(values)
    with transaction.atomic():
        terms = ReturnTerms() if terms_id is None else _locked(terms_id)
        if terms_id is not None and check is not None:
            check(terms)
        for name, value in values.items():
            setattr(terms, name, value)
        if terms_id is None:
            terms.supplier = supplier_to_return_to(values["supplier_id"])
        try:
            with transaction.atomic():
                terms.save()
        except IntegrityError as error:
            raise ReturnTermsTaken(supplier=terms.supplier_id) from error
        _audit("save_return_terms", terms, actor, {name: str(value) for name, value in values.items()})
    return terms


def remove_return_terms(*, terms_id: int, actor: Actor) -> None:
    """The supplier takes nothing back on these terms any more. Raises ReturnTermsNotFound."""
    with transaction.atomic():
        terms = _locked(terms_id)
        _audit("remove_return_terms", terms, actor, {})
        terms.delete()


def _locked(terms_id: int) -> ReturnTerms:
    terms = lock_rows(ReturnTerms.objects.filter(pk=terms_id)).first()
    if terms is None:
        raise ReturnTermsNotFound
    return terms


def _check(values: Mapping[str, Any]) -> None:
    errors = [
        FieldError(name, "out_of_range", _("A number of months"))
        for name in ("months_before", "months_after")
        if values.get(name) is not None and not 0 <= values[name] <= _MOST_MONTHS
    ]
    percent = values.get("credit_percent")
    if percent is not None and not 0 <= percent <= _HUNDRED:
        errors.append(FieldError("credit_percent", "out_of_range", _("Between 0 and 100 per cent")))
    if values.get("minimum_amount") is not None and values["minimum_amount"] < 0:
        errors.append(FieldError("minimum_amount", "negative", _("An amount is not negative")))
    if errors:
        raise InvalidInput(errors=errors)


def _audit(action: str, terms: ReturnTerms, actor: Actor, data: dict[str, str]) -> None:
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="return_terms",
        target_id=terms.pk,
        summary=str(terms),
        data=data,
    )
