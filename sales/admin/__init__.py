"""Selling at the workbench, one noun a module; importing a module registers its pages."""

from sales.admin import customers, demand, documents, prescriptions, refunds, replays, shifts, tills

__all__ = ["customers", "demand", "documents", "prescriptions", "refunds", "replays", "shifts", "tills"]
