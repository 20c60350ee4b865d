"""Purchase orders: written, approved, sent, answered, received, closed."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import etag_for
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import OptionalReasonSerializer, ReasonSerializer
from core.api.views import ReadOnlyDomainViewSet
from purchases.api.buying_filters import OrderFilter
from purchases.api.order_serializers import (
    AnswerSerializer,
    ElsewhereSerializer,
    OrderCreateSerializer,
    OrderDetailSerializer,
    OrderEditSerializer,
    OrderSerializer,
    OrderTextSerializer,
)
from purchases.api.proposals import may_match, must_match
from purchases.api.receipt_serializers import DeliverySerializer, ReceiptDetailSerializer
from purchases.api.receipts import answer_new_receipt
from purchases.documents.order_pdf import order_pdf
from purchases.documents.order_text import order_text
from purchases.models import PurchaseOrder
from purchases.selectors.buying import get_order, list_orders, supplier_names
from purchases.selectors.elsewhere import bought_elsewhere
from purchases.services import (
    answer_order,
    approve_order,
    cancel_order,
    close_order,
    create_order,
    edit_order,
    receive_order,
    send_order,
)


class PurchaseOrderViewSet(ReadOnlyDomainViewSet):
    """Orders to suppliers: made by approving a proposal, or by hand."""

    permissions = {
        "list": "purchases.view_purchaseorder",
        "retrieve": "purchases.view_purchaseorder",
        "elsewhere": "purchases.view_purchaseorder",
        "text": "purchases.view_purchaseorder",
        "pdf": "purchases.view_purchaseorder",
        "create": "purchases.add_purchaseorder",
        "partial_update": "purchases.change_purchaseorder",
        "approve": "purchases.approve_order",
        "send": "purchases.send_order",
        "answer_lines": "purchases.answer_order",
        "receive": "purchases.receive_goods",
        "close": "purchases.close_order",
        "cancel": "purchases.cancel_order",
    }
    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    queryset = PurchaseOrder.objects.none()

    def get_queryset(self) -> QuerySet[PurchaseOrder]:
        return list_orders()

    def get_serializer_class(self) -> Any:
        return OrderDetailSerializer if self.action == "retrieve" else super().get_serializer_class()

    def get_object(self) -> PurchaseOrder:
        order = get_order(int(self.kwargs["pk"]))
        self.check_object_permissions(self.request, order)
        return order

    @extend_schema(request=OrderCreateSerializer, responses={201: OrderDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """A draft by hand; it commits nothing until it is approved or sent."""
        form = OrderCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        order = create_order(data=form.data_for_service(), actor=actor_of(request))
        response = self._answer_order(order.pk, status.HTTP_201_CREATED)
        response["Location"] = f"{request.path}{order.pk}/"
        return response

    @extend_schema(request=OrderEditSerializer, responses=OrderDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a draft that nobody approved yet. Needs If-Match."""
        form = OrderEditSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        edit_order(
            order_id=int(pk),
            actor=actor_of(request),
            check=must_match(request),
            **form.changes_for_service(),
        )
        return self._answer_order(int(pk))

    @extend_schema(request=None, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: Request, pk: str) -> Response:
        """Commit the money for a draft, with the checks of a proposal; somebody may send it then. Needs If-Match."""
        approve_order(order_id=int(pk), actor=actor_of(request), check=must_match(request))
        return self._answer_order(int(pk))

    @extend_schema(request=None, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def send(self, request: Request, pk: str) -> Response:
        """It is with the supplier. A draft that nobody approved is approved by whoever sends it, who must be allowed to.

        Needs If-Match.
        """
        send_order(order_id=int(pk), actor=actor_of(request), check=must_match(request))
        return self._answer_order(int(pk))

    @extend_schema(request=AnswerSerializer, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"], url_path="answer")
    @idempotent
    def answer_lines(self, request: Request, pk: str) -> Response:
        """The supplier's answer. What it refuses frees its money; `elsewhere/` says who else sells it."""
        form = AnswerSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        confirmed = {row["line"]: row["confirmed_quantity"] for row in form.validated_data["lines"]}
        answer_order(order_id=int(pk), confirmed=confirmed, actor=actor_of(request), check=may_match(request))
        return self._answer_order(int(pk))

    @extend_schema(request=DeliverySerializer, responses={201: ReceiptDetailSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def receive(self, request: Request, pk: str) -> Response:
        """Goods of this order came, all or a part: a posted goods receipt."""
        form = DeliverySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        receipt = receive_order(
            order_id=int(pk),
            data=form.data_for_service(),
            actor=actor_of(request),
            check=may_match(request),
        )
        return answer_new_receipt(receipt.pk, self.get_serializer_context())

    @extend_schema(request=OptionalReasonSerializer, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, pk: str) -> Response:
        """Nothing more is expected: what has not come is given up and its money freed."""
        form = OptionalReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        close_order(
            order_id=int(pk),
            reason=form.validated_data["reason"],
            actor=actor_of(request),
            check=may_match(request),
        )
        return self._answer_order(int(pk))

    @extend_schema(request=ReasonSerializer, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Call the whole order off, while nothing of it came."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        cancel_order(
            order_id=int(pk),
            reason=form.validated_data["reason"],
            actor=actor_of(request),
            check=may_match(request),
        )
        return self._answer_order(int(pk))

    @extend_schema(responses=ElsewhereSerializer(many=True), filters=False)
    @action(
        detail=True,
        methods=["get"],
        filterset_class=None,
        pagination_class=None,
        serializer_class=ElsewhereSerializer,
    )
    def elsewhere(self, request: Request, pk: str) -> Response:
        """Who else sells what this supplier refused, or what was given up, with the quantity that covers it."""
        missing = bought_elsewhere(get_order(int(pk)))
        names = supplier_names(option.line.supplier_id for one in missing for option in one.options)
        return Response(ElsewhereSerializer(missing, many=True, context={"names": names}).data)

    @extend_schema(responses=OrderTextSerializer)
    @action(detail=True, methods=["get"], serializer_class=OrderTextSerializer)
    def text(self, request: Request, pk: str) -> Response:
        """The order as text to paste into a message, in the supplier's own names."""
        return Response({"text": order_text(get_order(int(pk)))})

    @extend_schema(responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)})
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The order as a PDF, in the supplier's own names."""
        order = get_order(int(pk))
        response = HttpResponse(order_pdf(order), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{order.number}.pdf"'
        return response

    def _answer_order(self, order_id: int, status_code: int = status.HTTP_200_OK) -> Response:
        order = get_order(order_id)
        data = OrderDetailSerializer(order, context=self.get_serializer_context()).data
        return Response(data, status=status_code, headers={"ETag": etag_for(order)})
