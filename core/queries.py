"""Asking PostgreSQL for no more than is wanted."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Func, Model, QuerySet, Value

__all__ = ["one_of", "only_of"]

M = TypeVar("M", bound=Model)


class _OneOf(Func):
    function = "unnest"
    template = "(SELECT %(function)s(%(expressions)s))"
    arity = 1


def one_of(keys: Iterable[int]) -> Func:
    """``keys`` as one parameter, for ``filter(pk__in=one_of(keys))``.

    A list there becomes a placeholder for each key; 20,000 of them cost more to put together than to look up.
    """
    return _OneOf(Value(sorted(set(keys)), output_field=ArrayField(BigIntegerField())))


def only_of(queryset: QuerySet[M], **wanted: Sequence[str]) -> QuerySet[M]:
    """``queryset`` without the columns of its selected relations that nobody asked for: a page shows their names."""
    unseen = []
    for relation, names in wanted.items():
        related: Any = queryset.model._meta.get_field(relation).related_model  # noqa: SLF001 - documented
        columns = related._meta.concrete_fields  # noqa: SLF001 - documented
        unseen += [f"{relation}__{one.name}" for one in columns if not (one.primary_key or one.name in names)]
    return queryset.defer(*unseen)
