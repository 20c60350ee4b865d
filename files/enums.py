from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class FileKind(TextChoices):
    """What a file is by its bytes; names are not believed."""

    PDF = "pdf", _("PDF")
    PNG = "png", _("PNG image")
    JPEG = "jpeg", _("JPEG image")
    TIFF = "tiff", _("TIFF image")
    CSV = "csv", _("CSV table")
    XLSX = "xlsx", _("Excel table")

    @property
    def mime(self) -> str:
        return MIME_TYPES[self.value]


MIME_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TABLES = (FileKind.CSV, FileKind.XLSX)


class ImportStatus(TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    PREVIEWING = "previewing", _("Being checked")
    PREVIEWED = "previewed", _("Checked")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


ENDED = (ImportStatus.DONE, ImportStatus.FAILED, ImportStatus.CANCELLED)
WORKING = (ImportStatus.UPLOADED, ImportStatus.PREVIEWING, ImportStatus.RUNNING)


class ImportMode(TextChoices):
    ALL_OR_NOTHING = "all_or_nothing", _("All rows or none")
    VALID_ROWS = "valid_rows", _("Only the rows without errors")
