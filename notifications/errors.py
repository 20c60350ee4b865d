from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class AlertResolved(DomainError):
    code = "alert_resolved"
    title = _("This alert is settled already.")
