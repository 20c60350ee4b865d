"""Goods lent to and borrowed from a neighbour pharmacy."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import OptionalReasonSerializer, ReasonSerializer
from core.api.views import ReadOnlyDomainViewSet
from inventory.api import filters
from inventory.api.serializers import loans as shapes
from inventory.enums import LoanDirection, SettlementMethod
from inventory.models import StockLoan
from inventory.selectors import default_location_id, get_loan, list_loans
from inventory.services import (
    LoanBackLine,
    LoanLine,
    borrow_stock,
    lend_stock,
    pay_loan,
    return_loan,
    reverse_loan,
    reverse_loan_settlement,
)

_SETTLEMENT = OpenApiParameter("settlement_id", OpenApiTypes.INT, OpenApiParameter.PATH)


class LoanViewSet(ReadOnlyDomainViewSet):
    """Loans, at cost on the neighbour's account, until they are given back or paid for."""

    permissions = {
        "list": "inventory.view_stockloan",
        "retrieve": "inventory.view_stockloan",
        "create": "inventory.lend_stock",
        "give_back": "inventory.lend_stock",
        "pay": "inventory.lend_stock",
        "reverse": "inventory.lend_stock",
        "reverse_settlement": "inventory.lend_stock",
    }
    serializer_class = shapes.LoanSerializer
    filterset_class = filters.LoanFilter
    queryset = StockLoan.objects.none()

    def get_queryset(self) -> QuerySet[StockLoan]:
        return list_loans()

    @extend_schema(request=shapes.LoanWriteSerializer, responses={201: shapes.LoanSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Lend goods (they leave at cost) or borrow them (they enter at the value given, else at last cost)."""
        given = self._given(shapes.LoanWriteSerializer, request)
        verb = lend_stock if given["direction"] == LoanDirection.LENT else borrow_stock
        loan = verb(
            party_id=given["party_id"],
            location_id=given.get("location_id") or default_location_id(),
            lines=[LoanLine(**line) for line in given["lines"]],
            note=given["note"],
            actor=actor_of(request),
        )
        return self.answer(get_loan(loan.pk), status_code=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.LoanReturnSerializer, responses=shapes.LoanSerializer)
    @action(detail=True, methods=["post"], url_path="give-back")
    @idempotent
    def give_back(self, request: Request, pk: str) -> Response:
        """Goods go back where they came from, in part or whole, of any batch."""
        given = self._given(shapes.LoanReturnSerializer, request)
        lines = [LoanBackLine(**line) for line in given.pop("lines")]
        return_loan(loan_id=int(pk), lines=lines, actor=actor_of(request), **given)
        return self.answer(get_loan(int(pk)))

    @extend_schema(request=shapes.LoanPaySerializer, responses=shapes.LoanSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def pay(self, request: Request, pk: str) -> Response:
        """What is open becomes a sale (lent) or a purchase (borrowed), in money."""
        given = self._given(shapes.LoanPaySerializer, request)
        lines = [LoanBackLine(**line) for line in given.pop("lines")]
        method = SettlementMethod(given.pop("method"))
        pay_loan(loan_id=int(pk), lines=lines, method=method, actor=actor_of(request), **given)
        return self.answer(get_loan(int(pk)))

    @extend_schema(request=OptionalReasonSerializer, responses=shapes.LoanSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Undo a loan of which nothing was given back or paid for."""
        given = self._given(OptionalReasonSerializer, request)
        reverse_loan(loan_id=int(pk), actor=actor_of(request), **given)
        return self.answer(get_loan(int(pk)))

    @extend_schema(request=ReasonSerializer, responses=shapes.LoanSerializer, parameters=[_SETTLEMENT])
    @action(detail=True, methods=["post"], url_path="settlements/(?P<settlement_id>[0-9]{1,18})/reverse")
    @idempotent
    def reverse_settlement(self, request: Request, pk: str, settlement_id: str) -> Response:
        """Undo one settlement exactly; the loan is open again by as much."""
        given = self._given(ReasonSerializer, request)
        settlement = reverse_loan_settlement(
            loan_id=int(pk), settlement_id=int(settlement_id), actor=actor_of(request), **given
        )
        return self.answer(get_loan(settlement.loan_id))

    def _given(self, shape: Any, request: Request) -> dict[str, Any]:
        form = shape(data=request.data)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)
