"""The contract in OpenAPI: its definitions as components `Engine…`, and the callback as a webhook."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiWebhook

from ai_integration.contract import schema

__all__ = ["RESULT_REF", "add_contract_components", "ocr_job_ended"]

PREFIX: Final = "Engine"
LOCAL_REF: Final = "#/$defs/"
RESULT_REF: Final = {"$ref": "#/components/schemas/EngineResult"}

ocr_job_ended = OpenApiWebhook(
    name="ocrJobEnded",
    decorator={
        "post": {
            "operationId": "ocrJobEnded",
            "summary": "The engine ended a reading job",
            "description": (
                "Posted by the engine to the job's `callback_url` (here: `POST /api/v1/ocr/callback/`), signed with the "
                "Standard Webhooks headers webhook-id, webhook-timestamp and webhook-signature over the body as sent. "
                "Tried again with growing pauses until it is answered with 2xx."
            ),
            "tags": ["ocr"],
            "requestBody": {"required": True, "content": {"application/json": {"schema": RESULT_REF}}},
            "responses": {
                "200": {"description": "Taken in, or known already"},
                "400": {"description": "Not the contract's shape"},
                "401": {"description": "The signature is not valid"},
                "404": {"description": "No such job"},
                "413": {"description": "More than 50,000 lines, or too many bytes"},
            },
        }
    },
)


def add_contract_components(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: the contract's definitions, so that clients get types for them."""
    components = result.setdefault("components", {}).setdefault("schemas", {})
    for name, definition in schema()["$defs"].items():
        components[component_name(name)] = _with_component_refs(definition)
    return result


def component_name(definition: str) -> str:
    return PREFIX + "".join(part.capitalize() for part in definition.split("_"))


def _with_component_refs(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_component_refs(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: f"#/components/schemas/{component_name(item.removeprefix(LOCAL_REF))}"
        if key == "$ref" and isinstance(item, str)
        else _with_component_refs(item)
        for key, item in value.items()
    }
