"""What a supplier is told of claims: as text for a message, or as a letter."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.drawing import is_arabic
from core.money import round_money
from purchases.documents.sheet import Heading, Sheet
from purchases.models import SupplierClaim
from users.selectors import get_organization, local_today

__all__ = ["claim_pdf", "claim_text"]

#: Number, name, why, document, quantity, value.
_COLUMNS = (0.0, 66.0, 220.0, 322.0, 390.0, 440.0)


def claim_text(claims: Sequence[SupplierClaim]) -> str:
    """Who claims, and one line of text for each claim of one supplier: its first word tells which way it is read."""
    organization = get_organization()
    return "\n".join([
        organization.name_ar or organization.name,
        _("What is still owed to us, %(date)s") % {"date": local_today().isoformat()},
        "",
        *(
            f"{claim.product.name}, {claim.get_kind_display()}, {claim.open_qty} {claim.unit.label}, "
            f"{_value(claim)} {claim.currency} ({claim.number}, {_document(claim)})"
            for claim in claims
        ),
    ])  # fmt: skip


def claim_pdf(claims: Sequence[SupplierClaim]) -> bytes:
    """Claims of one supplier, with their total."""
    title = _("What is still owed to us, %(date)s") % {"date": local_today().isoformat()}
    sheet = Sheet(
        Heading(claims[0].number, title, claims[0].supplier.name),
        columns=_COLUMNS,
        titles=("#", _("Name"), _("Claim"), _("Document"), _("Quantity"), _("Value")),
        rtl=(get_language() or "").startswith("ar") or any(is_arabic(one.product.name) for one in claims),
    )
    for claim in claims:
        quantity = f"{claim.open_qty} {claim.unit.label}"
        kind = str(claim.get_kind_display())
        sheet.row((claim.number, claim.product.name, kind, _document(claim), quantity, _value(claim)))
    total = sum(round_money(claim.value_amount, claim.currency) for claim in claims)
    sheet.total(_("Total"), f"{total:,f} {claims[0].currency}", at=3)
    return sheet.finished()


def _document(claim: SupplierClaim) -> str:
    """What the supplier finds it by: our order, else the delivery."""
    if claim.order_line is not None:
        return claim.order_line.order.number
    return claim.receipt.number if claim.receipt is not None else "-"


def _value(claim: SupplierClaim) -> str:
    return f"{round_money(claim.value_amount, claim.currency):,f}"
