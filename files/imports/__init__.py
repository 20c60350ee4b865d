"""What an app needs to offer an import: see `base`."""

from files.imports.base import (
    Column,
    Importer,
    Plan,
    PlanItem,
    Row,
    RowError,
    importer_for,
    register_importer,
    registered_kinds,
)

__all__ = [
    "Column",
    "Importer",
    "Plan",
    "PlanItem",
    "Row",
    "RowError",
    "importer_for",
    "register_importer",
    "registered_kinds",
]
