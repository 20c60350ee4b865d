"""What every viewset of ours shares: stated permissions, exports, ETags."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework import mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import etag_for, not_modified
from core.api.exports import MAX_ROWS, CSVRenderer, XLSXRenderer
from core.api.permissions import HasDomainPermission

EXPORTS = {CSVRenderer.format: CSVRenderer, XLSXRenderer.format: XLSXRenderer}


class DomainViewSet(viewsets.GenericViewSet[Any]):
    """Base of all viewsets.

    ``permissions`` maps each action to the permission code it needs ("*" for the rest); see
    core.api.permissions. ``orderings`` names what a list is ordered by: columns, or a column by public name; None for
    every plain column that it shows (see core.api.ordering). A view method makes one domain call.
    """

    permissions: ClassVar[dict[str, str]] = {}
    orderings: ClassVar[Mapping[str, Any] | Sequence[str] | None] = None
    permission_classes = [HasDomainPermission]
    lookup_value_regex = r"[0-9]{1,18}"

    def answer(
        self, instance: Any, *, status_code: int = status.HTTP_200_OK, serializer: Any = None
    ) -> Response:
        """``instance`` serialized, with its ETag where it has a version."""
        serializer_class = serializer or self.get_serializer_class()
        data = serializer_class(instance, context=self.get_serializer_context()).data
        response = Response(data, status=status_code)
        if hasattr(instance, "updated_at"):
            response["ETag"] = etag_for(instance)
        return response


class ListMixin(mixins.ListModelMixin):
    """``list`` with pages, or the whole filtered list as a file under ``?format=csv|xlsx``."""

    exports = True

    def get_renderers(self) -> list[Any]:
        renderers: list[Any] = super().get_renderers()  # type: ignore[misc]
        request = getattr(self, "request", None)
        wanted = request.GET.get("format") if request is not None else None
        if getattr(self, "action", None) == "list" and wanted in EXPORTS and self.exports:
            renderers.append(EXPORTS[wanted]())
        return renderers

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of the filtered list, or all of it as a file."""
        renderer = request.accepted_renderer
        if renderer.format not in EXPORTS:
            return super().list(request, *args, **kwargs)
        rows = self.filter_queryset(self.get_queryset())[:MAX_ROWS]  # type: ignore[attr-defined]
        response = Response(self.get_serializer(rows, many=True).data)  # type: ignore[attr-defined]
        name = request.path.strip("/").rsplit("/", 1)[-1]
        response["Content-Disposition"] = f'attachment; filename="{name}.{renderer.format}"'
        return response


class RetrieveMixin(mixins.RetrieveModelMixin):
    """``retrieve`` with an ETag, and 304 for a poll that already has it."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One of them, with its ETag; 304 when If-None-Match already holds it."""
        instance = self.get_object()  # type: ignore[attr-defined]
        shown = self.get_serializer(instance).data  # type: ignore[attr-defined]
        if not hasattr(instance, "updated_at"):
            return Response(shown)
        etag = etag_for(instance, shown)
        if not_modified(request, etag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
        return Response(shown, headers={"ETag": etag})


class ReadOnlyDomainViewSet(ListMixin, RetrieveMixin, DomainViewSet):
    """List and detail."""
