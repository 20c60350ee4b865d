"""Goods receipts: look at them, book a delivery without an order, take one back."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.actors import Actor
from core.api.etags import etag_for
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import ReasonSerializer
from core.api.views import ReadOnlyDomainViewSet
from purchases.api.buying_filters import ReceiptFilter
from purchases.api.proposals import may_match, must_match
from purchases.api.receipt_serializers import (
    ReceiptCreateSerializer,
    ReceiptDetailSerializer,
    ReceiptEditSerializer,
    ReceiptSerializer,
)
from purchases.models import GoodsReceipt
from purchases.selectors.buying import get_receipt, list_receipts
from purchases.services import (
    discard_receipt,
    draft_receipt,
    edit_receipt,
    post_receipt,
    receive_goods,
    reopen_receipt,
    reverse_receipt,
    write_off_receipt,
)


def answer_new_receipt(receipt_id: int, context: dict[str, Any]) -> Response:
    """201 with a receipt that another document's verb made: its ETag, and where it is."""
    found = get_receipt(receipt_id)
    headers = {"ETag": etag_for(found), "Location": f"/api/v1/goods-receipts/{found.pk}/"}
    data = ReceiptDetailSerializer(found, context=context).data
    return Response(data, status=status.HTTP_201_CREATED, headers=headers)


class GoodsReceiptViewSet(ReadOnlyDomainViewSet):
    """Deliveries. A posted one never changes; a mistake is reversed whole."""

    permissions = {
        "list": "purchases.view_goodsreceipt",
        "retrieve": "purchases.view_goodsreceipt",
        "create": "purchases.receive_goods",
        "partial_update": "purchases.receive_goods",
        "post_draft": "purchases.receive_goods",
        "destroy": "purchases.receive_goods",
        "reverse": "purchases.reverse_receipt",
        "write_off": "purchases.write_off_grni",
        "reopen": "purchases.write_off_grni",
    }
    serializer_class = ReceiptSerializer
    filterset_class = ReceiptFilter
    queryset = GoodsReceipt.objects.none()

    def get_queryset(self) -> QuerySet[GoodsReceipt]:
        return list_receipts()

    def get_serializer_class(self) -> Any:
        return ReceiptDetailSerializer if self.action == "retrieve" else super().get_serializer_class()

    def get_object(self) -> GoodsReceipt:
        receipt = get_receipt(int(self.kwargs["pk"]))
        self.check_object_permissions(self.request, receipt)
        return receipt

    @extend_schema(request=ReceiptCreateSerializer, responses={201: ReceiptDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Goods that came without an order, posted at once; or a draft that is filled while they are unpacked."""
        form = ReceiptCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        receipt = _make(form, actor_of(request))
        response = self._answer_receipt(receipt.pk, status.HTTP_201_CREATED)
        response["Location"] = f"{request.path}{receipt.pk}/"
        return response

    @extend_schema(request=ReceiptEditSerializer, responses=ReceiptDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """What came so far, in a draft. Needs If-Match."""
        form = ReceiptEditSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        edit_receipt(
            receipt_id=int(pk),
            data=form.data_for_service(),
            given=set(form.validated_data),
            actor=actor_of(request),
            check=must_match(request),
        )
        return self._answer_receipt(int(pk))

    @extend_schema(request=None, responses=ReceiptDetailSerializer)
    @action(detail=True, methods=["post"], url_path="post")
    @idempotent
    def post_draft(self, request: Request, pk: str) -> Response:
        """Everything is counted: stock and books move, as if it had been received at once. Needs If-Match."""
        post_receipt(receipt_id=int(pk), actor=actor_of(request), check=must_match(request))
        return self._answer_receipt(int(pk))

    @extend_schema(responses={204: OpenApiResponse(description="Thrown away")})
    def destroy(self, request: Request, pk: str) -> Response:
        """Throw a draft away. A posted receipt is reversed instead."""
        discard_receipt(receipt_id=int(pk), actor=actor_of(request), check=may_match(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ReasonSerializer, responses=ReceiptDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """As if it had never come: stock, books and order. Not once the goods moved on or were paid."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reverse_receipt(
            receipt_id=int(pk),
            reason=form.validated_data["reason"],
            actor=actor_of(request),
            check=may_match(request),
        )
        return self._answer_receipt(int(pk))

    @extend_schema(request=ReasonSerializer, responses=ReceiptDetailSerializer)
    @action(detail=True, methods=["post"], url_path="write-off")
    @idempotent
    def write_off(self, request: Request, pk: str) -> Response:
        """It will never be invoiced: what is still owed for it is given up, to price variance."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reason = form.validated_data["reason"]
        write_off_receipt(receipt_id=int(pk), reason=reason, actor=actor_of(request))
        return self._answer_receipt(int(pk))

    @extend_schema(request=None, responses=ReceiptDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reopen(self, request: Request, pk: str) -> Response:
        """The invoice came after all: what was given up is owed again."""
        reopen_receipt(receipt_id=int(pk), actor=actor_of(request))
        return self._answer_receipt(int(pk))

    def _answer_receipt(self, receipt_id: int, status_code: int = status.HTTP_200_OK) -> Response:
        receipt = get_receipt(receipt_id)
        data = ReceiptDetailSerializer(receipt, context=self.get_serializer_context()).data
        return Response(data, status=status_code, headers={"ETag": etag_for(receipt)})


def _make(form: ReceiptCreateSerializer, actor: Actor) -> GoodsReceipt:
    given, data = form.validated_data, form.data_for_service()
    if given["draft"]:
        return draft_receipt(
            supplier_id=given.get("supplier"), order_id=given.get("order"), data=data, actor=actor
        )
    return receive_goods(supplier_id=given["supplier"], data=data, actor=actor)
