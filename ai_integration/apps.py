from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AiIntegrationConfig(AppConfig):
    name = "ai_integration"
    verbose_name = _("Document reading")
