from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import TimestampedModel
from sales.enums import ReplayStatus
from sales.models.sales import Sale
from sales.models.tills import Till


class SaleReplay(TimestampedModel):
    """A sale of an outage that was refused when its till sent it: kept as it was sent until somebody settles it.

    Accepted ones need no row: the sale is there, with the key.
    """

    till = models.ForeignKey(Till, verbose_name=_("till"), on_delete=models.PROTECT, related_name="+")
    key = models.CharField(_("key"), max_length=255)
    occurred_at = models.DateTimeField(_("occurred at"))
    body = models.JSONField(_("as it was sent"), encoder=DjangoJSONEncoder)
    status = models.CharField(_("status"), max_length=10, choices=ReplayStatus, default=ReplayStatus.REFUSED)
    problem = models.JSONField(_("why it was refused"), default=dict)
    sale = models.ForeignKey(
        Sale, verbose_name=_("sale"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    seller_id = models.BigIntegerField(null=True, blank=True)
    seller_name = models.CharField(_("sold by"), max_length=255)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by_name = models.CharField(_("settled by"), max_length=255, blank=True, default="")
    settled_reason = models.CharField(_("how it was settled"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("refused sale of an outage")
        verbose_name_plural = _("refused sales of an outage")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["till", "key"], name="sale_replay_once"),
            models.CheckConstraint(
                condition=Q(status=ReplayStatus.REFUSED, settled_at__isnull=True, sale__isnull=True)
                | Q(status=ReplayStatus.ACCEPTED, settled_at__isnull=False, sale__isnull=False)
                | Q(status=ReplayStatus.DISMISSED, settled_at__isnull=False, sale__isnull=True),
                name="sale_replay_settled_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["till"], name="sale_replay_open", condition=Q(status=ReplayStatus.REFUSED))
        ]

    def __str__(self) -> str:
        return self.key
