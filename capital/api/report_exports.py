"""Reports as JSON, or the same rows as a file under ``?format=csv|xlsx``."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import EXPORTS

__all__ = ["ExportsReports"]


class ExportsReports:
    """Mixin of a viewset whose actions answer reports; ``as_file`` turns one into a table."""

    def get_renderers(self) -> list[Any]:
        renderers: list[Any] = super().get_renderers()  # type: ignore[misc]
        request = getattr(self, "request", None)
        wanted = request.GET.get("format") if request is not None else None
        if wanted in EXPORTS and not any(renderer.format == wanted for renderer in renderers):
            renderers.append(EXPORTS[wanted]())
        return renderers

    def as_file(self, request: Request, rows: Callable[[], Any]) -> Response | None:
        """The rows as the file that was asked for; None where JSON was."""
        renderer = request.accepted_renderer
        if renderer.format not in EXPORTS:
            return None
        name = request.path.strip("/").rsplit("/", 1)[-1]
        disposition = f'attachment; filename="{name}.{renderer.format}"'
        return Response(rows(), headers={"Content-Disposition": disposition})
