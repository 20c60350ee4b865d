"""``?ordering=name,-id``: one way to order every list. A column that a list does not know is refused, and all are named."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, JSONField, Model, QuerySet
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext as _
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from core.errors import FieldError, InvalidInput

__all__ = ["Ordering", "asked_order", "orderings_of", "sort_rows"]

Row = TypeVar("Row")
_UNORDERED = (JSONField, ArrayField)


class Ordering(BaseFilterBackend):
    """Columns as asked, what is unknown last, and then the list's own order, so that pages do not overlap."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        model = queryset.model if isinstance(queryset, QuerySet) else None
        known = orderings_of(view, model) if "ordering" in request.query_params else {}
        asked = asked_order(request, known)
        if not asked:
            return queryset
        terms = (_term(model, known[name], down=down) for name, down in asked)
        return queryset.order_by(*terms, *(queryset.query.order_by or ("pk",)))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        queryset = getattr(view, "queryset", None)
        known = orderings_of(view, None if queryset is None else queryset.model)
        if not known:
            return []
        words = sorted([*known, *(f"-{name}" for name in known)])
        return [
            {
                "name": "ordering",
                "required": False,
                "in": "query",
                "description": "Columns to order by; with `-` from the largest down.",
                "schema": {"type": "array", "items": {"type": "string", "enum": words}},
                "explode": False,
                "style": "form",
            }
        ]


def asked_order(request: Request, known: Collection[str]) -> list[tuple[str, bool]]:
    """(column, whether from the largest down) of a query, in its order. Raises InvalidInput for one not ``known``."""
    asked = [name for name in request.query_params.get("ordering", "").split(",") if name]
    if any(name.removeprefix("-") not in known for name in asked):
        detail = _("This list can be ordered by: %(columns)s") % {"columns": ", ".join(sorted(known)) or "–"}
        raise InvalidInput(errors=[FieldError("ordering", "unknown", detail)])
    return [(name.removeprefix("-"), name.startswith("-")) for name in asked]


def sort_rows(rows: Sequence[Row], request: Request, values: Mapping[str, Callable[[Row], Any]]) -> list[Row]:
    """Rows that are no table, ordered as asked by what ``values`` read off them; what is unknown last."""
    found = list(rows)
    for name, down in reversed(asked_order(request, values)):
        value = values[name]
        known = sorted((row for row in found if value(row) is not None), key=value, reverse=down)
        found = known + [row for row in found if value(row) is None]
    return found


def orderings_of(view: Any, model: type[Model] | None) -> Mapping[str, str]:
    """Public name -> column: what the view's ``orderings`` say, else every plain column that the list shows, by either name."""
    stated = getattr(view, "orderings", None)
    if isinstance(stated, Mapping):
        return stated
    if stated is not None:
        return {name: name for name in stated}
    if model is None:
        return {}
    shown = {name: field.source for name, field in view.get_serializer_class()().fields.items()}
    known = {"id": "pk"} | {source: source for source in shown.values()} | shown
    return {name: source for name, source in known.items() if _is_column(model, source)}


def _is_column(model: type[Model], name: str) -> bool:
    field = _column(model, name)
    return field is not None and not field.is_relation and not isinstance(field, _UNORDERED)


def _column(model: type[Model] | None, name: str) -> Any:
    try:
        field = model._meta.get_field(name) if model else None  # noqa: SLF001 - documented model API
    except FieldDoesNotExist:
        return None
    return field if getattr(field, "concrete", False) else None


def _term(model: type[Model] | None, column: str, *, down: bool) -> OrderBy:
    field = _column(model, column)
    last = True if column != "pk" and (field is None or field.null) else None
    return F(column).desc(nulls_last=last) if down else F(column).asc(nulls_last=last)
