"""Roles, permissions and who holds them."""
