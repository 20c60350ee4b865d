from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Trail(TextChoices):
    """The two append-only trails; one chain of seals runs through both."""

    AUDIT = "audit", _("Audit trail")
    SECURITY = "security", _("Security trail")


class VerificationKind(TextChoices):
    TRAIL = "trail", _("Audit trail")
    LEDGERS = "ledgers", _("Ledgers")
