"""Offers: hand a list in, watch it, settle what it means, confirm or cancel it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match, etag_for, not_modified
from core.api.exports import MAX_ROWS
from core.api.idempotency import idempotent
from core.api.ordering import asked_order
from core.api.parsers import StrictJSONParser
from core.api.requests import actor_of
from core.api.views import EXPORTS, ReadOnlyDomainViewSet
from purchases.api.filters import LINE_ORDERINGS, OfferFilter, OfferLineFilter
from purchases.api.line_serializers import OfferLineSerializer
from purchases.api.offer_serializers import (
    OfferCancelSerializer,
    OfferDifferenceSerializer,
    OfferEditSerializer,
    OfferSerializer,
    OfferUploadSerializer,
)
from purchases.enums import LineChange, OfferStatus
from purchases.models import Offer, OfferLine
from purchases.selectors import (
    Progress,
    differences_for_offer,
    get_offer,
    list_lines,
    list_offers,
    progress_of_offers,
)
from purchases.services import cancel_offer, confirm_offer, edit_offer, upload_offer


class OfferViewSet(ReadOnlyDomainViewSet):
    """Price lists of our suppliers, and an authority's price notices."""

    permissions = {
        "list": "purchases.view_offer",
        "retrieve": "purchases.view_offer",
        "lines": "purchases.view_offerline",
        "changes": "purchases.view_offerline",
        "create": "purchases.upload_offer",
        "partial_update": "purchases.confirm_offer",
        "confirm": "purchases.confirm_offer",
        "cancel": "purchases.cancel_offer",
    }
    serializer_class = OfferSerializer
    filterset_class = OfferFilter
    orderings = ("id", "valid_from", "valid_until", "created_at", "line_count")
    queryset = Offer.objects.none()
    parser_classes = [StrictJSONParser, MultiPartParser]

    def get_queryset(self) -> QuerySet[Offer]:
        return list_offers()

    def get_renderers(self) -> list[Any]:
        """The lines of one offer export, as every list does."""
        renderers: list[Any] = super().get_renderers()
        wanted = self.request.GET.get("format") if getattr(self, "request", None) is not None else None
        return [*renderers, EXPORTS[wanted]()] if self.action == "lines" and wanted in EXPORTS else renderers

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """With the progress of everything on the page, in one query."""
        if args and args[0] is not None and self.action in {"list", "retrieve"}:
            shown = args[0] if kwargs.get("many") else [args[0]]
            kwargs["context"] = self.get_serializer_context() | {"progress": progress_of_offers(list(shown))}
        return super().get_serializer(*args, **kwargs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One offer; polls cheaply: 304 while neither it nor the pages read have moved."""
        offer = self.get_object()
        progress = progress_of_offers([offer])
        etag = _polling_etag(offer, progress.get(offer.pk))
        if not_modified(request, etag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
        context = self.get_serializer_context() | {"progress": progress}
        return Response(OfferSerializer(offer, context=context).data, headers={"ETag": etag})

    @extend_schema(
        request={"multipart/form-data": OfferUploadSerializer, "application/json": OfferUploadSerializer},
        responses={
            202: OfferSerializer,
            200: OpenApiResponse(
                OfferSerializer, description="These bytes are live for this supplier already"
            ),
        },
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Hand in a list. 202 with the new offer; the same bytes for the same supplier while live: 200 with that one."""
        form = OfferUploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        offer, is_new = upload_offer(data=form.data_for_service(), actor=actor_of(request))
        response = self._answer_offer(offer.pk, status.HTTP_202_ACCEPTED if is_new else status.HTTP_200_OK)
        response["Location"] = f"{request.path}{offer.pk}/"
        return response

    @extend_schema(request=OfferEditSerializer, responses=OfferSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Dates, scope, currency, scale, order of the bonus. Needs If-Match; every line is recalculated."""
        form = OfferEditSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        offer = edit_offer(
            offer_id=self.get_object().pk,
            changes=form.validated_data,
            actor=actor_of(request),
            check=lambda locked: check_if_match(request, locked),
        )
        return self._answer_offer(offer.pk, status.HTTP_200_OK)

    @extend_schema(request=None, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: Request, pk: str) -> Response:
        """A person has looked: `review` becomes `ready`, and what was settled is remembered for this supplier."""
        offer = confirm_offer(offer_id=self.get_object().pk, actor=actor_of(request))
        return self._answer_offer(offer.pk, status.HTTP_200_OK)

    @extend_schema(request=OfferCancelSerializer, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Nothing is bought from it any more; what it replaced holds again."""
        form = OfferCancelSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        offer = cancel_offer(
            offer_id=self.get_object().pk,
            reason=form.validated_data["reason"],
            actor=actor_of(request),
        )
        return self._answer_offer(offer.pk, status.HTTP_200_OK)

    @extend_schema(
        parameters=[OpenApiParameter("format", str, enum=["csv", "xlsx"])],
        responses=OfferLineSerializer(many=True),
    )
    @action(
        detail=True,
        methods=["get"],
        filterset_class=OfferLineFilter,
        orderings=LINE_ORDERINGS,
        serializer_class=OfferLineSerializer,
        queryset=OfferLine.objects.none(),
    )
    def lines(self, request: Request, pk: str) -> Response:
        """The lines as printed and as understood, in document order; filters and exports as in `offer-lines/`."""
        offer = get_offer(int(pk))
        rows = self.filter_queryset(list_lines().filter(offer=offer).order_by("position"))
        renderer = request.accepted_renderer
        if renderer.format in EXPORTS:
            response = Response(OfferLineSerializer(rows[:MAX_ROWS], many=True).data)
            response["Content-Disposition"] = f'attachment; filename="{offer.number}.{renderer.format}"'
            return response
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(OfferLineSerializer(page, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("change", str, enum=LineChange.values)],
        responses=OfferDifferenceSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], filterset_class=None, serializer_class=OfferDifferenceSerializer)
    def changes(self, request: Request, pk: str) -> Response:
        """What is new, gone, dearer, cheaper or differently bonused against that supplier's previous offer."""
        asked_order(request, ())
        wanted = request.query_params.get("change")
        rows = [
            row
            for row in differences_for_offer(get_offer(int(pk)))
            if wanted in (None, "", row.change) or (wanted == LineChange.BONUS_CHANGED and row.bonus_changed)
        ]
        page = self.paginate_queryset(rows)  # type: ignore[arg-type]
        return self.get_paginated_response(OfferDifferenceSerializer(page, many=True).data)

    def _answer_offer(self, offer_id: int, status_code: int) -> Response:
        """The offer as a client reads it, freshly read, with its ETag."""
        offer = get_offer(offer_id)
        context = self.get_serializer_context() | {"progress": progress_of_offers([offer])}
        return Response(
            OfferSerializer(offer, context=context).data,
            status=status_code,
            headers={"ETag": etag_for(offer)},
        )


def _polling_etag(offer: Offer, progress: Progress | None) -> str:
    """The offer's ETag; while it is read, with the pages done, which are the job's and not the offer's."""
    if offer.status != OfferStatus.READING or progress is None:
        return etag_for(offer)
    return etag_for(offer, progress.done)
