"""Documents: upload, look, download by a short-lived link."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.ordering import Ordering
from core.api.permissions import PUBLIC
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ReadOnlyDomainViewSet
from files.api.serializers import LinkSerializer, StoredFileSerializer, UploadSerializer
from files.api.uploads import refuse_oversized
from files.enums import FileKind
from files.models import StoredFile
from files.selectors import LINK_SECONDS, get_file, list_files, open_file, read_link, temporary_link
from files.services import store_file

UUID_PATTERN = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_SHOWN_INLINE = (FileKind.PDF, FileKind.PNG, FileKind.JPEG)


class StoredFileViewSet(ReadOnlyDomainViewSet):
    """Stored documents."""

    permissions = {
        "list": "files.view_storedfile",
        "retrieve": "files.view_storedfile",
        "create": "files.add_storedfile",
        "content": "files.download_file",
    }
    serializer_class = StoredFileSerializer
    queryset = StoredFile.objects.none()
    lookup_value_regex = UUID_PATTERN
    parser_classes = [MultiPartParser]
    filter_backends = [DjangoFilterBackend, SearchFilter, Ordering]
    filterset_fields = ["kind", "sha256"]
    search_fields = ["name"]

    def get_queryset(self) -> QuerySet[StoredFile]:
        return list_files()

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={
            201: StoredFileSerializer,
            200: OpenApiResponse(StoredFileSerializer, description="The same bytes were here before"),
        },
    )
    def create(self, request: Request) -> Response:
        """Keep a PDF, PNG, JPEG, TIFF, CSV or XLSX file. Known by its bytes, not its name."""
        refuse_oversized(request)
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        stored = store_file(upload=form.validated_data["file"], actor=actor_of(request))
        code = status.HTTP_200_OK if stored.duplicate else status.HTTP_201_CREATED
        return self.answer(stored, status_code=code)

    @extend_schema(responses=LinkSerializer)
    @action(detail=True)
    def content(self, request: Request, pk: str) -> Response:
        """A short-lived link to the bytes."""
        stored = get_file(pk)
        return Response({"url": temporary_link(stored.pk), "expires_in": LINK_SECONDS})


class BytesRenderer(BaseRenderer):
    """Whatever is accepted: the answer is the file itself."""

    media_type = "*/*"
    format = "json"  # the same as the error's renderer, so that there is no format to choose

    def render(self, data: Any, *_args: Any, **_kwargs: Any) -> Any:
        return data


class FileBytesViewSet(DomainViewSet):
    """The bytes behind a short-lived link."""

    permissions = {"*": PUBLIC}
    authentication_classes = []
    renderer_classes = [JSONRenderer, BytesRenderer]
    serializer_class = LinkSerializer
    queryset = StoredFile.objects.none()

    @extend_schema(
        parameters=[OpenApiParameter("token", OpenApiTypes.STR, required=True)],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def retrieve(self, request: Request, pk: str) -> FileResponse:
        """The bytes. The link from `content/` is the permission; it expires."""
        stored = read_link(file_id=pk, token=request.query_params.get("token", ""))
        response = FileResponse(
            open_file(stored.pk),
            as_attachment=stored.kind not in _SHOWN_INLINE,
            filename=stored.name,
            content_type=stored.mime,
        )
        # Whatever is inside: it runs nothing, embeds nothing, and no cache keeps it.
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, no-store"
        return response
