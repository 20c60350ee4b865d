from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput, NotFound


class FileEmpty(InvalidInput):
    code = "file_empty"
    title = _("The file is empty.")


class FileTooLarge(DomainError):
    status = 413
    code = "file_too_large"
    title = _("The file is too large.")


class UnsupportedFileType(DomainError):
    status = 415
    code = "unsupported_file_type"
    title = _("This is not a PDF, PNG, JPEG, TIFF, CSV or XLSX file.")


class StoredFileNotFound(NotFound):
    code = "file_not_found"
    title = _("There is no such file.")


class LinkExpired(DomainError):
    status = 403
    code = "link_expired"
    title = _("The link is not valid or has expired.")


class TableUnreadable(InvalidInput):
    code = "table_unreadable"
    title = _("The table cannot be read.")


class TableTooLarge(DomainError):
    status = 413
    code = "table_too_large"
    title = _("The table has too many rows.")


class ColumnsMissing(InvalidInput):
    code = "columns_missing"
    title = _("Columns are missing.")


class ImportNotReady(DomainError):
    code = "import_not_ready"
    title = _("The import is not in a state that allows this.")
