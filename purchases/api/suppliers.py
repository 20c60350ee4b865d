"""Suppliers and the names learned for them."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet
from purchases.api.filters import SupplierAliasFilter, SupplierFilter
from purchases.api.supplier_serializers import (
    SupplierAliasSerializer,
    SupplierMergeSerializer,
    SupplierSerializer,
)
from purchases.models import Supplier, SupplierAlias
from purchases.selectors import list_aliases, list_suppliers
from purchases.services import create_supplier, forget_alias, merge_supplier, update_supplier


class SupplierViewSet(ReadOnlyDomainViewSet):
    """The wholesalers that we buy from, with their terms."""

    permissions = {
        "list": "purchases.view_supplier",
        "retrieve": "purchases.view_supplier",
        "create": "purchases.add_supplier",
        "partial_update": "purchases.change_supplier",
        "merge": "purchases.change_supplier",
    }
    serializer_class = SupplierSerializer
    filterset_class = SupplierFilter
    queryset = Supplier.objects.none()

    def get_queryset(self) -> QuerySet[Supplier]:
        with_parties = list_suppliers(include_merged=self.action != "list")
        return with_parties.select_related("party", "merged_into")

    @idempotent
    def create(self, request: Request) -> Response:
        """A supplier, and its party in the books."""
        form = SupplierSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        supplier = create_supplier(data=form.data_for_service(), actor=actor_of(request))
        response = self.answer(supplier, status_code=status.HTTP_201_CREATED)
        response["Location"] = f"{request.path}{supplier.pk}/"
        return response

    def partial_update(self, request: Request, pk: str) -> Response:
        """Needs If-Match. `contacts`, where given, replaces them all."""
        supplier = self.get_object()
        form = SupplierSerializer(supplier, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changed = update_supplier(
            supplier_id=supplier.pk,
            changes=form.changes_for_service(),
            contacts=form.contacts_data(),
            actor=actor_of(request),
            check=lambda locked: check_if_match(request, locked),
        )
        return self.answer(changed)

    @extend_schema(request=SupplierMergeSerializer, responses=SupplierSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def merge(self, request: Request, pk: str) -> Response:
        """Join a double into `into`: lists and learned names go there, old documents keep their id."""
        form = SupplierMergeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        survivor = merge_supplier(
            supplier_id=self.get_object().pk,
            into_id=form.validated_data["into"].pk,
            actor=actor_of(request),
        )
        return self.answer(survivor)


class SupplierAliasViewSet(ListMixin, DomainViewSet):
    """What each supplier calls our products, as people decided."""

    permissions = {"list": "purchases.view_supplieralias", "destroy": "purchases.match_line"}
    serializer_class = SupplierAliasSerializer
    filterset_class = SupplierAliasFilter
    queryset = SupplierAlias.objects.none()

    def get_queryset(self) -> QuerySet[SupplierAlias]:
        return list_aliases()

    @extend_schema(responses={204: OpenApiResponse(description="Forgotten")})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget a learned name: the next list asks again."""
        forget_alias(alias_id=self.get_object().pk, actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
