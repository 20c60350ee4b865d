"""Labels for shelves and packs: what stands on them, on which paper, as a PDF."""

from inventory.labels.content import Label
from inventory.labels.drawing import labels_pdf

__all__ = ["Label", "labels_pdf"]
