"""Units that were invoiced and never came: not owed, claimed until somebody says how it ended."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.transactions import lock_rows
from purchases.enums import ClaimOutcome, InvoiceStatus
from purchases.models import SupplierInvoiceLine
from purchases.services.invoices import audit_invoice, lock_invoice

__all__ = ["settle_invoice_claim"]


def settle_invoice_claim(
    *, invoice_id: int, line_id: int, outcome: str, note: str = "", actor: Actor
) -> SupplierInvoiceLine:
    """Close a claim, once. Goods that came after all are invoiced by a line of another invoice.

    Raises InvoiceNotFound, InvoiceStateConflict, InvalidInput.
    """
    with transaction.atomic():
        invoice = lock_invoice(invoice_id, InvoiceStatus.POSTED)
        line = lock_rows(SupplierInvoiceLine.objects.filter(pk=line_id, invoice=invoice)).first()
        if line is None or not line.claimed_qty or line.claim_outcome:
            detail = _("This line claims nothing")
            raise InvalidInput(errors=[FieldError("line", "no_claim", detail)])
        if outcome not in ClaimOutcome.values:
            raise InvalidInput(errors=[FieldError("outcome", "invalid", _("Not an outcome"))])
        line.claim_outcome, line.claim_note = outcome, note.strip()[:500]
        line.save(update_fields=["claim_outcome", "claim_note"])
        audit_invoice(invoice, "settle_invoice_claim", actor)
    return line
