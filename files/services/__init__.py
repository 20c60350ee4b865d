"""The verbs of documents and imports."""

from files.imports.work import preview_import, run_import
from files.selectors import open_file, temporary_link
from files.services.importing import cancel_import, create_import, start_run
from files.services.storing import store_file

__all__ = [
    "cancel_import",
    "create_import",
    "open_file",
    "preview_import",
    "run_import",
    "start_run",
    "store_file",
    "temporary_link",
]
