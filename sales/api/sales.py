"""The counter over HTTP: sales, refunds, receipts, and what tills send after an outage."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import HEADER as KEY_HEADER
from core.api.idempotency import idempotent
from core.api.serializers import ReasonSerializer
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet
from sales.api import filters
from sales.api import refund_serializers as refund_shapes
from sales.api import serializers as shapes
from sales.api.prescriptions import prescription_data
from sales.api.sellers import SELLER_HEADER, SellerPermission, rights_of, seller_of
from sales.documents.receipt_pdf import receipt_pdf
from sales.enums import PaymentMethod
from sales.models import Refund, Sale
from sales.selectors import get_sale, list_refunds, list_sales
from sales.services import (
    PaymentData,
    RefundLineData,
    RefundPaymentData,
    SaleData,
    SaleLineData,
    quote_sale,
    refund_sale,
    reverse_sale,
    sale_warnings,
    sell,
)


class SaleViewSet(ListMixin, DomainViewSet):
    """Counter sales."""

    permissions = {
        "list": "sales.view_sale",
        "retrieve": "sales.view_sale",
        "receipt": "sales.view_sale",
        "create": "sales.sell",
        "quote": "sales.sell",
        "refund": "sales.refund_sale",
        "reverse": "sales.reverse_sale",
    }
    permission_classes = [SellerPermission]
    serializer_class = shapes.SaleSerializer
    filterset_class = filters.SaleFilter
    queryset = Sale.objects.none()

    def get_queryset(self) -> QuerySet[Sale]:
        return list_sales()

    @extend_schema(responses=shapes.SaleDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One sale, with the batches it took."""
        return self.answer(get_sale(sale_id=int(pk)), serializer=shapes.SaleDetailSerializer)

    @extend_schema(
        request=shapes.NewSaleSerializer,
        responses={201: shapes.MadeSaleSerializer},
        parameters=[SELLER_HEADER],
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Sell: goods, revenue, cost and cash in one transaction. `warnings` say what is to be minded; they stop nothing."""
        form = shapes.NewSaleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = sale_data(form.validated_data, key=request.headers.get(KEY_HEADER, ""))
        seller = seller_of(request)
        rights = rights_of(seller, till_id=data.till_id, reduces=reduces_prices(data))
        sale = get_sale(sale_id=sell(data=data, actor=seller.actor, rights=rights).pk)
        sale.warnings = sale_warnings(sale)  # type: ignore[attr-defined]
        return self.answer(sale, status_code=status.HTTP_201_CREATED, serializer=shapes.MadeSaleSerializer)

    @extend_schema(
        request=shapes.QuoteRequestSerializer, responses=shapes.QuoteSerializer, parameters=[SELLER_HEADER]
    )
    @action(detail=False, methods=["post"])
    def quote(self, request: Request) -> Response:
        """What a sale would cost now, what is there of it, and what is to be minded. Nothing is sold."""
        form = shapes.QuoteRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = sale_data({"payments": [], **form.validated_data})
        rights = rights_of(seller_of(request), till_id=data.till_id, reduces=reduces_prices(data))
        return Response(shapes.QuoteSerializer(quote_sale(data=data, rights=rights)).data)

    @extend_schema(
        request=refund_shapes.NewRefundSerializer,
        responses={201: refund_shapes.RefundSerializer},
        parameters=[SELLER_HEADER],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def refund(self, request: Request, pk: str) -> Response:
        """Take goods back to the batch they left, and give the money back."""
        form = refund_shapes.NewRefundSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        lines = given.get("lines")
        seller = seller_of(request)
        refund = refund_sale(
            sale_id=int(pk),
            method=PaymentMethod(given["method"]) if given.get("method") else None,
            payments=[
                RefundPaymentData(PaymentMethod(part["method"]), part.get("amount"))
                for part in given.get("payments", [])
            ],
            reason=given["reason"],
            lines=None if lines is None else [RefundLineData(**line) for line in lines],
            till_id=given.get("till"),
            identified=seller.at(given.get("till")),
            actor=seller.actor,
        )
        told = list_refunds().get(pk=refund.pk)
        return self.answer(
            told, status_code=status.HTTP_201_CREATED, serializer=refund_shapes.RefundSerializer
        )

    @extend_schema(
        request=ReasonSerializer, responses=shapes.SaleDetailSerializer, parameters=[SELLER_HEADER]
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Undo a sale that should not have been, exactly; what a till sold, at that till in its open shift."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        seller = seller_of(request)
        identified = seller.till_id is not None and seller.at(get_sale(sale_id=int(pk)).till_id)
        reason = form.validated_data["reason"]
        sale = reverse_sale(sale_id=int(pk), reason=reason, actor=seller.actor, identified=identified)
        return self.answer(get_sale(sale_id=sale.pk), serializer=shapes.SaleDetailSerializer)

    @extend_schema(
        parameters=[OpenApiParameter("copy", bool, description="Marked as a copy.")],
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    @action(detail=True, methods=["get"])
    def receipt(self, request: Request, pk: str) -> HttpResponse:
        """The receipt for an 80 mm roll, in the language asked for; `?copy=true` marks a reprint."""
        sale = get_sale(sale_id=int(pk))
        is_copy = request.query_params.get("copy", "").lower() in ("1", "true")
        response = HttpResponse(receipt_pdf(sale, is_copy=is_copy), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{sale.number}.pdf"'
        return response


def reduces_prices(data: SaleData) -> bool:
    """Whether anything is asked for less than its list price: only then a limit has to be looked up."""
    asked = [data.discount_percent, data.discount_amount]
    for line in data.lines:
        asked += [line.unit_price, line.discount_percent, line.discount_amount]
    return any(value is not None for value in asked)


def sale_data(given: Mapping[str, Any], *, key: str = "") -> SaleData:
    """What a checked body asks for; ``key`` is the Idempotency-Key that came with it."""
    return SaleData(
        lines=[_line_data(line) for line in given["lines"]],
        payments=[
            PaymentData(PaymentMethod(part["method"]), part["amount"], part.get("currency", ""))
            for part in given["payments"]
        ],
        exact=PaymentMethod(given["exact"]) if given.get("exact") else None,
        customer_id=given.get("customer"),
        till_id=given.get("till"),
        till_key=key,
        location_id=given.get("location"),
        discount_percent=given.get("discount_percent"),
        discount_amount=given.get("discount_amount"),
        occurred_at=given.get("occurred_at"),
        note=given.get("note", ""),
        prescription_id=given.get("prescription"),
        prescribed=prescription_data(given["prescribed"]) if given.get("prescribed") else None,
    )


def _line_data(line: Mapping[str, Any]) -> SaleLineData:
    return SaleLineData(
        product_id=line.get("product") or 0,
        code=line.get("code", ""),
        quantity=line["quantity"],
        unit_id=line.get("unit"),
        batch_id=line.get("batch"),
        batch_reason=line.get("batch_reason", ""),
        unit_price=line.get("unit_price"),
        discount_percent=line.get("discount_percent"),
        discount_amount=line.get("discount_amount"),
        prescription_id=line.get("prescription"),
    )


class RefundViewSet(ReadOnlyDomainViewSet):
    """Goods that came back."""

    permissions = {"*": "sales.view_refund"}
    serializer_class = refund_shapes.RefundSerializer
    filterset_class = filters.RefundFilter
    queryset = Refund.objects.none()

    def get_queryset(self) -> QuerySet[Refund]:
        return list_refunds()
