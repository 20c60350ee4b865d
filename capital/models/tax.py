from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.history import track_history
from core.models import TimestampedModel


@track_history()
class TaxClass(TimestampedModel):
    """Goods that are taxed alike. The default class holds whatever names no other."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    is_default = models.BooleanField(_("default"), default=False)
    prices_include_tax = models.BooleanField(_("prices include the tax"), default=True)

    class Meta:
        verbose_name = _("tax class")
        verbose_name_plural = _("tax classes")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="tax_class_one_default"
            )
        ]

    def __str__(self) -> str:
        return self.name


@track_history(part_of="tax_class")
class TaxRate(models.Model):
    """The rate of a class, in per cent, from ``valid_from`` on."""

    tax_class = models.ForeignKey(TaxClass, on_delete=models.CASCADE, related_name="rates")
    rate = models.DecimalField(_("per cent"), max_digits=7, decimal_places=4)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["tax_class", "valid_from"], name="tax_rate_once_a_day"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="tax_rate_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.rate} % ({self.valid_from})"
