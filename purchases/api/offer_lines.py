"""Lines across all suppliers: find who sells it cheapest today, and decide what a line means."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.views import ReadOnlyDomainViewSet
from purchases.api.filters import LINE_ORDERINGS, OfferLineFilter
from purchases.api.line_serializers import (
    AcceptedLinesSerializer,
    BonusDecisionSerializer,
    ChangedLinesSerializer,
    CreatedProductsSerializer,
    LineIdsSerializer,
    LineMatchManySerializer,
    LineMatchSerializer,
    OfferLineDetailSerializer,
    OfferLineSerializer,
)
from purchases.models import OfferLine
from purchases.selectors import get_line, list_lines, list_lines_in_full
from purchases.services import (
    Decision,
    accept_lines,
    confirm_bonus,
    confirm_lines,
    create_products_from_lines,
    decide_lines,
    ignore_lines,
    match_line,
    unmatch_lines,
)


class OfferLineViewSet(ReadOnlyDomainViewSet):
    """Every line of every list. `?current=true` leaves what may be bought from today."""

    permissions = {
        "list": "purchases.view_offerline",
        "retrieve": "purchases.view_offerline",
        "create_products": "inventory.add_product",
        "*": "purchases.match_line",
    }
    serializer_class = OfferLineSerializer
    filterset_class = OfferLineFilter
    orderings = LINE_ORDERINGS
    queryset = OfferLine.objects.none()

    def get_queryset(self) -> QuerySet[OfferLine]:
        return (
            list_lines_in_full()
            if self.action == "retrieve"
            else list_lines().order_by("offer_id", "position")
        )

    def get_serializer_class(self) -> Any:
        return OfferLineDetailSerializer if self.action == "retrieve" else OfferLineSerializer

    @extend_schema(request=LineMatchSerializer, responses=OfferLineSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def match(self, request: Request, pk: str) -> Response:
        """Say which product the line is. Learned: a line of this name of this supplier never asks again."""
        form = LineMatchSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        decision = Decision(
            line_id=int(pk),
            product_id=form.validated_data["product"],
            unit_id=form.validated_data.get("unit"),
        )
        match_line(decision=decision, actor=actor_of(request))
        return self.answer(get_line(int(pk)), serializer=OfferLineSerializer)

    @extend_schema(request=BonusDecisionSerializer, responses=OfferLineSerializer)
    @action(detail=True, methods=["post"], url_path="confirm-bonus")
    @idempotent
    def confirm_bonus(self, request: Request, pk: str) -> Response:
        """The odd or exceptional bonus is as printed: it counts from now on. Net cost follows."""
        form = BonusDecisionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        line = confirm_bonus(
            line_id=int(pk),
            tiers=form.validated_data.get("tiers"),
            confirmed=form.validated_data["confirmed"],
            actor=actor_of(request),
        )
        return self.answer(get_line(line.pk), serializer=OfferLineSerializer)

    @extend_schema(
        operation_id="offer_lines_match_many",
        request=LineMatchManySerializer,
        responses=ChangedLinesSerializer,
    )
    @action(detail=False, methods=["post"], url_path="match")
    @idempotent
    def bulk_match(self, request: Request) -> Response:
        """Match many lines, all or nothing."""
        form = LineMatchManySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response({"changed": decide_lines(decisions=form.decisions(), actor=actor_of(request))})

    @extend_schema(request=LineIdsSerializer, responses=AcceptedLinesSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def accept(self, request: Request) -> Response:
        """Take the first suggestion of each line; one that differs in strength, form or pack is left out."""
        accepted = accept_lines(line_ids=_line_ids(request), actor=actor_of(request))
        return Response({"changed": accepted.changed, "left_out": accepted.left_out})

    @extend_schema(request=LineIdsSerializer, responses=ChangedLinesSerializer)
    @action(detail=False, methods=["post"], url_path="as-printed")
    @idempotent
    def as_printed(self, request: Request) -> Response:
        """What was hard to read or did not agree is as printed: the lines count as they are shown."""
        return Response({"changed": confirm_lines(line_ids=_line_ids(request), actor=actor_of(request))})

    @extend_schema(request=LineIdsSerializer, responses=ChangedLinesSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def ignore(self, request: Request) -> Response:
        """Not for us: these names are ignored from now on."""
        return Response({"changed": ignore_lines(line_ids=_line_ids(request), actor=actor_of(request))})

    @extend_schema(request=LineIdsSerializer, responses=ChangedLinesSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def unmatch(self, request: Request) -> Response:
        """Take decisions back, and forget what was learned from them."""
        return Response({"changed": unmatch_lines(line_ids=_line_ids(request), actor=actor_of(request))})

    @extend_schema(request=LineIdsSerializer, responses=CreatedProductsSerializer)
    @action(detail=False, methods=["post"], url_path="create-products")
    @idempotent
    def create_products(self, request: Request) -> Response:
        """Make a product of each line's name (equal names: one product) and match the lines to it."""
        products, changed = create_products_from_lines(line_ids=_line_ids(request), actor=actor_of(request))
        return Response({"products": products, "changed": changed})


def _line_ids(request: Request) -> list[int]:
    form = LineIdsSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    return list(form.validated_data["lines"])
