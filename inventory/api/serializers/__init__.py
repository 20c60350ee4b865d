"""Shapes of the API: what comes in, what goes out."""
