"""The controlled register: read from the stock ledger, with the people and papers behind each movement."""

from reports.register.entries import RegisterEntry, register_entries, registered_movements

__all__ = ["RegisterEntry", "register_entries", "registered_movements"]
