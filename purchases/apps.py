"""The purchases app: from a wholesaler's list to goods received and paid."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PurchasesConfig(AppConfig):
    name = "purchases"
    verbose_name = _("Purchases")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from purchases import receivers  # noqa: PLC0415 - apps must be loaded before signals are connected

        receivers.connect()
