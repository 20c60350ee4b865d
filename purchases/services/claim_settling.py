"""Claims that a credit note settles, and what happens when the note is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils import timezone

from core.actors import Actor
from core.transactions import lock_rows
from purchases.enums import ClaimStatus
from purchases.models import SupplierClaim, SupplierCreditNote

__all__ = ["credit_claims", "take_back_credited_claims"]

_FIELDS = [
    "status",
    "credited_amount",
    "closed_at",
    "closed_by_name",
    "closing_reason",
    "updated_at",
]


def credit_claims(
    claims: Sequence[SupplierClaim],
    amounts: Mapping[int, Decimal],
    *,
    note: SupplierCreditNote,
    actor: Actor,
) -> None:
    """The locked `claims` are settled by `note`, whatever the amounts."""
    now = timezone.now()
    for claim in claims:
        claim.status = ClaimStatus.SETTLED
        claim.credited_amount = amounts[claim.pk]
        claim.closed_at, claim.updated_at = now, now
        claim.closed_by_name = actor.name
        claim.closing_reason = note.number
    SupplierClaim.objects.bulk_update(claims, _FIELDS)


def take_back_credited_claims(note: SupplierCreditNote) -> None:
    """What `note` settled is claimed again."""
    claims = list(lock_rows(SupplierClaim.objects.filter(credits__credit_note=note)))
    now = timezone.now()
    for claim in claims:
        claim.status = ClaimStatus.CLAIMED if claim.claimed_at else ClaimStatus.OPEN
        claim.credited_amount = Decimal(0)
        claim.closed_at, claim.updated_at = None, now
        claim.closed_by_name, claim.closing_reason = "", ""
    SupplierClaim.objects.bulk_update(claims, _FIELDS)
