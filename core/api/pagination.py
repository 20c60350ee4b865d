"""``?skip=&limit=`` pages whose count stays cheap on a large table."""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination

#: Above this many rows ``count`` is null: counting further costs more than anybody reads.
COUNT_LIMIT = 10_000


class SkipLimitPagination(LimitOffsetPagination):
    """Answers ``{count, next, previous, results}``; count is exact to 10,000, then null."""

    default_limit = 50
    max_limit = 200
    offset_query_param = "skip"

    def get_count(self, queryset: Any) -> int:
        """The number of rows, or COUNT_LIMIT + 1 for anything above COUNT_LIMIT."""
        if isinstance(queryset, list | tuple):
            return len(queryset)
        counted = queryset.order_by()
        if (
            getattr(counted, "_fields", ()) is None
        ):  # whole rows: their keys will do, without what is worked out for each
            counted = counted.values("pk")
        return int(counted[: COUNT_LIMIT + 1].count())

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        self.request = request
        self.limit = self.get_limit(request) or self.default_limit
        counted = self.get_count(queryset)
        self.offset = self.get_offset(request)
        page = list(queryset[self.offset : self.offset + self.limit])
        if counted > COUNT_LIMIT and len(page) == self.limit:  # there may be more: keep a next link
            counted = max(counted, self.offset + self.limit + 1)
        self.count = counted
        return page

    def get_paginated_response(self, data: Any) -> Any:
        response = super().get_paginated_response(data)
        if (self.count or 0) > COUNT_LIMIT:
            response.data["count"] = None
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        described["properties"]["count"] = {"type": ["integer", "null"], "example": 123}
        described["required"] = ["count", "next", "previous", "results"]
        return described
