"""Stored documents and what is imported from them."""
