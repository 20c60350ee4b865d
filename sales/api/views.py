"""The shortage book and demand over HTTP. Permissions stand at the head of each view."""

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
from sales.enums import ShortageOutcome
from sales.models import Shortage
from sales.selectors import (
    daily_demand,
    list_shortages,
)
from sales.services import (
    close_shortage,
    record_shortage,
)
from users.selectors import local_today

MAX_PRODUCTS = 200


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
