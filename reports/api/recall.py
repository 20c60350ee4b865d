"""Who got a batch, over HTTP."""

from typing import Any

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.serializers import StrictSerializer
from core.api.views import EXPORTS, DomainViewSet, ListMixin
from inventory.models import Batch
from reports.api.rows import ProductShape
from reports.recall.trace import MEANINGS, BatchTrace, batch_trace


class TraceRowSerializer(StrictSerializer):
    """One movement of the batch; `back_qty` of what went out came back since."""

    movement = serializers.IntegerField(source="movement_id")
    means = serializers.ChoiceField(choices=MEANINGS)
    kind = serializers.CharField()
    business_date = serializers.DateField()
    location = serializers.CharField()
    quantity = serializers.IntegerField()
    back_qty = serializers.IntegerField()
    document_kind = serializers.CharField()
    document_id = serializers.CharField()
    number = serializers.CharField()
    party_kind = serializers.CharField()
    party_id = serializers.IntegerField(allow_null=True)
    party_name = serializers.CharField()
    party_phone = serializers.CharField()
    actor_name = serializers.CharField()
    patient = serializers.CharField()
    patient_phone = serializers.CharField()
    prescription = serializers.CharField()


class TracePlaceSerializer(StrictSerializer):
    location = serializers.IntegerField(source="location_id")
    name = serializers.CharField()
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()


class TraceTotalsSerializer(StrictSerializer):
    """Signed base units by what they mean, reversals taken off; they add up to `on_hand`."""

    received = serializers.IntegerField()
    sold = serializers.IntegerField()
    refunded = serializers.IntegerField()
    returned = serializers.IntegerField()
    lent = serializers.IntegerField()
    other = serializers.IntegerField()


class BatchTraceSerializer(StrictSerializer):
    id = serializers.IntegerField(source="batch.pk")
    product = ProductShape(source="batch.product")
    batch_number = serializers.CharField(source="batch.number")
    expiry = serializers.DateField(source="batch.expiry_date", allow_null=True)
    state = serializers.CharField(source="batch.state")
    state_reason = serializers.CharField(source="batch.state_reason")
    on_hand = serializers.IntegerField()
    places = TracePlaceSerializer(many=True)
    totals = TraceTotalsSerializer()
    rows = TraceRowSerializer(many=True)


class BatchTraceViewSet(ListMixin, DomainViewSet):
    """Where a batch came from, where it is, and who got it."""

    permissions = {"*": "reports.view_recall"}
    serializer_class = BatchTraceSerializer
    pagination_class = None
    queryset = Batch.objects.none()

    @extend_schema(filters=False, responses=forced_singular_serializer(BatchTraceSerializer))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The batch's whole life, oldest first, with suppliers and customers; its rows as a file."""
        trace: BatchTrace = batch_trace(int(kwargs["pk"]))
        wanted = request.accepted_renderer.format
        if wanted not in EXPORTS:
            return Response(BatchTraceSerializer(trace).data)
        name = f"batch-{trace.batch.pk}-trace.{wanted}"
        return Response(
            TraceRowSerializer(trace.rows, many=True).data,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
