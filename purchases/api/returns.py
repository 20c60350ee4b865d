"""Return terms, and goods that go back to suppliers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match, etag_for
from core.api.idempotency import idempotent
from core.api.ordering import asked_order
from core.api.requests import actor_of
from core.api.serializers import OptionalReasonSerializer, ReasonSerializer
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet
from inventory.selectors import default_location_id
from purchases.api.proposals import may_match, must_match
from purchases.api.receipt_serializers import ReceiptDetailSerializer
from purchases.api.receipts import answer_new_receipt
from purchases.api.return_fields import (
    ExchangeSerializer,
    RecallReturnSerializer,
    RefusalSerializer,
    ReturnCreateSerializer,
    ReturnEditSerializer,
    ReturnSendSerializer,
    ReturnTermsCreateSerializer,
    ReturnTermsEditSerializer,
    ReturnTermsSerializer,
    SuggestionQuerySerializer,
    SuggestionSerializer,
    SupplierReturnDetailSerializer,
    SupplierReturnSerializer,
)
from purchases.api.return_filters import ReturnFilter, ReturnTermsFilter
from purchases.documents.return_pdf import return_pdf
from purchases.models import ReturnTerms, SupplierReturn
from purchases.selectors.returns import get_return, get_terms, list_returns, list_terms
from purchases.services import (
    cancel_return,
    create_return,
    draft_recall_returns,
    edit_return,
    exchange_return,
    refuse_return,
    remove_return_terms,
    reverse_return,
    save_return_terms,
    send_return,
)


class ReturnTermsViewSet(ReadOnlyDomainViewSet):
    """When and for how much each supplier takes goods back, with exceptions by manufacturer."""

    permissions = {
        "list": "purchases.view_returnterms",
        "retrieve": "purchases.view_returnterms",
        "create": "purchases.add_returnterms",
        "partial_update": "purchases.change_returnterms",
        "destroy": "purchases.delete_returnterms",
    }
    serializer_class = ReturnTermsSerializer
    filterset_class = ReturnTermsFilter
    orderings = {"id": "pk", "supplier": "supplier__name"}
    queryset = ReturnTerms.objects.none()

    def get_queryset(self) -> QuerySet[ReturnTerms]:
        return list_terms()

    @extend_schema(request=ReturnTermsCreateSerializer, responses={201: ReturnTermsSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Terms of a supplier, once; with a manufacturer, once for each."""
        form = ReturnTermsCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        terms = save_return_terms(values=form.values_for_service(), actor=actor_of(request))
        response = self.answer(get_terms(terms.pk), status_code=status.HTTP_201_CREATED)
        response["Location"] = f"{request.path}{terms.pk}/"
        return response

    @extend_schema(request=ReturnTermsEditSerializer, responses=ReturnTermsSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Needs If-Match. What was sent before keeps the terms that held."""
        form = ReturnTermsEditSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        save_return_terms(
            terms_id=int(pk),
            values=form.values_for_service(),
            actor=actor_of(request),
            check=lambda locked: check_if_match(request, locked),
        )
        return self.answer(get_terms(int(pk)))

    @extend_schema(responses={204: OpenApiResponse(description="Removed")})
    def destroy(self, request: Request, pk: str) -> Response:
        """The supplier takes nothing back on these terms any more."""
        remove_return_terms(terms_id=int(pk), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReturnSuggestionViewSet(ListMixin, DomainViewSet):
    """What of our stock came from a supplier and is expired, near it, recalled or held back: may it go back today?"""

    permissions = {"list": "purchases.view_supplierreturn"}
    serializer_class = SuggestionSerializer
    filterset_class = None
    queryset = SupplierReturn.objects.none()

    def filter_queryset(self, queryset: Any) -> Any:
        """Rows, judged: filtered by `allowed` already, soonest expiry first."""
        return queryset

    def get_queryset(self) -> Any:
        asked_order(self.request, ())
        form = SuggestionQuerySerializer(data=self.request.query_params.dict())
        form.is_valid(raise_exception=True)
        return form.suggestions()

    @extend_schema(parameters=[SuggestionQuerySerializer], filters=False)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Soonest expiry first; `allowed=true` only what may go back."""
        return super().list(request, *args, **kwargs)


class SupplierReturnViewSet(ReadOnlyDomainViewSet):
    """Goods going back: drafted within the supplier's terms, sent, then credited, exchanged or refused."""

    permissions = {
        "list": "purchases.view_supplierreturn",
        "retrieve": "purchases.view_supplierreturn",
        "pdf": "purchases.view_supplierreturn",
        "create": "purchases.add_supplierreturn",
        "recall": "purchases.add_supplierreturn",
        "partial_update": "purchases.change_supplierreturn",
        "cancel": "purchases.change_supplierreturn",
        "send": "purchases.send_return",
        "exchange": "purchases.settle_return",
        "refuse": "purchases.settle_return",
        "reverse": "purchases.reverse_return",
    }
    serializer_class = SupplierReturnSerializer
    filterset_class = ReturnFilter
    queryset = SupplierReturn.objects.none()

    def get_queryset(self) -> QuerySet[SupplierReturn]:
        return list_returns()

    def get_serializer_class(self) -> Any:
        return SupplierReturnDetailSerializer if self.action == "retrieve" else super().get_serializer_class()

    def get_object(self) -> SupplierReturn:
        found = get_return(int(self.kwargs["pk"]))
        self.check_object_permissions(self.request, found)
        return found

    @extend_schema(request=ReturnCreateSerializer, responses={201: SupplierReturnDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """A draft: nothing moves until it is sent. Without lines, everything that may go back today."""
        form = ReturnCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        draft = create_return(data=form.data_for_service(default_location_id()), actor=actor_of(request))
        response = self._answer_return(draft.pk, status.HTTP_201_CREATED)
        response["Location"] = f"{request.path}{draft.pk}/"
        return response

    @extend_schema(request=RecallReturnSerializer, responses={201: SupplierReturnSerializer(many=True)})
    @action(detail=False, methods=["post"], url_path="from-recall")
    @idempotent
    def recall(self, request: Request) -> Response:
        """A draft for each supplier that delivered a recalled batch."""
        form = RecallReturnSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        drafts = draft_recall_returns(batch_id=form.validated_data["batch"], actor=actor_of(request))
        return Response(SupplierReturnSerializer(drafts, many=True).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ReturnEditSerializer, responses=SupplierReturnDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a draft; `lines`, where given, replaces them all. Needs If-Match."""
        form = ReturnEditSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        edit_return(
            return_id=int(pk),
            rows=form.rows(default_location_id()),
            note=form.validated_data.get("note"),
            actor=actor_of(request),
            check=must_match(request),
        )
        return self._answer_return(int(pk))

    @extend_schema(request=OptionalReasonSerializer, responses=SupplierReturnDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Drop a draft."""
        form = OptionalReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        cancel_return(
            return_id=int(pk),
            reason=form.validated_data["reason"],
            actor=actor_of(request),
            check=may_match(request),
        )
        return self._answer_return(int(pk))

    @extend_schema(request=ReturnSendSerializer, responses=SupplierReturnDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def send(self, request: Request, pk: str) -> Response:
        """The goods leave the stock; what the supplier should credit is due from it. Needs If-Match."""
        form = ReturnSendSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        send_return(
            return_id=int(pk), actor=actor_of(request), check=must_match(request), **form.validated_data
        )
        return self._answer_return(int(pk))

    @extend_schema(request=ExchangeSerializer, responses={201: ReceiptDetailSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def exchange(self, request: Request, pk: str) -> Response:
        """Goods of equal kind came for them: a receipt at the value that left, owed to nobody."""
        form = ExchangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        receipt = exchange_return(
            return_id=int(pk),
            rows=form.rows_for_service(),
            actor=actor_of(request),
            check=may_match(request),
        )
        return answer_new_receipt(receipt.pk, self.get_serializer_context())

    @extend_schema(request=RefusalSerializer, responses=SupplierReturnDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def refuse(self, request: Request, pk: str) -> Response:
        """The supplier did not take them: the goods are back where they were, at the value with which they left."""
        form = RefusalSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        refuse_return(
            return_id=int(pk),
            reason=form.validated_data["reason"],
            quantities=form.quantities(),
            actor=actor_of(request),
            check=may_match(request),
        )
        return self._answer_return(int(pk))

    @extend_schema(request=ReasonSerializer, responses=SupplierReturnDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """As if it had never been sent, while the supplier settled nothing of it."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reverse_return(
            return_id=int(pk),
            reason=form.validated_data["reason"],
            actor=actor_of(request),
            check=may_match(request),
        )
        return self._answer_return(int(pk))

    @extend_schema(responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)})
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The return note that goes along with the goods."""
        found = get_return(int(pk))
        response = HttpResponse(return_pdf(found), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
        return response

    def _answer_return(self, return_id: int, status_code: int = status.HTTP_200_OK) -> Response:
        found = get_return(return_id)
        data = SupplierReturnDetailSerializer(found, context=self.get_serializer_context()).data
        return Response(data, status=status_code, headers={"ETag": etag_for(found)})
