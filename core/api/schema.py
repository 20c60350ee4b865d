"""OpenAPI: permissions, problem answers and our headers on every operation."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from core.api.idempotency import HEADER
from core.api.permissions import PUBLIC, SIGNED_IN, required_permission
from core.api.views import ListMixin

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["field", "code", "detail"],
            },
        },
        "params": {"type": "object", "additionalProperties": True},
    },
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id", "errors"],
}
_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": _PROBLEM_REF}}}


class PharmacioSchema(AutoSchema):
    """Adds ``x-permission``, the problem answers, and the headers and formats that a view takes."""

    def get_override_parameters(self) -> list[Any]:
        parameters = list(super().get_override_parameters())
        method = getattr(self.view, getattr(self.view, "action", None) or "", None)
        if getattr(method, "takes_idempotency_key", False):
            text = "Replays with the same key get the same answer and do nothing twice (kept 30 days)."
            parameters.append(
                OpenApiParameter(HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description=text)
            )
        if getattr(self.view, "action", None) == "list" and isinstance(self.view, ListMixin):
            text = "The whole filtered list as a file."
            parameters.append(
                OpenApiParameter("format", OpenApiTypes.STR, enum=["csv", "xlsx"], description=text)
            )
        return parameters

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        code = self._permission()
        if code:
            operation["x-permission"] = code
        answers = operation["responses"]
        answers.setdefault("default", _problem("What went wrong, as problem+json"))
        return operation

    def _permission(self) -> str | None:
        if not hasattr(self.view, "permissions"):
            return None
        try:
            code = required_permission(self.view)
        except ImproperlyConfigured:
            return None
        return None if code == PUBLIC else code or SIGNED_IN


def add_problem_component(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: the Problem schema that every operation refers to."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    return result
