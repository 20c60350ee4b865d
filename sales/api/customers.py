"""Customers over HTTP: who they are, what they owe, what they pay."""

from datetime import date
from decimal import Decimal
from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import (
    ReasonSerializer,
)
from core.api.views import EXPORTS, ReadOnlyDomainViewSet
from sales.ageing import bucket_of
from sales.api.customer_serializers import (
    CreditQuerySerializer,
    CreditSerializer,
    CustomerLedgerSerializer,
    CustomerPaymentSerializer,
    CustomerSerializer,
    MergeCustomerSerializer,
    NewReceiptSerializer,
    OutstandingSerializer,
    SpanSerializer,
    WriteOffSerializer,
)
from sales.api.filters import CustomerFilter
from sales.api.sellers import SELLER_HEADER, Seller, SellerPermission, seller_of
from sales.documents.statement_pdf import receipt_pdf, statement_pdf
from sales.enums import ReceiptMethod, ReceiptStatus
from sales.models import Customer, CustomerPayment
from sales.selectors import (
    check_credit,
    customer_ledger,
    customer_outstanding,
    get_customer,
    list_customer_payments,
    list_customers,
)
from sales.services import (
    ReceiptData,
    create_customer,
    merge_customers,
    receive_payment,
    reverse_customer_payment,
    update_customer,
    write_off_debt,
)
from users.selectors import local_today


class CustomerPaymentFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=ReceiptStatus.choices)
    method = django_filters.ChoiceFilter(choices=ReceiptMethod.choices)
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")
    search = django_filters.CharFilter(field_name="number", lookup_expr="icontains")

    class Meta:
        model = CustomerPayment
        fields = ["customer", "till"]


_PDF = {(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)}


class CustomerViewSet(ReadOnlyDomainViewSet):
    """Customers that the pharmacy knows by name."""

    permissions = {
        "list": "sales.view_customer",
        "retrieve": "sales.view_customer",
        "ledger": "sales.view_customer",
        "statement": "sales.view_customer",
        "outstanding": "sales.view_customer",
        "check_credit": "sales.view_customer",
        "create": "sales.add_customer",
        "partial_update": "sales.change_customer",
        "payments": "sales.receive_payment",
        "write_off": "sales.write_off_debt",
        "merge": "sales.merge_customer",
    }
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter
    queryset = Customer.objects.none()

    def get_queryset(self) -> QuerySet[Customer]:
        return list_customers()

    def get_renderers(self) -> list[Any]:
        wanted = self.request.GET.get("format") if getattr(self, "request", None) is not None else None
        renderers = super().get_renderers()
        if getattr(self, "action", None) == "ledger" and wanted in EXPORTS:
            renderers.append(EXPORTS[wanted]())
        return renderers

    def create(self, request: Request) -> Response:
        """A new customer, with an account of their own."""
        form = CustomerSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = {key: value for key, value in form.validated_data.items() if key != "is_active"}
        customer = create_customer(**given, actor=actor_of(request))
        return self.answer(customer, status_code=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a customer (If-Match)."""
        form = CustomerSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        customer = update_customer(
            customer_id=int(pk),
            changes=form.validated_data,
            actor=actor_of(request),
            check=lambda row: check_if_match(request, row),
        )
        return self.answer(customer)

    @extend_schema(parameters=[SpanSerializer], filters=False, responses=CustomerLedgerSerializer)
    @action(detail=True, pagination_class=None)
    def ledger(self, request: Request, pk: str) -> Response:
        """Every entry with the balance after it; ``format=csv|xlsx`` for its lines as a file."""
        since, until = _span(request)
        customer = get_customer(customer_id=int(pk))
        told = CustomerLedgerSerializer(customer_ledger(customer=customer, since=since, until=until)).data
        form = cast("Any", request).accepted_renderer.format
        if form not in EXPORTS:
            return Response(told)
        response = Response(told["lines"])
        response["Content-Disposition"] = f'attachment; filename="customer-{customer.pk}.{form}"'
        return response

    @extend_schema(parameters=[SpanSerializer], filters=False, responses=_PDF)
    @action(detail=True, pagination_class=None)
    def statement(self, request: Request, pk: str) -> HttpResponse:
        """The ledger as a PDF to hand over."""
        since, until = _span(request)
        customer = get_customer(customer_id=int(pk))
        ledger = customer_ledger(customer=customer, since=since, until=until)
        document = statement_pdf(customer=customer, ledger=ledger, since=since, until=until)
        response = HttpResponse(document, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="customer-{customer.pk}.pdf"'
        return response

    @extend_schema(filters=False, responses=OutstandingSerializer)
    @action(detail=True, pagination_class=None)
    def outstanding(self, request: Request, pk: str) -> Response:
        """What is open, sale by sale, the oldest first, and how old it is."""
        today = local_today()
        found = customer_outstanding(customer=get_customer(customer_id=int(pk)), on=today)
        debts = [
            {
                "document": debt.document[0],
                "document_id": debt.document[1],
                "memo": memo,
                "number": number,
                "business_date": debt.business_date,
                "age": bucket_of(debt, on=today),
                "amount": debt.amount,
                "open": debt.open,
            }
            for debt, memo, number in found.debts
        ]
        told = {"owed": found.owed, "advance": found.advance, "ages": found.ages, "debts": debts}
        return Response(OutstandingSerializer(told).data)

    @extend_schema(parameters=[CreditQuerySerializer], filters=False, responses=CreditSerializer)
    @action(detail=True, url_path="check-credit", pagination_class=None)
    def check_credit(self, request: Request, pk: str) -> Response:
        """What they may still buy on account, and whether ``amount`` fits."""
        form = CreditQuerySerializer(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        found = check_credit(customer=get_customer(customer_id=int(pk)))
        allowed = form.validated_data.get("amount", Decimal(0)) <= found.available
        told = {"limit": found.limit, "owed": found.owed, "available": found.available, "allowed": allowed}
        return Response(CreditSerializer(told).data)

    @extend_schema(
        request=NewReceiptSerializer,
        responses={201: CustomerPaymentSerializer},
        parameters=[SELLER_HEADER],
    )
    @action(detail=True, methods=["post"], permission_classes=[SellerPermission])
    @idempotent
    def payments(self, request: Request, pk: str) -> Response:
        """Receive money on account: the oldest debt first, the rest is an advance."""
        form = NewReceiptSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        seller, till_id = seller_of(request), given.pop("till", None)
        data = ReceiptData(
            customer_id=get_customer(customer_id=int(pk)).pk,
            method=ReceiptMethod(given.pop("method")),
            till_id=till_id,
            identified=_known_at(seller, till_id),
            **given,
        )
        return self._paid(receive_payment(data=data, actor=seller.actor))

    @extend_schema(request=WriteOffSerializer, responses={201: CustomerPaymentSerializer})
    @action(detail=True, methods=["post"], url_path="write-off")
    @idempotent
    def write_off(self, request: Request, pk: str) -> Response:
        """Give up a part of what is owed: an expense."""
        form = WriteOffSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        customer = get_customer(customer_id=int(pk))
        return self._paid(
            write_off_debt(customer_id=customer.pk, **form.validated_data, actor=actor_of(request))
        )

    @extend_schema(request=MergeCustomerSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def merge(self, request: Request, pk: str) -> Response:
        """Let this customer become another; answers the other."""
        form = MergeCustomerSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        into = form.validated_data["into"]
        return self.answer(merge_customers(customer_id=int(pk), into_id=into, actor=actor_of(request)))

    def _paid(self, payment: CustomerPayment) -> Response:
        told = list_customer_payments().get(pk=payment.pk)
        return self.answer(told, status_code=status.HTTP_201_CREATED, serializer=CustomerPaymentSerializer)


class CustomerPaymentViewSet(ReadOnlyDomainViewSet):
    """What customers paid on account, and what was written off."""

    permissions = {
        "list": "sales.view_customerpayment",
        "retrieve": "sales.view_customerpayment",
        "pdf": "sales.view_customerpayment",
        "reverse": "sales.reverse_customer_payment",
    }
    permission_classes = [SellerPermission]
    serializer_class = CustomerPaymentSerializer
    filterset_class = CustomerPaymentFilter
    queryset = CustomerPayment.objects.none()

    def get_queryset(self) -> QuerySet[CustomerPayment]:
        return list_customer_payments()

    @extend_schema(request=ReasonSerializer, responses=CustomerPaymentSerializer, parameters=[SELLER_HEADER])
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Undo a payment that should not have been, exactly."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        seller = seller_of(request)
        done = reverse_customer_payment(
            payment_id=int(pk),
            reason=form.validated_data["reason"],
            actor=seller.actor,
            identified=_known_at(seller, self.get_object().till_id),
        )
        return self.answer(list_customer_payments().get(pk=done.pk))

    @extend_schema(responses=_PDF)
    @action(detail=True)
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The receipt, to hand over."""
        payment = self.get_object()
        response = HttpResponse(receipt_pdf(payment), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{payment.number}.pdf"'
        return response


def _known_at(seller: Seller, till_id: int | None) -> bool:
    """Whether a PIN was given at this drawer; other money than a drawer's asks for none."""
    return seller.till_id is not None and (till_id is None or seller.at(till_id))


def _span(request: Request) -> tuple[date | None, date | None]:
    form = SpanSerializer(data=request.query_params.dict())
    form.is_valid(raise_exception=True)
    return form.validated_data.get("since"), form.validated_data.get("until")
