"""Repricing: preview, draft, edit, apply, undo. Served here because what replacing goods costs is known from offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ReadOnlyDomainViewSet
from core.errors import PermissionRefused
from core.text import fold
from inventory.enums import RepricingStatus
from inventory.models import Product, ProductUnit, Repricing, RepricingLine
from inventory.selectors import get_repricing, list_products, list_repricing_lines, list_repricings
from inventory.services import (
    RepricingData,
    RepricingPreview,
    apply_repricing,
    cancel_repricing,
    draft_repricing,
    edit_repricing,
    preview_repricing,
    undo_repricing,
)
from purchases.api import repricing_serializers as shapes
from purchases.api.proposals import may_match, must_match
from purchases.models import Offer
from purchases.selectors import replacement_costs
from purchases.services import offered_by, prices_from_offer, set_legal_prices_from_notice

OVERRIDE = "inventory.override_legal_maximum"


def asked_for(form: shapes.RepricingWriteSerializer) -> RepricingData:
    """What a request means once offers are looked at: a supplier's products, a list's prices."""
    given, data = form.validated_data, form.data_for_service()
    if "supplier" in given:
        products = set(offered_by(given["supplier"]))
        if data.selection.product_ids is not None:
            products &= set(data.selection.product_ids)
        data = replace(data, selection=replace(data.selection, product_ids=tuple(sorted(products))))
    if "offer" in given and data.method == "offer":
        data = prices_from_offer(offer_id=given["offer"], data=data, basis=given["basis"])
    return data


def may_override(request: Request, wanted: bool) -> bool:  # noqa: FBT001 - read from the body
    """Whether prices may go above the legal maximum; asked for without the right is refused."""
    if wanted and not request.user.has_perm(OVERRIDE):
        raise PermissionRefused(permission=OVERRIDE)
    return wanted


class RepriceViewSet(DomainViewSet):
    """Look first, then apply exactly what was seen."""

    permissions = {"*": "inventory.reprice"}
    serializer_class = shapes.RepricingSerializer
    queryset = Repricing.objects.none()

    @extend_schema(request=shapes.RepricingWriteSerializer, responses=shapes.RepricingPreviewSerializer)
    def preview(self, request: Request) -> Response:
        """A dry run: old price, new price, legal maximum, replacement cost, margin and warnings of every price that would change."""
        form = shapes.RepricingWriteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        seen = preview_repricing(data=asked_for(form), costs_of=replacement_costs)
        return Response(shapes.RepricingPreviewSerializer(_shown(seen)).data)

    @extend_schema(request=shapes.RepricingApplySerializer, responses={201: shapes.RepricingSerializer})
    @idempotent
    def apply(self, request: Request) -> Response:
        """Set what the preview showed. Prices, costs or legal maximums that changed since: 409 `repricing_is_stale`."""
        form = shapes.RepricingApplySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given, actor = form.validated_data, actor_of(request)
        override = may_override(request, given["override"])
        draft = draft_repricing(
            data=asked_for(form), actor=actor, costs_of=replacement_costs, fingerprint=given["fingerprint"]
        )
        applied = apply_repricing(
            repricing_id=draft.pk, actor=actor, costs_of=replacement_costs, may_exceed=override,
            skip_refused=given["skip_refused"],
        )  # fmt: skip
        return self.answer(applied, status_code=status.HTTP_201_CREATED)


def _shown(seen: RepricingPreview) -> dict[str, Any]:
    worst = sorted(seen.lines, key=lambda line: (not line.refusal, not line.warnings))[: shapes.SHOWN_LINES]
    return {
        "fingerprint": seen.fingerprint,
        "valid_from": seen.valid_from,
        "changes": len(seen.lines),
        "unchanged": seen.unchanged,
        "refused": sum(1 for line in seen.lines if line.refusal),
        "with_warnings": sum(1 for line in seen.lines if line.warnings),
        "lines": _as_lines(worst),
    }


def _as_lines(judged: Sequence[Any]) -> list[RepricingLine]:
    """Unsaved lines with their products and units, in two statements."""
    products: dict[int, Product] = (
        list_products().prefetch_related(None).in_bulk({line.facts.product_id for line in judged})
    )
    units = ProductUnit.objects.in_bulk({line.facts.unit_id for line in judged})
    return [
        RepricingLine(
            position=number,
            product=products[line.facts.product_id],
            unit=units[line.facts.unit_id],
            batch_id=line.facts.batch_id,
            old_price=line.facts.old_price,
            new_price=line.new_price,
            legal_maximum=line.facts.legal_maximum,
            cost=line.facts.cost,
            refusal=line.refusal,
            warnings=list(line.warnings),
        )
        for number, line in enumerate(judged, start=1)
    ]


class RepricingFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=RepricingStatus.choices)
    search = filters.CharFilter(field_name="number", lookup_expr="icontains")

    class Meta:
        model = Repricing
        fields = ["method", "tier", "source"]


class RepricingLineFilter(filters.FilterSet):
    product = filters.NumberFilter(field_name="product_id")
    warning = filters.CharFilter(method="with_warning")
    refused = filters.BooleanFilter(method="by_refusal")
    search = filters.CharFilter(method="by_search")

    class Meta:
        model = RepricingLine
        fields: list[str] = []

    def with_warning(self, lines: QuerySet[RepricingLine], _name: str, code: str) -> QuerySet[RepricingLine]:
        return lines.filter(warnings__contains=[code])

    def by_refusal(self, lines: QuerySet[RepricingLine], _name: str, value: bool) -> QuerySet[RepricingLine]:  # noqa: FBT001 - django-filter's signature
        return lines.exclude(refusal="") if value else lines.filter(refusal="")

    def by_search(self, lines: QuerySet[RepricingLine], _name: str, text: str) -> QuerySet[RepricingLine]:
        words = Q()
        for word in fold(text).split():
            words &= Q(product__search_key__contains=word)
        return lines.filter(words)


class RepricingViewSet(ReadOnlyDomainViewSet):
    """Price changes as documents: drafted, looked at, applied, undone by newer prices."""

    permissions = {
        "list": "inventory.view_repricing",
        "retrieve": "inventory.view_repricing",
        "lines": "inventory.view_repricing",
        "edit_lines": "inventory.reprice",
        "create": "inventory.reprice",
        "apply": "inventory.reprice",
        "cancel": "inventory.reprice",
        "undo": "inventory.reprice",
    }
    serializer_class = shapes.RepricingSerializer
    filterset_class = RepricingFilter
    queryset = Repricing.objects.none()

    def get_queryset(self) -> QuerySet[Repricing]:
        return list_repricings()

    @extend_schema(request=shapes.RepricingWriteSerializer, responses={201: shapes.RepricingSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Draft new prices. Nothing sells for them before they are applied."""
        form = shapes.RepricingWriteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        draft = draft_repricing(data=asked_for(form), actor=actor_of(request), costs_of=replacement_costs)
        response = self.answer(draft, status_code=status.HTTP_201_CREATED)
        response["Location"] = f"{request.path}{draft.pk}/"
        return response

    @extend_schema(responses=shapes.RepricingLineSerializer(many=True))
    @action(
        detail=True,
        methods=["get"],
        serializer_class=shapes.RepricingLineSerializer,
        filterset_class=RepricingLineFilter,
        queryset=RepricingLine.objects.none(),
    )
    def lines(self, request: Request, pk: str) -> Response:
        """Its prices, old and new."""
        rows = list_repricing_lines(get_repricing(int(pk)).pk)
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=shapes.RepricingEditSerializer, responses=shapes.RepricingSerializer)
    @lines.mapping.patch
    @idempotent
    def edit_lines(self, request: Request, pk: str) -> Response:
        """Name other prices in a draft, or leave lines out (If-Match)."""
        form = shapes.RepricingEditSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        prices = {row["line"]: row["price"] for row in form.validated_data["lines"]}
        edited = edit_repricing(
            repricing_id=int(pk), prices=prices, actor=actor_of(request), check=must_match(request)
        )
        return self.answer(edited, serializer=shapes.RepricingSerializer)

    @extend_schema(request=shapes.RepricingDecisionSerializer, responses=shapes.RepricingSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def apply(self, request: Request, pk: str) -> Response:
        """Set its prices. What they were judged by changed since: 409 `repricing_is_stale`."""
        form = shapes.RepricingDecisionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        applied = apply_repricing(
            repricing_id=int(pk),
            actor=actor_of(request),
            costs_of=replacement_costs,
            may_exceed=may_override(request, form.validated_data["override"]),
            skip_refused=form.validated_data["skip_refused"],
            check=may_match(request),
        )
        return self.answer(applied)

    @extend_schema(request=None, responses=shapes.RepricingSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Give a draft up."""
        return self.answer(cancel_repricing(repricing_id=int(pk), actor=actor_of(request)))

    @extend_schema(request=None, responses=shapes.RepricingUndoneSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def undo(self, request: Request, pk: str) -> Response:
        """Bring the old prices back, by new dated ones. What was priced again since stays."""
        undone, left = undo_repricing(repricing_id=int(pk), actor=actor_of(request))
        context = {**self.get_serializer_context(), "left": left}
        return Response(shapes.RepricingUndoneSerializer(undone, context=context).data)


class LegalPricesOfNoticeViewSet(DomainViewSet):
    """An authority's price notice, taken over."""

    permissions = {"*": "inventory.add_legalprice"}
    serializer_class = shapes.NoticeResultSerializer
    queryset = Offer.objects.none()

    @extend_schema(request=shapes.NoticeSerializer, responses={201: shapes.NoticeResultSerializer})
    @idempotent
    def create(self, request: Request, pk: str) -> Response:
        """Set the legal maximums that the notice states. Selling prices stay; reprice with the method `legal`."""
        form = shapes.NoticeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        rows = set_legal_prices_from_notice(offer_id=int(pk), actor=actor_of(request), **form.validated_data)
        return Response({"legal_maximums": len(rows)}, status=status.HTTP_201_CREATED)
