"""Serializers that check shape strictly; truth is the services' business."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Any

from django.db.models import UUIDField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

_WIDE = Context(prec=40)
_FIRST_YEAR = 2000


class _RefusesUnknownFields:
    """A field that we do not know is a mistake of the caller: say so instead of dropping it."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}  # type: ignore[attr-defined]
            unknown = [name for name in data if name not in known]
            if unknown:
                detail = [
                    serializers.ErrorDetail(str(_("This field is not known here")), code="unknown_field")
                ]
                raise serializers.ValidationError({str(name): detail for name in unknown})
        return super().to_internal_value(data)  # type: ignore[misc]


class StrictSerializer(_RefusesUnknownFields, serializers.Serializer[Any]):
    """A plain serializer that answers 400 to unknown fields."""


class StrictModelSerializer(_RefusesUnknownFields, serializers.ModelSerializer[Any]):
    """A model serializer that answers 400 to unknown fields."""


class ReasonSerializer(StrictSerializer):
    """Why: for what may not be done without saying so."""

    reason = serializers.CharField(max_length=500)


class OptionalReasonSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class MoneyField(serializers.DecimalField):
    """Money and prices as strings, within numeric(20,8)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 8)
        kwargs.setdefault("coerce_to_string", True)
        kwargs.setdefault("normalize_output", False)
        super().__init__(**kwargs)

    def to_representation(self, value: Any) -> Any:
        """Without the zeros that the column's scale adds beyond two decimals: ``3093.2600`` -> ``3093.26``."""
        text = super().to_representation(value)
        if not isinstance(text, str) or "." not in text:
            return text
        whole, decimals = text.split(".")
        return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"

    def quantize(self, value: Decimal) -> Decimal:
        """Wider than ``max_digits``: numeric(20,4) holds sixteen digits before the point, shown with eight after it."""
        return value.quantize(Decimal(1).scaleb(-(self.decimal_places or 0)), context=_WIDE)


class OccurredAtField(serializers.DateTimeField):
    """When it happened, by the client's clock: a clock may be off by a day, not by years."""

    default_error_messages = {
        "future": _("This is in the future; look at the clock of the device"),
        "too_old": _("This is too long ago; look at the clock of the device"),
    }

    def to_internal_value(self, value: Any) -> datetime:
        when: datetime = super().to_internal_value(value)
        if when > timezone.now() + timedelta(days=1):
            self.fail("future")
        if when.year < _FIRST_YEAR:
            self.fail("too_old")
        return when


class RefField(serializers.PrimaryKeyRelatedField[Any]):
    """A foreign key: reads as ``{id, name}``, writes as an id. Select the relation in the view's queryset."""

    def __init__(self, *, name: str = "name", **kwargs: Any) -> None:
        self.name_attribute = name
        super().__init__(**kwargs)

    def use_pk_only_optimization(self) -> bool:
        return False

    def to_representation(self, value: Any) -> dict[str, Any]:
        return {"id": value.pk, "name": str(getattr(value, self.name_attribute))}


class RefFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Tells the schema that a RefField reads and writes differently."""

    target_class = RefField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        queryset = getattr(self.target, "queryset", None)
        key = {"type": "integer"}
        if queryset is not None and isinstance(queryset.model._meta.pk, UUIDField):  # noqa: SLF001 - documented API
            key = {"type": "string", "format": "uuid"}
        if direction == "request":
            return key
        return {
            "type": "object",
            "properties": {"id": key, "name": {"type": "string"}},
            "required": ["id", "name"],
        }
