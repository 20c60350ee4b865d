"""The workbench: the same services as the API; what the ledger holds is only looked at."""

from inventory.admin import catalogue, counts, documents, loans, stock

__all__ = ["catalogue", "counts", "documents", "loans", "stock"]
