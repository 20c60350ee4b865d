"""Prescriptions, and what the law asks of each control class, over HTTP."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import ReasonSerializer, RefField, StrictModelSerializer, StrictSerializer
from core.api.views import ReadOnlyDomainViewSet
from sales.api.filters import PrescriptionFilter
from sales.api.serializers import MAX_QUANTITY, PatientSerializer, PrescribedSerializer, PrescriberSerializer
from sales.enums import PrescriptionState
from sales.models import ControlPolicy, Prescription, PrescriptionLine
from sales.selectors import get_prescription, list_control_policies, list_prescriptions
from sales.services import (
    PatientData,
    PrescribedLineData,
    PrescriberData,
    PrescriptionData,
    cancel_prescription,
    create_prescription,
    update_control_policy,
)

_BIG = 2**63 - 1
MAX_LINES = 100
MAX_REPEATS = 100


class NewPrescriptionLineSerializer(StrictSerializer):
    product = serializers.IntegerField(min_value=1, max_value=_BIG)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    unit = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=_BIG, help_text="Default: the base unit."
    )
    repeats = serializers.IntegerField(required=False, min_value=0, max_value=MAX_REPEATS)


class NewPrescriptionSerializer(PrescribedSerializer):
    lines = serializers.ListField(child=NewPrescriptionLineSerializer(), min_length=1, max_length=MAX_LINES)


class PrescriptionLineSerializer(serializers.ModelSerializer[PrescriptionLine]):
    product = RefField(read_only=True)
    allowed_quantity = serializers.IntegerField(
        source="allowed_qty", read_only=True, help_text="Base units, repeats counted."
    )
    dispensed_quantity = serializers.IntegerField(
        source="dispensed_qty", read_only=True, help_text="Base units handed out, less what came back."
    )

    class Meta:
        model = PrescriptionLine
        fields = ["line", "product", "quantity", "repeats", "allowed_quantity", "dispensed_quantity"]


class PrescriptionSerializer(serializers.ModelSerializer[Prescription]):
    number = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(
        choices=PrescriptionState.choices,
        source="state",
        read_only=True,
        help_text="As its dispensings and today's date say.",
    )
    patient = serializers.SerializerMethodField()
    prescriber = serializers.SerializerMethodField()
    image = serializers.UUIDField(source="image_id", allow_null=True, read_only=True)
    lines = PrescriptionLineSerializer(many=True, read_only=True)

    class Meta:
        model = Prescription
        fields = [
            "id",
            "number",
            "status",
            "patient",
            "prescriber",
            "issued_date",
            "valid_until",
            "reference",
            "image",
            "note",
            "cancel_reason",
            "actor_name",
            "created_at",
            "lines",
        ]

    @extend_schema_field(PatientSerializer)
    def get_patient(self, row: Prescription) -> dict[str, Any]:
        return {
            "name": row.patient_name,
            "id_number": row.patient_id_number,
            "phone": row.patient_phone,
            "birth_year": row.patient_birth_year,
            "customer": row.customer_id,
        }

    @extend_schema_field(PrescriberSerializer)
    def get_prescriber(self, row: Prescription) -> dict[str, Any]:
        return {"name": row.prescriber_name, "licence": row.prescriber_licence}


class PrescriptionViewSet(ReadOnlyDomainViewSet):
    """Prescriptions that were written down, and what is left on each."""

    permissions = {
        "list": "sales.view_prescription",
        "retrieve": "sales.view_prescription",
        "create": "sales.add_prescription",
        "cancel": "sales.change_prescription",
    }
    serializer_class = PrescriptionSerializer
    filterset_class = PrescriptionFilter
    queryset = Prescription.objects.none()

    def get_queryset(self) -> QuerySet[Prescription]:
        return list_prescriptions()

    @extend_schema(request=NewPrescriptionSerializer, responses={201: PrescriptionSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Write down a prescription."""
        form = NewPrescriptionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = create_prescription(data=prescription_data(form.validated_data), actor=actor_of(request))
        return self.answer(get_prescription(prescription_id=made.pk), status_code=status.HTTP_201_CREATED)

    @extend_schema(request=ReasonSerializer, responses=PrescriptionSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel one that was written down wrongly and not dispensed."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reason = form.validated_data["reason"]
        cancelled = cancel_prescription(prescription_id=int(pk), reason=reason, actor=actor_of(request))
        return self.answer(get_prescription(prescription_id=cancelled.pk))


def prescription_data(given: dict[str, Any]) -> PrescriptionData:
    """What a client sent, as the services take it."""
    patient = dict(given["patient"])
    return PrescriptionData(
        patient=PatientData(customer_id=patient.pop("customer", None), **patient),
        prescriber=PrescriberData(**given["prescriber"]),
        lines=[
            PrescribedLineData(
                product_id=line["product"],
                quantity=line["quantity"],
                unit_id=line.get("unit"),
                repeats=line.get("repeats", 0),
            )
            for line in given.get("lines", ())
        ],
        issued_date=given.get("issued_date"),
        valid_until=given.get("valid_until"),
        reference=given.get("reference", ""),
        image_id=given.get("image"),
        note=given.get("note", ""),
    )


class ControlPolicySerializer(StrictModelSerializer):
    control_class = serializers.CharField(read_only=True)

    class Meta:
        model = ControlPolicy
        fields = [
            "id",
            "control_class",
            "needs_prescription",
            "needs_register",
            "max_quantity",
            "valid_days",
            "max_repeats",
        ]


class ControlPolicyViewSet(ReadOnlyDomainViewSet):
    """What selling goods of each restricted class asks for."""

    permissions = {
        "list": "sales.view_controlpolicy",
        "retrieve": "sales.view_controlpolicy",
        "partial_update": "sales.change_controlpolicy",
    }
    serializer_class = ControlPolicySerializer
    queryset = ControlPolicy.objects.none()

    def get_queryset(self) -> QuerySet[ControlPolicy]:
        return list_control_policies()

    @extend_schema(responses=ControlPolicySerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a rule (If-Match)."""
        form = ControlPolicySerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        policy = update_control_policy(
            policy_id=int(pk),
            changes=dict(form.validated_data),
            actor=actor_of(request),
            check=lambda row: check_if_match(request, row),
        )
        return self.answer(policy)
