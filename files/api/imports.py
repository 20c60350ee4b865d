"""The endpoints of an import, made from an importer: `import_viewset(ProductImporter)`."""

import csv
import io
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.parsers import StrictJSONParser
from core.api.requests import actor_of
from core.api.views import ReadOnlyDomainViewSet
from files.api.serializers import (
    ImportJobSerializer,
    ImportRequestSerializer,
    ImportRowErrorSerializer,
    RunRequestSerializer,
)
from files.api.uploads import refuse_oversized
from files.enums import TABLES, ImportMode
from files.imports.base import Importer
from files.models import ImportJob
from files.selectors import list_imports, list_row_errors
from files.services import cancel_import, create_import, start_run, store_file


class ImportViewSet(ReadOnlyDomainViewSet):
    """Imports of one kind. Subclasses are made by `import_viewset`."""

    importer: type[Importer]
    serializer_class = ImportJobSerializer
    queryset = ImportJob.objects.none()
    parser_classes = [MultiPartParser, StrictJSONParser]
    filterset_fields = ["status"]

    def get_queryset(self) -> QuerySet[ImportJob]:
        return list_imports(kind=self.importer.kind)

    def _accepted(self, job: ImportJob) -> Response:
        response = self.answer(job, status_code=status.HTTP_202_ACCEPTED)
        response["Location"] = reverse(f"{self.basename}-detail", args=[job.pk])
        return response

    @extend_schema(
        request={"multipart/form-data": ImportRequestSerializer, "application/json": ImportRequestSerializer},
        responses={202: ImportJobSerializer},
    )
    def create(self, request: Request) -> Response:
        """Upload a table. It is checked in the background; nothing changes before it is run."""
        refuse_oversized(request)
        form = ImportRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        actor = actor_of(request)
        file_id = given.get("file_id")
        if file_id is None:
            file_id = store_file(upload=given["file"], actor=actor, kinds=TABLES).pk
        job = create_import(
            kind=self.importer.kind,
            file_id=file_id,
            actor=actor,
            mode=ImportMode(given["mode"]),
            options=given["options"],
            run_when_checked=given["run"],
        )
        return self._accepted(job)

    @extend_schema(request=RunRequestSerializer, responses={202: ImportJobSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def run(self, request: Request, pk: str) -> Response:
        """Apply a checked import, in the background: all rows or none, or only the valid ones."""
        form = RunRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        mode = form.validated_data.get("mode")
        job = start_run(
            job_id=self.get_object().pk, actor=actor_of(request), mode=ImportMode(mode) if mode else None
        )
        return self._accepted(job)

    @extend_schema(request=None, responses=ImportJobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop it; an import that runs is undone whole."""
        return self.answer(cancel_import(job_id=self.get_object().pk, actor=actor_of(request)))

    @extend_schema(responses=ImportRowErrorSerializer(many=True))
    @action(detail=True, filterset_fields=[], serializer_class=ImportRowErrorSerializer)
    def errors(self, request: Request, pk: str) -> Response:
        """What is wrong, row by row."""
        page = self.paginate_queryset(list_row_errors(job_id=self.get_object().pk))
        return self.get_paginated_response(ImportRowErrorSerializer(page, many=True).data)

    @extend_schema(
        responses={
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, description="A header and an example row")
        }
    )
    @action(detail=False)
    def template(self, request: Request) -> HttpResponse:
        """An empty table with the columns this import understands."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([column.name for column in self.importer.columns])
        if any(column.example for column in self.importer.columns):
            writer.writerow([column.example for column in self.importer.columns])
        response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self.importer.kind}.csv"'
        return response


def import_viewset(importer: type[Importer]) -> type[ImportViewSet]:
    """A viewset for one importer, to be registered under `…-imports` with a basename of its own."""
    permissions = {
        "list": "files.view_importjob",
        "retrieve": "files.view_importjob",
        "errors": "files.view_importjob",
        "template": "files.view_importjob",
        "*": importer.permission,
    }
    namespace: dict[str, Any] = {
        "importer": importer,
        "permissions": permissions,
        "__doc__": f"Import: {importer.label}.",
        "__module__": __name__,
    }
    return type(f"{importer.__name__}ViewSet", (ImportViewSet,), namespace)
