from __future__ import annotations

from typing import ClassVar

import django_filters

from ai_integration.enums import JobKind, JobStatus
from ai_integration.models import OcrJob

__all__ = ["OcrJobFilter"]


class OcrJobFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=JobStatus)
    kind = django_filters.ChoiceFilter(choices=JobKind)
    source_kind = django_filters.CharFilter()
    source_id = django_filters.CharFilter()
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")

    class Meta:
        model = OcrJob
        fields: ClassVar = ["status", "kind", "source_kind", "source_id"]
