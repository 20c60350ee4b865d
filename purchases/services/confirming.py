"""A person looked at the paper: this odd bonus is real, this line says what is printed."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from core.actors import Actor
from core.audit import record_audit
from core.transactions import lock_rows
from purchases.enums import LineFlag
from purchases.errors import NoSuchTier, OfferLineNotFound
from purchases.models import Offer, OfferLine
from purchases.services.decisions import OPEN
from purchases.services.offer_states import require_status
from purchases.services.pricing import reprice_lines
from purchases.services.settling import lock_with_family, recount_offers

__all__ = ["SETTLED_BY_LOOKING", "confirm_bonus", "confirm_lines"]

#: What a look at the paper settles. No price, no name, an unsure unit or rate want a value, not a look.
SETTLED_BY_LOOKING = (
    LineFlag.LOW_CONFIDENCE,
    LineFlag.ARITHMETIC,
    LineFlag.OUT_OF_BOUNDS,
    LineFlag.BONUS_UNREADABLE,
    LineFlag.UNKNOWN_CONDITION,
    LineFlag.PRICE_JUMP,
    LineFlag.DUPLICATE_LINE,
)


def confirm_lines(*, line_ids: Sequence[int], actor: Actor) -> list[int]:
    """The lines hold as they are shown: they count from now on. Answers those that had something to settle.

    A constant number of statements. Raises OfferLineNotFound, OfferStateConflict.
    """
    with transaction.atomic():
        wanted = OfferLine.objects.filter(pk__in=line_ids)
        offers = {
            offer.pk: offer for offer in lock_rows(Offer.objects.filter(pk__in=wanted.values("offer_id")))
        }
        for offer in offers.values():
            require_status(offer, *OPEN)
        lines = list(wanted.order_by("pk"))
        if len(lines) != len(set(line_ids)):
            found = {line.pk for line in lines}
            raise OfferLineNotFound(lines=[line for line in line_ids if line not in found][:50])
        doubted = [line for line in lines if set(line.flags) & set(SETTLED_BY_LOOKING)]
        told = {line.pk: line.flags for line in doubted[:200]}
        for line in doubted:
            line.flags = [flag for flag in line.flags if flag not in SETTLED_BY_LOOKING]
        OfferLine.objects.bulk_update(doubted, ["flags"])
        recount_offers(sorted(offers))
        record_audit(
            action="purchases.confirm_lines",
            actor=actor,
            target_kind="offer",
            target_id=min(offers, default=""),
            summary=f"{len(doubted)} lines",
            data={"flags": told},
        )
    return [line.pk for line in doubted]


def confirm_bonus(*, line_id: int, tiers: Sequence[int] | None, confirmed: bool, actor: Actor) -> OfferLine:
    """A person says of tiers (by place; None: all) that they are as printed, or takes that back. Net cost follows.

    Raises OfferLineNotFound, NoSuchTier, OfferStateConflict.
    """
    with transaction.atomic():
        found = OfferLine.objects.filter(pk=line_id).values("offer_id").first()
        if found is None:
            raise OfferLineNotFound(lines=[line_id])
        offer = lock_with_family(found["offer_id"])
        require_status(offer, *OPEN)
        line = OfferLine.objects.get(pk=line_id)
        places = range(len(line.bonus)) if tiers is None else tiers
        if not line.bonus or any(not 0 <= place < len(line.bonus) for place in places):
            raise NoSuchTier(line=line_id, tiers=len(line.bonus))
        for place in places:
            line.bonus[place]["confirmed"] = confirmed
        reprice_lines(offer, [line])
        recount_offers([offer.pk])
        record_audit(
            action="purchases.confirm_bonus" if confirmed else "purchases.doubt_bonus",
            actor=actor,
            target_kind="offer_line",
            target_id=line.pk,
            summary=line.raw_name,
            data={"tiers": line.bonus},
        )
    return line
