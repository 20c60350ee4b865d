from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from ai_integration import selectors, services
from ai_integration.api.filters import OcrJobFilter
from ai_integration.api.serializers import CallbackAnswerSerializer, OcrJobSerializer
from ai_integration.api.webhooks import RESULT_REF
from ai_integration.contract import MAX_BODY_BYTES
from ai_integration.errors import ResultTooLarge
from ai_integration.models import OcrJob
from core.api.idempotency import idempotent
from core.api.permissions import PUBLIC
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ReadOnlyDomainViewSet

__all__ = ["OcrCallbackViewSet", "OcrJobViewSet"]

_ACCEPTED = OpenApiResponse(OcrJobSerializer, description="The job as it stands now; poll it by its ETag")


@extend_schema_view(
    list=extend_schema(summary="Reading jobs"),
    retrieve=extend_schema(summary="One reading job: status, progress by page, reason of a failure"),
)
class OcrJobViewSet(ReadOnlyDomainViewSet):
    """Reading jobs. They are made by what needs a document read (POST offers/), never here."""

    permissions: ClassVar[dict[str, str]] = {
        "list": "ai_integration.view_ocrjob",
        "retrieve": "ai_integration.view_ocrjob",
        "result": "ai_integration.view_ocrjob",
        "retry": "ai_integration.retry_job",
        "cancel": "ai_integration.cancel_job",
    }
    queryset = OcrJob.objects.none()
    serializer_class = OcrJobSerializer
    filterset_class = OcrJobFilter
    lookup_value_regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def get_queryset(self) -> Any:
        return selectors.list_jobs()

    @extend_schema(summary="Send a failed or cancelled job again", request=None, responses={202: _ACCEPTED})
    @action(detail=True, methods=["post"])
    @idempotent
    def retry(self, request: Request, pk: str) -> Response:
        job = services.retry_job(job_id=UUID(pk), actor=actor_of(request))
        return self._accepted(job)

    @extend_schema(summary="Cancel a job that has not ended", request=None, responses={202: _ACCEPTED})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        job = services.cancel_job(job_id=UUID(pk), actor=actor_of(request))
        return self._accepted(job)

    @extend_schema(
        summary="What the engine said, unchanged",
        description="The contract's document (`EngineResult`), as a file.",
        responses={(200, "application/json"): OpenApiResponse(RESULT_REF)},
    )
    @action(detail=True, methods=["get"])
    def result(self, request: Request, pk: str) -> HttpResponse:
        body = selectors.raw_result(UUID(pk))
        name = f'attachment; filename="ocr-{pk}.json"'
        return HttpResponse(body, content_type="application/json", headers={"Content-Disposition": name})

    def _accepted(self, job: OcrJob) -> Response:
        response = self.answer(selectors.get_job(job.pk), status_code=status.HTTP_202_ACCEPTED)
        response["Location"] = f"/api/v1/ocr/jobs/{job.pk}/"
        return response


class OcrCallbackViewSet(DomainViewSet):
    """Where the engine posts results."""

    permissions: ClassVar[dict[str, str]] = {"create": PUBLIC}
    permission_classes = [AllowAny]  # another method is a 405 here, and not a question of who asks
    authentication_classes = []
    parser_classes = []  # the signature is over the bytes as sent: nothing may read them first
    serializer_class = CallbackAnswerSerializer

    @extend_schema(
        operation_id="ocr_callback",
        summary="A result from the engine (signed, no session)",
        description=(
            "Standard Webhooks headers over the body as sent; gzip is accepted. Two secrets are valid during a rotation, "
            "timestamps within five minutes. The same callback again, or one for a job that ended, does nothing."
        ),
        parameters=[
            OpenApiParameter("webhook-id", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("webhook-timestamp", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("webhook-signature", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True),
        ],
        request={"application/json": RESULT_REF},
        responses={200: CallbackAnswerSerializer},
        auth=[],
    )
    def create(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = services.receive_callback(body=_body_as_sent(request._request), headers=headers)  # noqa: SLF001
        return Response(CallbackAnswerSerializer(received).data)


def _body_as_sent(request: HttpRequest) -> bytes:
    """Read past DATA_UPLOAD_MAX_MEMORY_SIZE, which bounds people's forms and not this: with a bound of its own."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdigit() or int(announced) > MAX_BODY_BYTES:
        raise ResultTooLarge(limit=MAX_BODY_BYTES)
    body: bytes = request.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise ResultTooLarge(limit=MAX_BODY_BYTES)
    return body
