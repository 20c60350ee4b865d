"""The journal: append-only, balanced, closed by period. Every rule here holds against raw SQL too."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField, UnitPriceField
from core.triggers import append_only

_BALANCED = """
SELECT count(*), coalesce(sum(debit - credit), 0) INTO line_count, difference
  FROM capital_journalline WHERE entry_id = NEW.id;
IF line_count < 2 OR difference <> 0 THEN
    RAISE EXCEPTION 'journal entry % does not balance: % lines, difference %', NEW.number, line_count, difference
        USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_balances';
END IF;
RETURN NULL;
"""

_PERIOD_OPEN = """
SELECT start_date, end_date, closed_at INTO first_day, last_day, closed
  FROM capital_period WHERE id = NEW.period_id FOR SHARE;
IF closed IS NOT NULL THEN
    RAISE EXCEPTION 'the period % is closed', first_day
        USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_period_open';
END IF;
IF NEW.business_date NOT BETWEEN first_day AND last_day THEN
    RAISE EXCEPTION 'business date % is not within its period', NEW.business_date
        USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_in_period';
END IF;
RETURN NEW;
"""

_ALL_AT_ONCE = """
IF EXISTS (
    SELECT 1 FROM (SELECT entry_id, count(*) AS n FROM new_lines GROUP BY entry_id) AS written
     WHERE written.n <> (SELECT count(*) FROM capital_journalline WHERE entry_id = written.entry_id)
) THEN
    RAISE EXCEPTION 'the lines of a journal entry are written in one statement, never added to'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_lines_at_once';
END IF;
IF EXISTS (
    SELECT 1 FROM new_lines l JOIN capital_journalentry e ON e.id = l.entry_id
     WHERE l.business_date <> e.business_date
) THEN
    RAISE EXCEPTION 'a journal line carries the business date of its entry'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_line_date';
END IF;
RETURN NULL;
"""


class JournalEntry(models.Model):
    """One balanced posting, named once and for all by its source.

    ``business_date`` decides the period, ``occurred_at`` is when it happened by the client's clock,
    ``posted_at`` the server's. ``fingerprint`` tells a repeat from a different posting of the same source.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    period = models.ForeignKey(
        "capital.Period", verbose_name=_("period"), on_delete=models.PROTECT, related_name="+"
    )
    source_kind = models.CharField(_("source kind"), max_length=40)
    source_id = models.CharField(_("source"), max_length=64)
    purpose = models.CharField(_("purpose"), max_length=40, blank=True, default="")
    business_date = models.DateField(_("business date"))
    occurred_at = models.DateTimeField(_("occurred at"))
    posted_at = models.DateTimeField(_("posted at"), db_default=Now())
    memo = models.CharField(_("memo"), max_length=500, blank=True, default="")
    reverses = models.OneToOneField(
        "self",
        verbose_name=_("reverses"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reversed_by",
    )
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("posted by"), max_length=255)
    actor_kind = models.CharField(max_length=16)
    fingerprint = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "purpose"], name="journal_entry_source_once"
            ),
            models.CheckConstraint(condition=~Q(reverses=F("id")), name="journal_entry_not_its_own_reversal"),
        ]
        indexes = [models.Index(fields=["business_date"], name="journal_entry_date")]
        triggers = [
            *append_only("journal_entry"),
            pgtrigger.Trigger(
                name="journal_entry_balances",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("line_count", "bigint"), ("difference", "numeric")],
                func=_BALANCED,
            ),
            pgtrigger.Trigger(
                name="journal_entry_period_open",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("first_day", "date"), ("last_day", "date"), ("closed", "timestamptz")],
                func=_PERIOD_OPEN,
            ),
        ]

    def __str__(self) -> str:
        return self.number


class JournalLine(models.Model):
    """One side of an entry, in the organisation's currency, with the document's currency beside it.

    A foreign amount of zero moves what the books carry a foreign balance at, and no money (a revaluation).
    All lines of an entry are written in one statement and never added to.
    """

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines", db_index=False)
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
        db_index=False,
    )
    business_date = models.DateField(_("business date"))
    debit = AmountField(_("debit"))
    credit = AmountField(_("credit"))
    currency = CurrencyField(_("currency"), blank=True, default="")
    foreign_amount = AmountField(_("foreign amount"), null=True, blank=True)
    rate = UnitPriceField(_("rate"), null=True, blank=True)
    memo = models.CharField(_("memo"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("journal line")
        verbose_name_plural = _("journal lines")
        ordering = ["entry_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="journal_line_position_once"),
            models.CheckConstraint(
                condition=Q(debit__gt=0, credit=0) | Q(debit=0, credit__gt=0), name="journal_line_one_side"
            ),
            models.CheckConstraint(
                condition=Q(currency="", foreign_amount__isnull=True, rate__isnull=True)
                | (~Q(currency="") & Q(foreign_amount__gte=0, rate__gt=0)),
                name="journal_line_currency_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["party", "account"], name="journal_line_party", condition=Q(party__isnull=False)
            ),
            models.Index(
                fields=["account", "currency"], name="journal_line_foreign", condition=~Q(currency="")
            ),
        ]
        triggers = [
            *append_only("journal_line"),
            pgtrigger.Trigger(
                name="journal_lines_at_once",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_lines"),
                func=_ALL_AT_ONCE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.position}"


class DailyTotal(models.Model):
    """What one roll-up found for an account (and party) on one business day: the lines after the previous
    roll-up and up to ``through_line_id``.

    A balance is the sum of these plus the lines after the greatest ``through_line_id``; a late entry for a day
    that was rolled up becomes another row of that day. Append-only.
    """

    account = models.ForeignKey("capital.Account", on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(
        "capital.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    business_date = models.DateField(_("business date"))
    debit = AmountField(_("debit"))
    credit = AmountField(_("credit"))
    through_line_id = models.BigIntegerField(_("through line"), db_index=True)

    class Meta:
        verbose_name = _("daily total")
        verbose_name_plural = _("daily totals")
        ordering = ["-business_date", "account_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "party", "business_date", "through_line_id"],
                name="daily_total_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(debit__gte=0, credit__gte=0), name="daily_total_sums"),
        ]
        indexes = [
            models.Index(
                fields=["party", "account"], name="daily_total_party", condition=Q(party__isnull=False)
            )
        ]
        triggers = append_only("daily_total")

    def __str__(self) -> str:
        return f"{self.account_id} {self.business_date}"
