"""Sales from before the ledger: demand that nobody has to wait for."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError
from inventory.selectors import first_movement_date
from sales.errors import SaleLineInvalid
from sales.models import SalesHistory
from sales.types import HistoryData

__all__ = ["save_history"]

MAX_SPAN_DAYS = 366


def save_history(*, rows: Sequence[HistoryData], actor: Actor, import_id: int | None = None) -> int:
    """Keep ``rows``; the same product and day again replaces. Posts nothing. Returns the number of rows.

    Raises SaleLineInvalid (``rows[i]``) for days on or after the first movement: those sales are in the ledger.
    """
    start = first_movement_date()
    errors = []
    for number, row in enumerate(rows):
        if not 1 <= row.span_days <= MAX_SPAN_DAYS or row.quantity < 0:
            errors.append(FieldError(f"rows[{number}]", "range", _("Quantity or span is out of range.")))
        elif start is not None and (start - row.sale_date).days < row.span_days:
            errors.append(
                FieldError(f"rows[{number}].sale_date", "in_ledger", _("The ledger covers this day already."))
            )
    if errors:
        raise SaleLineInvalid(errors=errors)
    with transaction.atomic():
        SalesHistory.objects.bulk_create(
            [
                SalesHistory(
                    product_id=row.product_id,
                    sale_date=row.sale_date,
                    span_days=row.span_days,
                    quantity=row.quantity,
                    amount=row.amount,
                    import_id=import_id,
                )
                for row in rows
            ],
            batch_size=5_000,
            update_conflicts=True,
            unique_fields=["product", "sale_date"],
            update_fields=["span_days", "quantity", "amount", "import_id"],
        )
        if rows:
            record_audit(
                action="sales.import_history",
                actor=actor,
                target_kind="sales_history",
                target_id=import_id or "",
                summary=f"{len(rows)} rows",
            )
    return len(rows)
