"""Shifts over HTTP: open, cash in and out, count blind, close, report."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.views import ReadOnlyDomainViewSet
from sales.api import till_serializers as shapes
from sales.api.filters import ShiftFilter
from sales.api.report_serializers import ShiftReportSerializer
from sales.api.sellers import SELLER_HEADER, Seller, SellerPermission, seller_of
from sales.documents.shift_pdf import shift_pdf
from sales.enums import CashDirection, ShiftStatus
from sales.errors import ShiftStillOpen
from sales.models import Shift
from sales.selectors import get_shift, list_shifts, shift_report
from sales.services import (
    CountData,
    DenominationData,
    HandOver,
    close_shift,
    count_shift,
    move_cash,
    open_shift,
)


class ShiftViewSet(ReadOnlyDomainViewSet):
    """The time between two counts of a drawer. While it is open nobody is told what it should hold, but `x-report`."""

    permissions = {
        "list": "sales.view_shift",
        "retrieve": "sales.view_shift",
        "create": "sales.open_shift",
        "cash": "sales.move_till_cash",
        "count": "sales.close_shift",
        "close": "sales.close_shift",
        "x_report": "sales.view_expected_cash",
        "z_report": "sales.view_shift",
        "pdf": "sales.view_shift",
    }
    permission_classes = [SellerPermission]
    serializer_class = shapes.ShiftSerializer
    filterset_class = ShiftFilter
    queryset = Shift.objects.none()

    def get_queryset(self) -> QuerySet[Shift]:
        return list_shifts()

    @extend_schema(
        request=shapes.OpenShiftSerializer,
        responses={201: shapes.ShiftSerializer},
        parameters=[SELLER_HEADER],
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Open a till with the float counted in its drawer; a difference to the books needs its reason.

        The float of a drawer that the books say is empty comes from the account that its count names.
        """
        form = shapes.OpenShiftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        seller = seller_of(request)
        shift = open_shift(
            till_id=given["till"],
            counts=_counts(given["counts"]),
            reason=given.get("reason", ""),
            actor=seller.actor,
            identified=seller.at(given["till"]),
        )
        return self._told(shift.pk, status.HTTP_201_CREATED)

    @extend_schema(
        request=shapes.MoveCashSerializer,
        responses={201: shapes.TillCashSerializer},
        parameters=[SELLER_HEADER],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def cash(self, request: Request, pk: str) -> Response:
        """Cash in or out that is no sale: change fetched, money to the bank, a small expense."""
        form = shapes.MoveCashSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        seller = seller_of(request)
        movement = move_cash(
            shift_id=int(pk),
            direction=CashDirection(given["direction"]),
            amount=given["amount"],
            currency=given.get("currency", ""),
            account_id=given.get("account"),
            reason=given["reason"],
            actor=seller.actor,
            identified=_known_at(seller, pk),
        )
        movement.refresh_from_db()
        return Response(shapes.TillCashSerializer(movement).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=shapes.CountRequestSerializer,
        responses=shapes.ShiftSerializer,
        parameters=[SELLER_HEADER],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def count(self, request: Request, pk: str) -> Response:
        """Note what is in the drawer. What should be in it is not told."""
        form = shapes.CountRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        seller = seller_of(request)
        count_shift(
            shift_id=int(pk),
            counts=_counts(form.validated_data["counts"]),
            actor=seller.actor,
            identified=_known_at(seller, pk),
        )
        return self._told(int(pk), status.HTTP_200_OK)

    @extend_schema(
        request=shapes.CloseShiftSerializer,
        responses=shapes.ShiftSerializer,
        parameters=[SELLER_HEADER],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, pk: str) -> Response:
        """Close by what was counted; what differs from the books goes to over and short, and is told now."""
        form = shapes.CloseShiftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        seller = seller_of(request)
        close_shift(
            shift_id=int(pk),
            counts=_counts(given.get("counts", ())),
            handed_over=[
                HandOver(part["currency"], part["amount"], part.get("account"))
                for part in given.get("handed_over", ())
            ],
            note=given.get("note", ""),
            actor=seller.actor,
            identified=_known_at(seller, pk),
        )
        return self._told(int(pk), status.HTTP_200_OK)

    @extend_schema(responses=ShiftReportSerializer)
    @action(detail=True, methods=["get"], url_path="x-report")
    def x_report(self, request: Request, pk: str) -> Response:
        """The shift so far, with what the drawer should hold: not for whoever counts it."""
        return Response(ShiftReportSerializer(shift_report(shift_id=int(pk))).data)

    @extend_schema(responses=ShiftReportSerializer)
    @action(detail=True, methods=["get"], url_path="z-report")
    def z_report(self, request: Request, pk: str) -> Response:
        """The whole shift, once it is closed; it never changes."""
        _refuse_open(int(pk))
        return Response(ShiftReportSerializer(shift_report(shift_id=int(pk))).data)

    @extend_schema(responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)})
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The closing report for an 80 mm roll, in the language asked for."""
        _refuse_open(int(pk))
        report = shift_report(shift_id=int(pk))
        response = HttpResponse(shift_pdf(report), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{report.shift.number}.pdf"'
        return response

    def _told(self, shift_id: int, code: int) -> Response:
        return self.answer(get_shift(shift_id=shift_id), status_code=code)


def _refuse_open(shift_id: int) -> None:
    shift = get_shift(shift_id=shift_id)
    if shift.status == ShiftStatus.OPEN:
        raise ShiftStillOpen(shift=shift.number)


def _known_at(seller: Seller, shift_id: str) -> bool:
    """Whether a PIN was given at this shift's till."""
    return seller.till_id is not None and seller.at(get_shift(shift_id=int(shift_id)).till_id)


def _counts(rows: Sequence[dict[str, Any]]) -> list[CountData]:
    return [
        CountData(
            currency=row["currency"],
            denominations=[DenominationData(**part) for part in row.get("denominations", ())],
            amount=row.get("amount"),
            float_from=row.get("float_from"),
        )
        for row in rows
    ]
