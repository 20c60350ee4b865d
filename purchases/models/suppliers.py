"""Suppliers: the drug wholesalers we buy from, and what is learned about how they write."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from core.models import TimestampedModel
from purchases.enums import BonusOrder


@track_history(exclude=["search_key", "name_key"])
class Supplier(TimestampedModel):
    """A drug wholesaler. Owed and paid through its `party`; `merged_into` names the one that replaced it.

    Reading facts (`bonus_order`, `price_factor`, `reading_columns`) are learned when a person settles an offer,
    and are hints and defaults for the next one. `price_factor` is null until settled once. `name_key` is the name folded: two
    suppliers that are not merged never share it.
    """

    name = models.CharField(_("name"), max_length=200)
    search_key = models.CharField(max_length=400, editable=False)
    name_key = models.CharField(max_length=200, editable=False, db_default="")
    code = models.CharField(_("code"), max_length=40, unique=True, null=True, blank=True)
    party = models.OneToOneField(
        "capital.Party", on_delete=models.PROTECT, related_name="+", verbose_name=_("party")
    )
    currency = models.CharField(_("currency"), max_length=3)
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    notes = models.TextField(_("notes"), blank=True, max_length=2000)

    minimum_order_amount = AmountField(_("minimum order"), default=0)
    delivery_fee_amount = AmountField(_("delivery fee"), default=0)
    free_delivery_from_amount = AmountField(_("free delivery from"), null=True, blank=True)
    lead_time_days = models.PositiveSmallIntegerField(_("lead time (days)"), default=1)
    payment_terms_days = models.PositiveSmallIntegerField(_("payment terms (days)"), default=0)
    credit_limit_amount = AmountField(_("credit limit"), default=0)
    invoice_tolerance_percent = models.DecimalField(
        _("invoice tolerance (per cent)"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Empty: as the pharmacy's policy says."),
    )

    bonus_order = models.CharField(_("bonus order"), max_length=12, choices=BonusOrder, blank=True)
    price_factor = models.DecimalField(
        _("price factor"), max_digits=14, decimal_places=6, null=True, blank=True
    )
    reading_columns = models.JSONField(_("columns"), default=dict, blank=True)

    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from"
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ("name", "pk")
        indexes = (models.Index(fields=("name", "id"), name="purchases_supplier_name"),)
        constraints = (
            models.UniqueConstraint(
                fields=("name_key",),
                condition=Q(merged_into__isnull=True),
                name="purchases_supplier_named_once",
            ),
            models.CheckConstraint(
                condition=Q(minimum_order_amount__gte=0)
                & Q(delivery_fee_amount__gte=0)
                & Q(credit_limit_amount__gte=0)
                & (Q(free_delivery_from_amount__isnull=True) | Q(free_delivery_from_amount__gte=0)),
                name="purchases_supplier_terms_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(price_factor__isnull=True) | Q(price_factor__gt=0),
                name="purchases_supplier_factor_positive",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="purchases_supplier_not_into_itself",
            ),
        )

    def __str__(self) -> str:
        return self.name


@track_history(part_of="supplier")
class SupplierContact(models.Model):
    """A person to call at a supplier."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    position = models.PositiveSmallIntegerField(default=0, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name
