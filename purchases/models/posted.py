"""What every document of the supplier's side says of itself once it is in the books."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import TimestampedModel

__all__ = ["PostedDocument"]


class PostedDocument(TimestampedModel):
    """Who posted it, and who took it back, when and why; its triggers let nothing else change."""

    posted_by_id = models.BigIntegerField(null=True, editable=False)
    posted_by_name = models.CharField(_("posted by"), max_length=255, blank=True, editable=False)
    reversed_at = models.DateTimeField(_("reversed at"), null=True, editable=False)
    reversed_by_name = models.CharField(_("reversed by"), max_length=255, blank=True, editable=False)
    reversal_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        abstract = True
