from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class FilesConfig(AppConfig):
    name = "files"
    verbose_name = _("Documents and imports")

    def ready(self) -> None:
        """Let every app's `importers` module register what it can import, as the admin does."""
        autodiscover_modules("importers")
