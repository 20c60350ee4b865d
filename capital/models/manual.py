"""Entries written by hand: a draft that somebody else looks at before it posts."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from capital.enums import ManualEntryStatus
from core.fields import AmountField, CurrencyField, UnitPriceField
from core.history import track_history
from core.models import TimestampedModel
from core.triggers import no_delete, no_truncate

_DRAFT_ONLY = """
SELECT status INTO state FROM capital_manualentry
 WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.entry_id ELSE NEW.entry_id END;
IF state <> 'draft' THEN
    RAISE EXCEPTION 'pgtrigger: Cannot change the contents of a manual entry that is no draft'
        USING ERRCODE = 'check_violation';
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""


def _draft_only(name: str) -> list[pgtrigger.Trigger]:
    return [
        pgtrigger.Trigger(
            name=f"{name}_draft_only",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            declare=[("state", "text")],
            func=_DRAFT_ONLY,
        ),
        no_truncate(name),
    ]


@track_history()
class ManualEntry(TimestampedModel):
    """A journal entry as proposed by a person; approved, it posts under source ("manual", pk).

    ``updated_at`` moves with every change of the entry, its lines or files: it is the ETag. ``touched_by_ids`` are
    those who wrote, edited or submitted it: with two-person approval none of them may approve. Its contents change
    only in draft, raw SQL included; decided, nothing of it changes.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    status = models.CharField(
        _("status"), max_length=12, choices=ManualEntryStatus, default=ManualEntryStatus.DRAFT
    )
    business_date = models.DateField(_("date"))
    memo = models.CharField(_("memo"), max_length=500)
    amount = AmountField(_("amount"), default=0, help_text=_("The sum of its debits."))
    created_by_id = models.BigIntegerField(null=True, editable=False)
    created_by_name = models.CharField(_("written by"), max_length=255, blank=True, default="")
    touched_by_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    submitted_by_name = models.CharField(_("submitted by"), max_length=255, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by_id = models.BigIntegerField(null=True, editable=False)
    decided_by_name = models.CharField(_("decided by"), max_length=255, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("manual entry")
        verbose_name_plural = _("manual entries")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status=ManualEntryStatus.REJECTED) | ~Q(reason=""),
                name="manual_entry_rejected_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[ManualEntryStatus.APPROVED, ManualEntryStatus.REJECTED])
                | Q(decided_at__isnull=False),
                name="manual_entry_decided_by_someone",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="manual_entry_decided",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status__in=["approved", "rejected", "cancelled"]),
            ),
            *no_delete("manual_entry"),
        ]

    def __str__(self) -> str:
        return self.number


@track_history(part_of="entry")
class ManualEntryLine(models.Model):
    """One proposed side, in the organisation's currency, with foreign money beside it where the account holds some."""

    entry = models.ForeignKey(ManualEntry, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField(_("line"))
    account = models.ForeignKey(
        "capital.Account", verbose_name=_("account"), on_delete=models.PROTECT, related_name="+"
    )
    party = models.ForeignKey(
        "capital.Party",
        verbose_name=_("party"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    debit = AmountField(_("debit"), default=0)
    credit = AmountField(_("credit"), default=0)
    currency = CurrencyField(_("currency"), blank=True, default="")
    foreign_amount = AmountField(_("foreign amount"), null=True, blank=True)
    rate = UnitPriceField(_("rate"), null=True, blank=True)
    memo = models.CharField(_("memo"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["entry_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="manual_line_position_once"),
            models.CheckConstraint(condition=Q(debit__gte=0, credit__gte=0), name="manual_line_not_negative"),
        ]
        triggers = _draft_only("manual_line")

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.position}"


@track_history(part_of="entry")
class ManualEntryFile(models.Model):
    """A voucher that belongs to a manual entry."""

    entry = models.ForeignKey(ManualEntry, on_delete=models.PROTECT, related_name="attachments")
    file = models.ForeignKey(
        "files.StoredFile", verbose_name=_("document"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["entry", "file"], name="manual_file_once")]
        triggers = _draft_only("manual_file")

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.file_id}"
