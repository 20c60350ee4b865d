from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.field_words import translate_field_names


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Core and audit")

    def ready(self) -> None:
        translate_field_names()
