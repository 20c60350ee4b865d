from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from core.field_words import translate_field_names
from core.history import attach_writer


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Core and audit")

    def ready(self) -> None:
        translate_field_names()
        connection_created.connect(attach_writer, dispatch_uid="core.history")
