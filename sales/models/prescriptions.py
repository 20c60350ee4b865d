"""Prescriptions, what was dispensed on them, and what the law asks of each class of goods."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.history import track_history
from core.models import TimestampedModel
from core.triggers import append_only, no_delete
from sales.enums import PrescriptionStatus, RestrictedClass
from sales.models.sales import SaleLine


@track_history()
class ControlPolicy(TimestampedModel):
    """What selling goods of a class asks for. Goods sold without prescription have no row: nothing is asked.

    ``max_quantity`` base units of a product in one sale; ``valid_days`` after its date a prescription is void.
    What stands in the register is sold on a prescription: that is where its patient and prescriber come from.
    """

    control_class = models.CharField(_("control class"), max_length=16, choices=RestrictedClass, unique=True)
    needs_prescription = models.BooleanField(_("needs a prescription"), default=True)
    needs_register = models.BooleanField(_("kept in the register"), default=False)
    max_quantity = models.PositiveBigIntegerField(
        _("most in one sale"), null=True, blank=True, help_text=_("In base units; empty: no limit.")
    )
    valid_days = models.PositiveSmallIntegerField(
        _("days a prescription is valid"), null=True, blank=True, help_text=_("Empty: as it says itself.")
    )
    max_repeats = models.PositiveSmallIntegerField(
        _("most repeats"), null=True, blank=True, help_text=_("Empty: no limit.")
    )

    class Meta:
        verbose_name = _("rule for a control class")
        verbose_name_plural = _("rules for control classes")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(needs_register=False) | Q(needs_prescription=True),
                name="control_register_needs_prescription",
            ),
            models.CheckConstraint(
                condition=Q(max_quantity__isnull=True) | Q(max_quantity__gt=0),
                name="control_maximum_positive",
            ),
            models.CheckConstraint(
                condition=Q(valid_days__isnull=True) | Q(valid_days__gt=0), name="control_validity_positive"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_control_class_display())


@track_history()
class Prescription(TimestampedModel):
    """What a prescriber ordered for a patient. It does not change: a wrong one is cancelled and written anew.

    The patient is kept as written on the paper; ``customer`` says whom we know them as.
    """

    status = models.CharField(
        _("status"), max_length=10, choices=PrescriptionStatus, default=PrescriptionStatus.OPEN
    )
    patient_name = models.CharField(_("patient"), max_length=200)
    patient_id_number = models.CharField(_("identity number"), max_length=60, blank=True, default="")
    patient_phone = models.CharField(_("patient's phone"), max_length=40, blank=True, default="")
    patient_birth_year = models.PositiveSmallIntegerField(_("year of birth"), null=True, blank=True)
    customer = models.ForeignKey(
        "sales.Customer",
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="prescriptions",
    )
    prescriber_name = models.CharField(_("prescriber"), max_length=200)
    prescriber_licence = models.CharField(_("licence number"), max_length=60, blank=True, default="")
    issued_date = models.DateField(_("written on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    reference = models.CharField(_("number on the paper"), max_length=60, blank=True, default="")
    image = models.ForeignKey(
        "files.StoredFile",
        verbose_name=_("image"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    cancel_reason = models.CharField(_("why cancelled"), max_length=500, blank=True, default="")
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("entered by"), max_length=255)

    class Meta:
        verbose_name = _("prescription")
        verbose_name_plural = _("prescriptions")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["patient_name"], name="prescription_patient"),
            models.Index(fields=["issued_date"], name="prescription_date"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(patient_name="") & ~Q(prescriber_name=""), name="prescription_names_both"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("issued_date")),
                name="prescription_valid_after_issue",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="prescription_stands",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["status", "cancel_reason", "updated_at"]),
            ),
            *no_delete("prescription"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"RX-{self.pk:05d}"


class PrescriptionLine(models.Model):
    """``quantity`` base units of a product, once and ``repeats`` times again."""

    prescription = models.ForeignKey(
        Prescription, verbose_name=_("prescription"), on_delete=models.PROTECT, related_name="lines"
    )
    line = models.PositiveIntegerField(_("line"))
    product = models.ForeignKey(
        "inventory.Product", verbose_name=_("product"), on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveBigIntegerField(_("quantity"))
    repeats = models.PositiveSmallIntegerField(_("repeats"), default=0)

    class Meta:
        verbose_name = _("prescription line")
        verbose_name_plural = _("prescription lines")
        ordering = ["prescription_id", "line"]
        constraints = [
            models.UniqueConstraint(fields=["prescription", "product"], name="prescription_product_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="prescription_line_positive"),
        ]
        triggers = append_only("prescription_line")

    def __str__(self) -> str:
        return f"{self.prescription_id}/{self.line}"

    @property
    def allowed_qty(self) -> int:
        """Base units that may be dispensed on it in all."""
        return self.quantity * (1 + self.repeats)


class Dispensing(models.Model):
    """A sale's line that was handed out on a prescription; ``quantity`` in base units."""

    prescription_line = models.ForeignKey(
        PrescriptionLine, verbose_name=_("prescription"), on_delete=models.PROTECT, related_name="dispensings"
    )
    sale_line = models.OneToOneField(
        SaleLine, verbose_name=_("sale line"), on_delete=models.PROTECT, related_name="dispensing"
    )
    quantity = models.PositiveBigIntegerField(_("quantity"))
    posted_at = models.DateTimeField(_("posted at"), db_default=Now())

    class Meta:
        verbose_name = _("dispensing")
        verbose_name_plural = _("dispensings")
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="dispensing_positive")]
        triggers = append_only("dispensing")

    def __str__(self) -> str:
        return f"{self.prescription_line_id} {self.quantity}"
