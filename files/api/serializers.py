from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.serializers import StrictModelSerializer, StrictSerializer
from files.enums import ImportMode
from files.models import ImportJob, ImportRowError, StoredFile


class UploadSerializer(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True, max_length=500)


class StoredFileSerializer(StrictModelSerializer):
    mime = serializers.CharField(read_only=True)
    duplicate = serializers.BooleanField(
        read_only=True, help_text="In the answer to an upload: these bytes were here before."
    )

    class Meta:
        model = StoredFile
        fields = [
            "id", "name", "kind", "mime", "size_bytes", "sha256", "uploaded_by_id", "uploaded_by_name", "duplicate",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class LinkSerializer(StrictSerializer):
    url = serializers.CharField(help_text="Gives the bytes to whoever holds it, without a session.")
    expires_in = serializers.IntegerField(help_text="Seconds.")


class OptionsField(serializers.JSONField):
    """An object; in a form, its JSON text."""

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if isinstance(value, str):
            value = serializers.JSONField(binary=True).to_internal_value(value)
        if not isinstance(value, dict):
            raise serializers.ValidationError(_("An object is expected."), code="invalid")
        return value


class ImportRequestSerializer(StrictSerializer):
    file = serializers.FileField(
        required=False, allow_empty_file=True, max_length=500, help_text="CSV or XLSX"
    )
    file_id = serializers.UUIDField(required=False, help_text="Instead of `file`: one stored before.")
    mode = serializers.ChoiceField(choices=ImportMode.choices, default=ImportMode.ALL_OR_NOTHING)
    run = serializers.BooleanField(default=False, help_text="Run at once when no row is wrong.")
    options = OptionsField(required=False, default=dict)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("file" in attrs) == ("file_id" in attrs):
            raise serializers.ValidationError({"file": "Send either `file` or `file_id`."}, code="required")
        return attrs


class RunRequestSerializer(StrictSerializer):
    mode = serializers.ChoiceField(choices=ImportMode.choices, required=False)


class ImportProgressSerializer(StrictSerializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class SampleSerializer(StrictSerializer):
    row = serializers.IntegerField()
    values = serializers.DictField()


class SamplesSerializer(StrictSerializer):
    create = SampleSerializer(many=True, required=False)  # type: ignore[assignment]  # a field, taken off the class
    update = SampleSerializer(many=True, required=False)  # type: ignore[assignment]


class ImportErrorSerializer(StrictSerializer):
    code = serializers.CharField()
    message = serializers.CharField()
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(child=serializers.CharField()), required=False
    )


class ImportJobSerializer(StrictModelSerializer):
    file = serializers.SerializerMethodField()
    progress = ImportProgressSerializer(read_only=True)
    error = ImportErrorSerializer(read_only=True, allow_null=True)
    samples = SamplesSerializer(read_only=True)

    class Meta:
        model = ImportJob
        fields = [
            "id", "kind", "file", "status", "mode", "options", "columns", "rows_total", "create_count",
            "update_count", "unchanged_count", "error_count", "samples", "progress", "error", "actor_name",
            "created_at", "finished_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_file(self, job: ImportJob) -> dict[str, str]:
        return {"id": str(job.file_id), "name": job.file.name}


class ImportRowErrorSerializer(StrictModelSerializer):
    class Meta:
        model = ImportRowError
        fields = ["row", "column", "code", "detail"]
        read_only_fields = fields
