from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from ai_integration.enums import JobStatus
from ai_integration.models import OcrJob

__all__ = ["CallbackAnswerSerializer", "OcrJobSerializer"]


class ProgressSerializer(serializers.Serializer[Any]):
    """Pages; `total` is 0 until it is known."""

    done = serializers.IntegerField(source="progress_done")
    total = serializers.IntegerField(source="progress_total")


class JobErrorSerializer(serializers.Serializer[Any]):
    """Why it failed, in the reader's language (`text`) and in the engine's words (`message`)."""

    code = serializers.CharField(source="error_code")
    text = serializers.CharField(source="get_error_code_display")
    message = serializers.CharField(source="error_message")
    retryable = serializers.BooleanField(source="error_retryable")


@extend_schema_serializer(component_name="ReadingSource")
class SourceSerializer(serializers.Serializer[Any]):
    """What it was read for."""

    kind = serializers.CharField(source="source_kind")
    id = serializers.CharField(source="source_id")
    purpose = serializers.CharField(source="source_purpose")


class JobEngineSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="engine_name")
    version = serializers.CharField(source="engine_version")


class JobFileSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="file.pk")
    name = serializers.CharField(source="file.name")


class OcrJobSerializer(serializers.ModelSerializer[OcrJob]):
    """A reading job: where it stands, why it failed."""

    progress = ProgressSerializer(source="*", read_only=True)
    error = serializers.SerializerMethodField()
    source = SourceSerializer(source="*", read_only=True)  # type: ignore[assignment]
    engine = JobEngineSerializer(source="*", read_only=True)
    files = JobFileSerializer(source="documents", many=True, read_only=True)
    status_label = serializers.CharField(source="get_status_display", read_only=True)
    can_retry = serializers.SerializerMethodField()

    class Meta:
        model = OcrJob
        fields = [
            "id", "kind", "status", "status_label", "progress", "line_count", "error", "last_problem", "source", "files",
            "languages", "max_pages", "run", "attempts", "next_attempt_at", "engine", "requested_by_name", "can_retry",
            "created_at", "started_at", "finished_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: OcrJob) -> dict[str, Any] | None:
        return JobErrorSerializer(job).data if job.error_code else None

    def get_can_retry(self, job: OcrJob) -> bool:
        return job.status in (JobStatus.FAILED, JobStatus.CANCELLED)


class CallbackAnswerSerializer(serializers.Serializer[Any]):
    """What became of a callback; `duplicate` means it was known and nothing was done."""

    job_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=JobStatus.choices)
    duplicate = serializers.BooleanField()
