"""Cells of a report's table."""

from decimal import Decimal
from typing import Any

from django import template

from core.templatetags.workbench import money

register = template.Library()


@register.filter
def cell(row: dict[str, Any], name: str) -> Any:
    """A row's cell; nothing where it has none."""
    return row.get(name, "")


@register.filter
def amount(value: Any) -> str:
    """Money as everywhere, words as they are."""
    return money(Decimal(value)) if isinstance(value, Decimal | int) else str(value)
