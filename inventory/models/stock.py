"""Where goods are, and how many of them, at what value."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from core.language import local_name
from core.models import TimestampedModel
from core.triggers import no_delete
from inventory.enums import BatchState, LocationKind, ReservationState
from inventory.models.catalogue import Product

_REFUSED = """
RAISE EXCEPTION 'Cannot change what a location holds: {rule}'
    USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
"""


def _refuse(name: str, operation: pgtrigger.Operation, condition: str, rule: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=operation,
        condition=pgtrigger.Condition(condition),
        func=_REFUSED.format(name=name, rule=rule),
    )


@track_history()
class Location(TimestampedModel):
    """A place of ours that holds stock."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    name_ar = models.CharField(_("name (Arabic)"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=LocationKind, default=LocationKind.SHOP)
    is_default = models.BooleanField(_("usual place"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="location_one_default"
            )
        ]

    def __str__(self) -> str:
        return local_name(self.name, self.name_ar)


@track_history()
class Batch(TimestampedModel):
    """Product + batch number + expiry: what a recall names.

    ``number`` is empty where unknown; ``expiry_date`` is the last good day, None where the goods carry none.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="batches", verbose_name=_("product"))
    number = models.CharField(_("batch number"), max_length=60, blank=True)
    expiry_date = models.DateField(_("expiry"), null=True, blank=True)
    expiry_is_month = models.BooleanField(_("expiry names a month"), default=False)
    state = models.CharField(_("state"), max_length=16, choices=BatchState, default=BatchState.ACTIVE)
    state_reason = models.CharField(_("reason"), max_length=500, blank=True)
    state_changed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = [F("expiry_date").asc(nulls_last=True), "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "number", "expiry_date"], name="batch_once", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(fields=["expiry_date", "id"], name="batch_expiry"),
            models.Index(fields=["number"], name="batch_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number or '-'} / {self.expiry_date or '-'}"


class Stock(models.Model):
    """What a location holds of a batch: the running sums of its movements and of its open reservations.

    A row begins empty. Triggers of movements and reservations change it (``stock_moves``, ``stock_promised``: migration
    0013), and nothing else can. No index names a quantity: a decrement must stay a heap-only update.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="stock", verbose_name=_("product"))
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="stock", verbose_name=_("batch"))
    location = models.ForeignKey(
        Location, models.PROTECT, related_name="stock", verbose_name=_("location"), db_index=False
    )
    on_hand = models.BigIntegerField(_("on hand"), db_default=0)
    reserved = models.BigIntegerField(_("reserved"), db_default=0)
    value_amount = AmountField(_("value"), db_default=0)

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "location"], name="stock_batch_location_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="stock_on_hand_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")), name="stock_reserved_within"
            ),
            models.CheckConstraint(
                condition=Q(value_amount__gte=0) & (Q(on_hand__gt=0) | Q(value_amount=0)),
                name="stock_value_with_goods",
            ),
        ]
        triggers = [
            _refuse(
                "stock_begins_empty",
                pgtrigger.Insert,
                "NOT (NEW.on_hand = 0 AND NEW.reserved = 0 AND NEW.value_amount = 0)",
                "it begins empty",
            ),
            _refuse(
                "stock_by_movement",
                pgtrigger.Update,
                "pg_trigger_depth() = 0 AND OLD.* IS DISTINCT FROM NEW.*",
                "its movements and reservations do",
            ),
            *no_delete("stock"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}@{self.location_id}: {self.on_hand}"


class Reservation(models.Model):
    """So much of one stock row promised to a source. ``Stock.reserved`` is the sum of the open rows, by trigger."""

    stock = models.ForeignKey(Stock, models.PROTECT, related_name="reservations", db_index=False)
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="reservations", verbose_name=_("product"), db_index=False
    )
    quantity = models.BigIntegerField(_("quantity"))
    source_kind = models.CharField(_("for"), max_length=40)
    source_id = models.CharField(max_length=64)
    source_purpose = models.CharField(max_length=40, blank=True)
    line = models.PositiveIntegerField()
    state = models.CharField(
        _("state"), max_length=16, choices=ReservationState, default=ReservationState.OPEN
    )
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    actor_id = models.BigIntegerField(null=True, editable=False)
    actor_name = models.CharField(max_length=255, blank=True, editable=False)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive"),
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "source_purpose", "line", "stock"],
                name="reservation_once",
            ),
        ]
        indexes = [
            models.Index(fields=["stock"], condition=Q(state="open"), name="reservation_open"),
            models.Index(fields=["product"], name="reservation_product"),
        ]
        triggers = no_delete("reservation")

    def __str__(self) -> str:
        return f"{self.quantity} {self.source_kind} {self.source_id}"
