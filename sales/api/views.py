"""Customers, the shortage book and demand over HTTP. Permissions stand at the head of each view."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ReadOnlyDomainViewSet
from core.errors import FieldError, InvalidInput
from sales.api import filters
from sales.api import serializers as shapes
from sales.api.prescriptions import prescription_data
from sales.enums import PaymentMethod, ShortageOutcome
from sales.models import Refund, Sale, Shortage
from sales.selectors import (
    daily_demand,
    get_sale,
    list_refunds,
    list_sales,
from sales.enums import ShortageOutcome
from sales.models import Customer, Shortage
from sales.selectors import (
    daily_demand,
    list_customers,
    list_shortages,
)
from sales.services import (
    close_shortage,
    record_shortage,
    refund_sale,
    reverse_sale,
    sell,
    update_customer,
)
from users.selectors import local_today

MAX_PRODUCTS = 200


class SaleViewSet(ListMixin, DomainViewSet):
    """Counter sales."""

    permissions = {
        "list": "sales.view_sale",
        "retrieve": "sales.view_sale",
        "create": "sales.sell",
        "refund": "sales.refund_sale",
        "reverse": "sales.reverse_sale",
    }
    serializer_class = shapes.SaleSerializer
    filterset_class = filters.SaleFilter
    queryset = Sale.objects.none()

    def get_queryset(self) -> QuerySet[Sale]:
        return list_sales()

    @extend_schema(responses=shapes.SaleDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One sale, with the batches it took."""
        return self.answer(get_sale(sale_id=int(pk)), serializer=shapes.SaleDetailSerializer)

    @extend_schema(request=shapes.NewSaleSerializer, responses={201: shapes.SaleDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Sell: goods, revenue, cost and cash in one transaction."""
        form = shapes.NewSaleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sale = sell(data=_sale_data(form.validated_data), actor=actor_of(request), rights=_rights(request))
        return self._told(sale, status.HTTP_201_CREATED)

    @extend_schema(request=shapes.NewRefundSerializer, responses={201: shapes.RefundSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def refund(self, request: Request, pk: str) -> Response:
        """Take goods back to the batch they left, and give the money back."""
        form = shapes.NewRefundSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        lines = given.get("lines")
        refund = refund_sale(
            sale_id=int(pk),
            method=PaymentMethod(given["method"]),
            reason=given["reason"],
            lines=None if lines is None else [RefundLineData(**line) for line in lines],
            actor=actor_of(request),
        )
        told = list_refunds().get(pk=refund.pk)
        return self.answer(told, status_code=status.HTTP_201_CREATED, serializer=shapes.RefundSerializer)

    @extend_schema(request=ReasonSerializer, responses=shapes.SaleDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Undo a sale that should not have been, exactly."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sale = reverse_sale(sale_id=int(pk), reason=form.validated_data["reason"], actor=actor_of(request))
        return self._told(sale, status.HTTP_200_OK)

    def _told(self, sale: Sale, code: int) -> Response:
        return self.answer(
            get_sale(sale_id=sale.pk), status_code=code, serializer=shapes.SaleDetailSerializer
        )


def _rights(request: Request) -> SellerRights:
    return SellerRights(
        above_stock=request.user.has_perm("sales.sell_above_stock"),
        override_price=request.user.has_perm("sales.override_price"),
        dispense_controlled=request.user.has_perm("sales.dispense_controlled"),
    )


def _sale_data(given: dict[str, Any]) -> SaleData:
    return SaleData(
        lines=[
            SaleLineData(
                product_id=line["product"],
                quantity=line["quantity"],
                unit_id=line.get("unit"),
                batch_id=line.get("batch"),
                unit_price=line.get("unit_price"),
                prescription_id=line.get("prescription"),
            )
            for line in given["lines"]
        ],
        payments=[PaymentData(PaymentMethod(part["method"]), part["amount"]) for part in given["payments"]],
        customer_id=given.get("customer"),
        location_id=given.get("location"),
        occurred_at=given.get("occurred_at"),
        note=given.get("note", ""),
        prescription_id=given.get("prescription"),
        prescribed=prescription_data(given["prescribed"]) if given.get("prescribed") else None,
    )


class RefundViewSet(ReadOnlyDomainViewSet):
    """Goods that came back."""

    permissions = {"*": "sales.view_refund"}
    serializer_class = shapes.RefundSerializer
    filterset_class = filters.RefundFilter
    queryset = Refund.objects.none()

    def get_queryset(self) -> QuerySet[Refund]:
        return list_refunds()
class CustomerViewSet(ReadOnlyDomainViewSet):
    """Customers that the pharmacy knows by name."""

    permissions = {
        "list": "sales.view_customer",
        "retrieve": "sales.view_customer",
        "create": "sales.add_customer",
        "partial_update": "sales.change_customer",
    }
    serializer_class = shapes.CustomerSerializer
    filterset_class = filters.CustomerFilter
    queryset = Customer.objects.none()

    def get_queryset(self) -> QuerySet[Customer]:
        return list_customers()

    def create(self, request: Request) -> Response:
        """A new customer, with an account of their own."""
        form = shapes.CustomerSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = {key: value for key, value in form.validated_data.items() if key != "is_active"}
        customer = create_customer(**given, actor=actor_of(request))
        return self.answer(customer, status_code=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a customer (If-Match)."""
        form = shapes.CustomerSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        customer = update_customer(
            customer_id=int(pk),
            changes=form.validated_data,
            actor=actor_of(request),
            check=lambda row: check_if_match(request, row),
        )
        return self.answer(customer)


class ShortageViewSet(ReadOnlyDomainViewSet):
    """The shortage book: asked for, and not had."""

    permissions = {
        "list": "sales.view_shortage",
        "retrieve": "sales.view_shortage",
        "create": "sales.add_shortage",
        "close": "sales.change_shortage",
    }
    serializer_class = shapes.ShortageSerializer
    filterset_class = filters.ShortageFilter
    queryset = Shortage.objects.none()

    def get_queryset(self) -> QuerySet[Shortage]:
        return list_shortages()

    @extend_schema(request=shapes.NewShortageSerializer, responses={201: shapes.ShortageSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Note that something was asked for and not had."""
        form = shapes.NewShortageSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        shortage = record_shortage(
            product_id=given.get("product"),
            requested_name=given.get("requested_name", ""),
            quantity=given["quantity"],
            unit_id=given.get("unit"),
            customer_id=given.get("customer"),
            note=given.get("note", ""),
            actor=actor_of(request),
        )
        return self.answer(shortage, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.CloseShortageSerializer, responses=shapes.ShortageSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, pk: str) -> Response:
        """Say how it ended."""
        form = shapes.CloseShortageSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        shortage = close_shortage(
            shortage_id=int(pk),
            outcome=ShortageOutcome(form.validated_data["outcome"]),
            note=form.validated_data.get("note", ""),
            actor=actor_of(request),
        )
        return self.answer(shortage)


class DemandViewSet(DomainViewSet):
    """What is asked for a day, and what that rests on."""

    permissions = {"list": "sales.view_demand"}
    serializer_class = shapes.DemandSerializer
    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(parameters=[shapes.DemandQuerySerializer], responses=shapes.DemandSerializer(many=True))
    def list(self, request: Request) -> Response:
        """The rate of each product named."""
        form = shapes.DemandQuerySerializer(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        rates = daily_demand(
            _product_ids(form.validated_data["product"]), form.validated_data.get("as_of") or local_today()
        )
        return Response(
            [
                {
                    "product": product,
                    "rate_per_day": f"{rate.rate_per_day:f}",
                    "basis": rate.basis,
                    "days_observed": rate.days_observed,
                    "sold_quantity": rate.sold_qty,
                    "shortage_quantity": rate.shortage_qty,
                }
                for product, rate in rates.items()
            ]
        )


def _product_ids(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    whole = all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts)  # noqa: PLR2004 - bigint
    if not whole or len(parts) > MAX_PRODUCTS:
        detail = _("Product ids, separated by commas (at most 200).")
        raise InvalidInput(errors=[FieldError("product", "invalid", detail)])
    return [int(part) for part in parts]
