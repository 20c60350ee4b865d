from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.models import TaxClass, TaxRate
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.transactions import lock_rows

__all__ = ["create_tax_class", "set_tax_rate"]

_WHOLE = Decimal(100)


def create_tax_class(
    *, name: str, actor: Actor, is_default: bool = False, prices_include_tax: bool = True
) -> TaxClass:
    """A new class; as the default it takes the place of the one before. Raises InvalidInput."""
    with transaction.atomic():
        if TaxClass.objects.filter(name=name).exists():
            raise InvalidInput(errors=[FieldError("name", "unique", _("This name is taken."))])
        if is_default:
            TaxClass.objects.filter(is_default=True).update(is_default=False)
        row = TaxClass.objects.create(name=name, is_default=is_default, prices_include_tax=prices_include_tax)
        record_audit(
            action="capital.add_taxclass",
            actor=actor,
            target_kind="tax_class",
            target_id=row.pk,
            summary=name,
        )
    return row


def set_tax_rate(*, tax_class_id: int, rate: Decimal, valid_from: date, actor: Actor) -> TaxRate:
    """``rate`` per cent from a day on; the same day again corrects it. Posted documents keep their tax.

    Raises NotFound, InvalidInput.
    """
    if not 0 <= rate <= _WHOLE:
        raise InvalidInput(errors=[FieldError("rate", "range", _("A rate lies between 0 and 100 per cent."))])
    with transaction.atomic():
        tax_class = lock_rows(TaxClass.objects.filter(pk=tax_class_id)).first()
        if tax_class is None:
            raise NotFound
        row, _created = TaxRate.objects.update_or_create(
            tax_class=tax_class, valid_from=valid_from, defaults={"rate": rate}
        )
        record_audit(
            action="capital.set_tax_rate",
            actor=actor,
            target_kind="tax_class",
            target_id=tax_class.pk,
            summary=f"{tax_class.name} {rate} % {valid_from}",
        )
    return row
