"""What people write: adjustments, transfers, reservations, prices."""

from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import OptionalReasonSerializer, ReasonSerializer
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet
from core.errors import PermissionRefused
from core.sources import Source
from inventory.api import filters
from inventory.api.serializers import prices as price_shapes
from inventory.api.serializers import stock as shapes
from inventory.enums import AdjustmentReason
from inventory.models import LegalPrice, Reservation, SellingPrice, StockAdjustment, StockTransfer
from inventory.selectors import (
    default_location_id,
    list_adjustments,
    list_legal_prices,
    list_reservations,
    list_selling_prices,
    list_transfers,
)
from inventory.services import (
    AdjustLine,
    PriceData,
    ReserveLine,
    TransferLine,
    adjust_stock,
    approve_adjustment,
    reject_adjustment,
    release_reservation_by_id,
    reserve_stock,
    reverse_adjustment,
    reverse_transfer,
    set_legal_prices,
    set_selling_prices,
    transfer_stock,
)
from users.selectors import local_today


def _placed(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines without a place take the usual one."""
    if all(line.get("location_id") for line in lines):
        return lines
    usual = default_location_id()
    return [{**line, "location_id": line.get("location_id") or usual} for line in lines]


class AdjustmentViewSet(ReadOnlyDomainViewSet):
    """Damage, loss, expiry, found: stock and books move together."""

    permissions = {
        "list": "inventory.view_stockadjustment",
        "retrieve": "inventory.view_stockadjustment",
        "create": "inventory.adjust_stock",
        "reverse": "inventory.adjust_stock",
        "approve": "inventory.approve_adjustment",
        "reject": "inventory.approve_adjustment",
    }
    serializer_class = shapes.AdjustmentSerializer
    filterset_class = filters.AdjustmentFilter
    queryset = StockAdjustment.objects.none()

    def get_queryset(self) -> QuerySet[StockAdjustment]:
        return list_adjustments()

    @extend_schema(request=shapes.AdjustmentWriteSerializer, responses={201: shapes.AdjustmentSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Post an adjustment. Quantities are positive whichever way the reason goes.

        Worth more than one's approval limit, it is kept as `awaiting_approval` and changes nothing yet.
        """
        form = shapes.AdjustmentWriteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        adjustment = adjust_stock(
            reason=AdjustmentReason(given["reason"]),
            note=given["note"],
            lines=[AdjustLine(**line) for line in _placed(given["lines"])],
            actor=actor_of(request),
        )
        shown = list_adjustments().get(pk=adjustment.pk)
        return self.answer(shown, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=OptionalReasonSerializer, responses=shapes.AdjustmentSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Undo an adjustment exactly."""
        form = OptionalReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reverse_adjustment(
            adjustment_id=int(pk), reason=form.validated_data["reason"], actor=actor_of(request)
        )
        return self.answer(list_adjustments().get(pk=pk))

    @extend_schema(request=OptionalReasonSerializer, responses=shapes.AdjustmentSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: Request, pk: str) -> Response:
        """Post what waited, on the stock as it is now. Never by whoever made it."""
        form = OptionalReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        approve_adjustment(adjustment_id=int(pk), note=form.validated_data["reason"], actor=actor_of(request))
        return self.answer(list_adjustments().get(pk=pk))

    @extend_schema(request=ReasonSerializer, responses=shapes.AdjustmentSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, pk: str) -> Response:
        """Turn down what waited: nothing was posted, nothing will be."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reject_adjustment(
            adjustment_id=int(pk), reason=form.validated_data["reason"], actor=actor_of(request)
        )
        return self.answer(list_adjustments().get(pk=pk))


class TransferViewSet(ReadOnlyDomainViewSet):
    """Goods from one place of ours to another."""

    permissions = {
        "list": "inventory.view_stocktransfer",
        "retrieve": "inventory.view_stocktransfer",
        "create": "inventory.transfer_stock",
        "reverse": "inventory.transfer_stock",
    }
    serializer_class = shapes.TransferSerializer
    filterset_class = filters.TransferFilter
    queryset = StockTransfer.objects.none()

    def get_queryset(self) -> QuerySet[StockTransfer]:
        return list_transfers()

    @extend_schema(request=shapes.TransferWriteSerializer, responses={201: shapes.TransferSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Move goods."""
        form = shapes.TransferWriteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        transfer = transfer_stock(
            from_location_id=given["from_location"],
            to_location_id=given["to_location"],
            note=given["note"],
            lines=[TransferLine(**line) for line in given["lines"]],
            actor=actor_of(request),
        )
        shown = list_transfers().get(pk=transfer.pk)
        return self.answer(shown, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=OptionalReasonSerializer, responses=shapes.TransferSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Bring the same goods back, with the value that they took along."""
        form = OptionalReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reverse_transfer(transfer_id=int(pk), reason=form.validated_data["reason"], actor=actor_of(request))
        return self.answer(list_transfers().get(pk=pk))


class ReservationViewSet(ReadOnlyDomainViewSet):
    """Stock promised to somebody."""

    permissions = {
        "list": "inventory.view_reservation",
        "retrieve": "inventory.view_reservation",
        "create": "inventory.reserve_stock",
        "release": "inventory.reserve_stock",
    }
    serializer_class = shapes.ReservationSerializer
    filterset_class = filters.ReservationFilter
    queryset = Reservation.objects.none()

    def get_queryset(self) -> QuerySet[Reservation]:
        return list_reservations()

    @extend_schema(
        request=shapes.ReservationWriteSerializer, responses={201: shapes.ReservationSerializer(many=True)}
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Put goods aside by hand; a line may be taken from several batches."""
        form = shapes.ReservationWriteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        source = Source("manual", str(uuid4()))
        reserve_stock(
            lines=[ReserveLine(**line) for line in _placed(given["lines"])],
            source=source,
            actor=actor_of(request),
            expires_at=given.get("expires_at"),
        )
        rows = list_reservations().filter(source_kind=source.kind, source_id=source.id)
        return Response(self.get_serializer(rows, many=True).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=shapes.ReservationSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self, request: Request, pk: str) -> Response:
        """Give the goods back. Releasing twice is a no-op."""
        release_reservation_by_id(reservation_id=int(pk), actor=actor_of(request))
        return self.answer(list_reservations().get(pk=pk))


class SellingPriceViewSet(ListMixin, DomainViewSet):
    """Dated selling prices, newest first."""

    permissions = {
        "list": "inventory.view_sellingprice",
        "create": "inventory.reprice",
        "reprice": "inventory.reprice",
    }
    serializer_class = price_shapes.SellingPriceSerializer
    filterset_class = filters.SellingPriceFilter
    queryset = SellingPrice.objects.none()

    def get_queryset(self) -> QuerySet[SellingPrice]:
        return list_selling_prices()

    @extend_schema(
        request=price_shapes.SellingPriceWriteSerializer,
        responses={201: price_shapes.SellingPriceSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Set the price of one unit. Earlier prices stay as history."""
        form = price_shapes.SellingPriceWriteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        (row,) = self._set(request, [given], override=given.pop("override"))
        return self.answer(list_selling_prices().get(pk=row.pk), status_code=status.HTTP_201_CREATED)

    @extend_schema(
        request=price_shapes.RepriceSerializer,
        responses={201: price_shapes.SellingPriceSerializer(many=True)},
    )
    @action(detail=False, methods=["post"])
    @idempotent
    def reprice(self, request: Request) -> Response:
        """Set several prices: all of them or none."""
        form = price_shapes.RepriceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        rows = self._set(request, given["prices"], override=given["override"])
        shown = list_selling_prices().filter(pk__in=[row.pk for row in rows])
        return Response(self.get_serializer(shown, many=True).data, status=status.HTTP_201_CREATED)

    def _set(self, request: Request, given: list[dict[str, Any]], *, override: bool) -> list[SellingPrice]:
        if override and not request.user.has_perm("inventory.override_legal_maximum"):
            raise PermissionRefused(permission="inventory.override_legal_maximum")
        return set_selling_prices(prices=_price_data(given), actor=actor_of(request), may_exceed=override)


class LegalPriceViewSet(ListMixin, DomainViewSet):
    """Legal maximum prices, newest first."""

    permissions = {"list": "inventory.view_legalprice", "create": "inventory.add_legalprice"}
    serializer_class = price_shapes.LegalPriceSerializer
    filterset_class = filters.LegalPriceFilter
    queryset = LegalPrice.objects.none()

    def get_queryset(self) -> QuerySet[LegalPrice]:
        return list_legal_prices()

    @extend_schema(
        request=price_shapes.LegalPriceWriteSerializer, responses={201: price_shapes.LegalPriceSerializer}
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Set the legal maximum of one unit, as an authority's notice states it."""
        form = price_shapes.LegalPriceWriteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        note = given.pop("note")
        (row,) = set_legal_prices(
            prices=_price_data([given]), source=Source("manual", str(uuid4())), note=note,
            actor=actor_of(request),
        )  # fmt: skip
        return self.answer(list_legal_prices().get(pk=row.pk), status_code=status.HTTP_201_CREATED)


def _price_data(given: list[dict[str, Any]]) -> list[PriceData]:
    today = local_today()
    return [PriceData(**{"valid_from": today, **price}) for price in given]
