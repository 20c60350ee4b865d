"""The books at the workbench. Ledgers are looked at; everything else calls the services that the API calls."""

from capital.admin import accounts, closing, documents, journal, manual, reports

__all__ = ["accounts", "closing", "documents", "journal", "manual", "reports"]
