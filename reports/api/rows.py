"""Lists that are computed as a whole: filtered, ordered, paged and exported like any other list."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.ordering import sort_rows
from core.api.serializers import StrictSerializer
from core.api.views import DomainViewSet, ListMixin
from core.text import fold

__all__ = ["ProductShape", "RowsQuery", "RowsViewSet"]

_MAX_ID = 2**63 - 1
_PAGING = ("skip", "limit", "format")


class ProductShape(StrictSerializer):
    """{id, name}."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class RowsQuery(StrictSerializer):
    """What every stock report is narrowed by. ``ordering``: a column, with ``-`` the other way round."""

    search = serializers.CharField(required=False, allow_blank=True, max_length=200)
    product = serializers.IntegerField(required=False, min_value=1, max_value=_MAX_ID)
    category = serializers.IntegerField(required=False, min_value=1, max_value=_MAX_ID)
    manufacturer = serializers.IntegerField(required=False, min_value=1, max_value=_MAX_ID)
    ordering = serializers.CharField(required=False, max_length=200)


class RowsViewSet(ListMixin, DomainViewSet):
    """``rows`` computes the list; ``keep`` says which of it a query asks for; ``orderings`` names its sortable columns."""

    query_class: ClassVar[type[RowsQuery]] = RowsQuery
    orderings: ClassVar[dict[str, Callable[[Any], Any]]] = {}

    def rows(self) -> Sequence[Any]:
        """Everything, in its natural order."""
        raise NotImplementedError

    def keep(self, row: Any, given: dict[str, Any]) -> bool:
        """Whether ``row`` is asked for; beyond what every report is narrowed by."""
        return True

    def given(self) -> dict[str, Any]:
        """The query, checked."""
        params = {key: value for key, value in self.request.query_params.items() if key not in _PAGING}
        form = self.query_class(data=params)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def get_queryset(self) -> Any:
        given = self.given()
        words = fold(given.get("search", "")).split()
        found = [row for row in self.rows() if _fits(row, given, words) and self.keep(row, given)]
        return sort_rows(found, self.request, self.orderings)

    def filter_queryset(self, queryset: Any) -> Any:
        """Narrowed already: the rows are no table."""
        return queryset

    @extend_schema(filters=False)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of the report, or all of it as a file."""
        return super().list(request, *args, **kwargs)


def _fits(row: Any, given: dict[str, Any], words: list[str]) -> bool:
    product = row.product
    return (
        ("product" not in given or product.id == given["product"])
        and ("category" not in given or product.category_id == given["category"])
        and ("manufacturer" not in given or product.manufacturer_id == given["manufacturer"])
        and all(word in product.search_key for word in words)
    )
