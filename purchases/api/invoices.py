"""Supplier invoices: typed or filled from what came, posted, reversed."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import etag_for
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import ReasonSerializer
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet
from purchases.api.invoice_filters import InvoiceFilter, UninvoicedFilter
from purchases.api.invoice_serializers import (
    ClaimSerializer,
    InvoiceCreateSerializer,
    InvoiceDetailSerializer,
    InvoiceDraftSerializer,
    InvoiceEditSerializer,
    InvoicePostSerializer,
    InvoiceSerializer,
    UninvoicedLineSerializer,
)
from purchases.api.proposals import may_match, must_match
from purchases.models import GoodsReceiptLine, SupplierInvoice
from purchases.selectors.invoices import get_invoice, list_invoices, uninvoiced_lines
from purchases.services import (
    cancel_invoice,
    create_invoice,
    draft_invoice,
    edit_invoice,
    post_invoice,
    reverse_invoice,
    settle_invoice_claim,
)


class SupplierInvoiceViewSet(ReadOnlyDomainViewSet):
    """What suppliers ask for. A draft owes nothing; posted, goods received become a debt with its day."""

    permissions = {
        "list": "purchases.view_supplierinvoice",
        "retrieve": "purchases.view_supplierinvoice",
        "create": "purchases.add_supplierinvoice",
        "from_receipts": "purchases.add_supplierinvoice",
        "partial_update": "purchases.change_supplierinvoice",
        "cancel": "purchases.change_supplierinvoice",
        "post_draft": "purchases.post_invoice",
        "reverse": "purchases.reverse_invoice",
        "settle_claim": "purchases.settle_invoice_claim",
    }
    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter
    queryset = SupplierInvoice.objects.none()

    def get_queryset(self) -> QuerySet[SupplierInvoice]:
        return list_invoices()

    def get_serializer_class(self) -> Any:
        return InvoiceDetailSerializer if self.action == "retrieve" else super().get_serializer_class()

    def get_object(self) -> SupplierInvoice:
        invoice = get_invoice(int(self.kwargs["pk"]))
        self.check_object_permissions(self.request, invoice)
        return invoice

    @extend_schema(request=InvoiceCreateSerializer, responses={201: InvoiceDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """A draft, line by line beside what came. The same number of the same supplier is refused."""
        form = InvoiceCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        invoice = create_invoice(data=form.data_for_service(), actor=actor_of(request))
        return self._created(request, invoice.pk)

    @extend_schema(request=InvoiceDraftSerializer, responses={201: InvoiceDetailSerializer})
    @action(detail=False, methods=["post"], url_path="from-receipts")
    @idempotent
    def from_receipts(self, request: Request) -> Response:
        """A draft of all that came and is not invoiced yet, at what it was received at."""
        form = InvoiceDraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        invoice = draft_invoice(
            supplier_id=given["supplier"],
            supplier_number=given["supplier_number"],
            invoice_date=given["invoice_date"],
            receipt_ids=given["receipts"],
            actor=actor_of(request),
        )
        return self._created(request, invoice.pk)

    @extend_schema(request=InvoiceEditSerializer, responses=InvoiceDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a draft. Needs If-Match."""
        form = InvoiceEditSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        edit_invoice(
            invoice_id=int(pk),
            changes=form.changes_for_service(),
            actor=actor_of(request),
            check=must_match(request),
        )
        return self._answer_invoice(int(pk))

    @extend_schema(request=None, responses=InvoiceDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Call a draft off; its number may be used again."""
        cancel_invoice(invoice_id=int(pk), actor=actor_of(request), check=may_match(request))
        return self._answer_invoice(int(pk))

    @extend_schema(request=InvoicePostSerializer, responses=InvoiceDetailSerializer)
    @action(detail=True, methods=["post"], url_path="post")
    @idempotent
    def post_draft(self, request: Request, pk: str) -> Response:
        """Owe it. What was paid for these goods, or in advance, settles it at once. Needs If-Match."""
        form = InvoicePostSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        post_invoice(
            invoice_id=int(pk), actor=actor_of(request), check=must_match(request), **form.validated_data
        )
        return self._answer_invoice(int(pk))

    @extend_schema(request=ReasonSerializer, responses=InvoiceDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """The exact opposite of it: the goods wait for an invoice again, what was paid settles the oldest debt."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reverse_invoice(
            invoice_id=int(pk),
            reason=form.validated_data["reason"],
            actor=actor_of(request),
            check=may_match(request),
        )
        return self._answer_invoice(int(pk))

    @extend_schema(request=ClaimSerializer, responses=InvoiceDetailSerializer)
    @action(detail=True, methods=["post"], url_path="settle-claim")
    @idempotent
    def settle_claim(self, request: Request, pk: str) -> Response:
        """Units that were invoiced and never came: say how it ended. Nothing is posted, for nothing was owed."""
        form = ClaimSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        settle_invoice_claim(
            invoice_id=int(pk),
            line_id=given["line"],
            outcome=given["outcome"],
            note=given["note"],
            actor=actor_of(request),
        )
        return self._answer_invoice(int(pk))

    def _created(self, request: Request, invoice_id: int) -> Response:
        response = self._answer_invoice(invoice_id, status.HTTP_201_CREATED)
        response["Location"] = f"/api/v1/supplier-invoices/{invoice_id}/"
        return response

    def _answer_invoice(self, invoice_id: int, status_code: int = status.HTTP_200_OK) -> Response:
        invoice = get_invoice(invoice_id)
        data = InvoiceDetailSerializer(invoice, context=self.get_serializer_context()).data
        return Response(data, status=status_code, headers={"ETag": etag_for(invoice)})


class UninvoicedLineViewSet(ListMixin, DomainViewSet):
    """Goods that came and wait for the supplier's invoice."""

    permissions = {"list": "purchases.view_supplierinvoice"}
    serializer_class = UninvoicedLineSerializer
    filterset_class = UninvoicedFilter
    orderings = {"id": "pk", "business_date": "receipt__business_date"}
    queryset = GoodsReceiptLine.objects.none()

    def get_queryset(self) -> QuerySet[GoodsReceiptLine]:
        return uninvoiced_lines()
