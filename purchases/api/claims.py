"""Credit notes of suppliers, and claims against them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import ReasonSerializer
from core.api.views import ReadOnlyDomainViewSet
from purchases.api.allocating import AllocatesCredit
from purchases.api.claim_fields import (
    ClaimCreateSerializer,
    ClaimIdsSerializer,
    ClaimSerializer,
    ClaimTextSerializer,
    CreditNoteCreateSerializer,
    CreditNoteDetailSerializer,
    CreditNoteSerializer,
    SupplierRefundCreateSerializer,
)
from purchases.api.proposals import may_match
from purchases.api.return_filters import ClaimFilter, CreditNoteFilter
from purchases.documents.claim_letter import claim_pdf, claim_text
from purchases.enums import ItemKind
from purchases.errors import PaymentNotFound
from purchases.models import SupplierClaim, SupplierCreditNote
from purchases.selectors.claims import (
    get_claim,
    get_credit_note,
    list_claims,
    list_credit_notes,
    named_claims,
)
from purchases.services import (
    RefundData,
    open_claim,
    post_credit_note,
    refund_credit,
    reverse_credit_note,
    reverse_refund,
    send_claims,
    waive_claim,
)

_REFUND = OpenApiParameter("refund_id", int, OpenApiParameter.PATH)


class SupplierCreditNoteViewSet(AllocatesCredit, ReadOnlyDomainViewSet):
    """What suppliers credited: for returns, corrected prices and claims. Posted when made."""

    permissions = {
        "list": "purchases.view_suppliercreditnote",
        "retrieve": "purchases.view_suppliercreditnote",
        "create": "purchases.post_credit_note",
        "reverse": "purchases.reverse_credit_note",
        "allocate": "purchases.pay_supplier",
        "release": "purchases.pay_supplier",
        "refund": "purchases.post_credit_note",
        "reverse_refund": "purchases.reverse_credit_note",
    }
    credit_kind = ItemKind.CREDIT
    serializer_class = CreditNoteSerializer
    filterset_class = CreditNoteFilter
    queryset = SupplierCreditNote.objects.none()

    def get_queryset(self) -> QuerySet[SupplierCreditNote]:
        return list_credit_notes()

    def get_serializer_class(self) -> Any:
        return super().get_serializer_class() if self.action == "list" else CreditNoteDetailSerializer

    def get_object(self) -> SupplierCreditNote:
        found = get_credit_note(int(self.kwargs["pk"]))
        self.check_object_permissions(self.request, found)
        return found

    @extend_schema(request=CreditNoteCreateSerializer, responses={201: CreditNoteDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Book the supplier's note: it lowers what we owe. Each of its numbers counts once."""
        form = CreditNoteCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        note = post_credit_note(data=form.data_for_service(), actor=actor_of(request))
        response = self._answer_note(note.pk, status.HTTP_201_CREATED)
        response["Location"] = f"{request.path}{note.pk}/"
        return response

    @extend_schema(request=ReasonSerializer, responses=CreditNoteDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """The exact opposite: what it settled waits again."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reverse_credit_note(
            credit_note_id=int(pk), reason=form.validated_data["reason"], actor=actor_of(request)
        )
        return self._answer_note(int(pk))

    @extend_schema(request=SupplierRefundCreateSerializer, responses=CreditNoteDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def refund(self, request: Request, pk: str) -> Response:
        """The supplier paid what is left of it, or a part."""
        form = SupplierRefundCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        note = get_credit_note(int(pk))
        refund_credit(data=RefundData(credit_note_id=note.pk, **form.validated_data), actor=actor_of(request))
        return self._answer_note(note.pk)

    @extend_schema(request=ReasonSerializer, responses=CreditNoteDetailSerializer, parameters=[_REFUND])
    @action(detail=True, methods=["post"], url_path="refunds/(?P<refund_id>[0-9]{1,18})/reverse")
    @idempotent
    def reverse_refund(self, request: Request, pk: str, refund_id: str) -> Response:
        """The money went out again; the note is left by as much."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        note = get_credit_note(int(pk))
        refund = next((one for one in note.refunds.all() if one.pk == int(refund_id)), None)
        if refund is None:
            raise PaymentNotFound
        reverse_refund(refund_id=refund.pk, reason=form.validated_data["reason"], actor=actor_of(request))
        return self._answer_note(note.pk)

    def _answer_note(self, pk: int, status_code: int = status.HTTP_200_OK) -> Response:
        return self.answer(
            get_credit_note(pk), status_code=status_code, serializer=CreditNoteDetailSerializer
        )


class SupplierClaimViewSet(ReadOnlyDomainViewSet):
    """What suppliers still owe: bonus that did not come, goods missing or damaged, prices above the order."""

    permissions = {
        "list": "purchases.view_supplierclaim",
        "retrieve": "purchases.view_supplierclaim",
        "text": "purchases.view_supplierclaim",
        "pdf": "purchases.view_supplierclaim",
        "create": "purchases.add_supplierclaim",
        "claim": "purchases.send_claim",
        "waive": "purchases.waive_claim",
    }
    serializer_class = ClaimSerializer
    filterset_class = ClaimFilter
    orderings = ("id", "opened_date", "value_amount", "supplier_id")
    queryset = SupplierClaim.objects.none()

    def get_queryset(self) -> QuerySet[SupplierClaim]:
        return list_claims()

    @extend_schema(request=ClaimCreateSerializer, responses={201: ClaimSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Goods missing or damaged on arrival, or dearer than ordered. Missing bonus opens its claim by itself."""
        form = ClaimCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        claim = open_claim(data=form.data_for_service(), actor=actor_of(request))
        response = self.answer(get_claim(claim.pk), status_code=status.HTTP_201_CREATED)
        response["Location"] = f"{request.path}{claim.pk}/"
        return response

    @extend_schema(request=ClaimIdsSerializer, responses=ClaimSerializer(many=True))
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    @idempotent
    def claim(self, request: Request) -> Response:
        """The supplier was told: `text/` and `pdf/` say it. Telling it again changes nothing."""
        form = ClaimIdsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        send_claims(claim_ids=form.validated_data["claims"], actor=actor_of(request))
        return Response(ClaimSerializer(named_claims(form.validated_data["claims"]), many=True).data)

    @extend_schema(request=ReasonSerializer, responses=ClaimSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def waive(self, request: Request, pk: str) -> Response:
        """Give it up, with a reason."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        waive_claim(
            claim_id=int(pk),
            reason=form.validated_data["reason"],
            actor=actor_of(request),
            check=may_match(request),
        )
        return self.answer(get_claim(int(pk)))

    @extend_schema(responses=ClaimTextSerializer)
    @action(detail=True, methods=["get"], serializer_class=ClaimTextSerializer)
    def text(self, request: Request, pk: str) -> Response:
        """The claim as text to paste into a message."""
        return Response({"text": claim_text([get_claim(int(pk))])})

    @extend_schema(responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)})
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The claim as a letter."""
        claim = get_claim(int(pk))
        response = HttpResponse(claim_pdf([claim]), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{claim.number}.pdf"'
        return response
