"""Payments to suppliers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import ReasonSerializer
from core.api.views import ReadOnlyDomainViewSet
from purchases.api.allocating import AllocatesCredit
from purchases.api.buying_filters import PaymentFilter
from purchases.api.payment_serializers import (
    PaymentCreateSerializer,
    PaymentDetailSerializer,
    PaymentSerializer,
)
from purchases.enums import ItemKind
from purchases.models import SupplierPayment
from purchases.selectors.buying import get_payment, list_payments
from purchases.services import pay_supplier, reverse_payment


class SupplierPaymentViewSet(AllocatesCredit, ReadOnlyDomainViewSet):
    """Money paid to suppliers: the oldest kind of debt first, never more than there is."""

    permissions = {
        "list": "purchases.view_supplierpayment",
        "retrieve": "purchases.view_supplierpayment",
        "create": "purchases.pay_supplier",
        "reverse": "purchases.reverse_payment",
        "allocate": "purchases.pay_supplier",
        "release": "purchases.pay_supplier",
    }
    credit_kind = ItemKind.PAYMENT
    serializer_class = PaymentSerializer
    filterset_class = PaymentFilter
    queryset = SupplierPayment.objects.none()

    def get_queryset(self) -> QuerySet[SupplierPayment]:
        return list_payments()

    def get_serializer_class(self) -> Any:
        return super().get_serializer_class() if self.action == "list" else PaymentDetailSerializer

    def get_object(self) -> SupplierPayment:
        payment = get_payment(int(self.kwargs["pk"]))
        self.check_object_permissions(self.request, payment)
        return payment

    @extend_schema(request=PaymentCreateSerializer, responses={201: PaymentDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Pay a supplier. What may be spent stays as it is: what was owed was never free."""
        form = PaymentCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        payment = pay_supplier(data=form.data_for_service(), actor=actor_of(request))
        response = self._answer_payment(payment.pk, status.HTTP_201_CREATED)
        response["Location"] = f"{request.path}{payment.pk}/"
        return response

    @extend_schema(request=ReasonSerializer, responses=PaymentDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """The exact opposite of it: the money is back, the debt too."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reverse_payment(payment_id=int(pk), reason=form.validated_data["reason"], actor=actor_of(request))
        return self._answer_payment(int(pk))

    def _answer_payment(self, payment_id: int, status_code: int = status.HTTP_200_OK) -> Response:
        return self.answer(
            get_payment(payment_id), status_code=status_code, serializer=PaymentDetailSerializer
        )
