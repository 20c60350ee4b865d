"""Alerts, and how people hear of them."""
