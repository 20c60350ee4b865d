import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.triggers import append_only

_NOT_OVERDRAWN = """
SELECT sum(amount) INTO open_amount FROM capital_commitment WHERE party_id = NEW.party_id;
IF open_amount < 0 THEN
    RAISE EXCEPTION 'more is released than was committed to party %', NEW.party_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'commitment_not_overdrawn';
END IF;
RETURN NULL;
"""


class Commitment(models.Model):
    """Money promised to a party by an approved order (amount > 0), or freed again (amount < 0).

    Append-only; what is open is the sum. No journal entry belongs to it.
    """

    source_kind = models.CharField(_("source kind"), max_length=40)
    source_id = models.CharField(_("source"), max_length=64)
    purpose = models.CharField(_("purpose"), max_length=40, blank=True, default="")
    party = models.ForeignKey(
        "capital.Party",
        verbose_name=_("party"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    amount = AmountField(_("amount"))
    posted_at = models.DateTimeField(_("posted at"), auto_now_add=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("posted by"), max_length=255)
    actor_kind = models.CharField(max_length=16)

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "purpose"], name="commitment_source_once"
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="commitment_not_zero"),
        ]
        indexes = [models.Index(fields=["party"], include=["amount"], name="commitment_party")]
        triggers = [
            *append_only("commitment"),
            pgtrigger.Trigger(
                name="commitment_not_overdrawn",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[("open_amount", "numeric")],
                func=_NOT_OVERDRAWN,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_kind} {self.source_id} {self.amount}"
