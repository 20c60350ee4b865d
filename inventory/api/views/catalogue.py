"""Products, categories, manufacturers, scanning."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ReadOnlyDomainViewSet
from inventory.api import filters
from inventory.api.serializers import catalogue as shapes
from inventory.api.serializers.stock import ScanRequestSerializer, ScanSerializer
from inventory.enums import ScanPurpose
from inventory.models import Category, Manufacturer, Product
from inventory.selectors import alternatives_to, get_product, list_products, scan
from inventory.services import (
    create_product,
    lower_control_class,
    merge_products,
    save_category,
    save_manufacturer,
    update_product,
)


class ProductViewSet(ReadOnlyDomainViewSet):
    """The catalogue: products with units, codes, other names, ingredients and today's prices."""

    permissions = {
        "list": "inventory.view_product",
        "retrieve": "inventory.view_product",
        "alternatives": "inventory.view_product",
        "create": "inventory.add_product",
        "partial_update": "inventory.change_product",
        "merge": "inventory.merge_product",
        "lower_control_class": "inventory.lower_control_class",
    }
    serializer_class = shapes.ProductSerializer
    filterset_class = filters.ProductFilter
    queryset = Product.objects.none()

    def get_queryset(self) -> QuerySet[Product]:
        return list_products()

    def get_object(self) -> Product:
        """The product; for one that was merged, the one it became."""
        return get_product(int(self.kwargs["pk"]))

    @extend_schema(request=shapes.ProductWriteSerializer, responses={201: shapes.ProductSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Add a product. Without units it is counted in pieces."""
        form = shapes.ProductWriteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        product = create_product(data=form.product_data(), actor=actor_of(request))
        return self.answer(product, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.ProductWriteSerializer, responses=shapes.ProductSerializer)
    @transaction.atomic
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is named (If-Match)."""
        form = shapes.ProductWriteSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        product = update_product(
            product_id=int(pk),
            changes=form.changes(),
            actor=actor_of(request),
            check=lambda row: check_if_match(request, row),
        )
        return self.answer(product)

    @extend_schema(responses=shapes.ProductSerializer(many=True), filters=False)
    @action(detail=True)
    def alternatives(self, request: Request, pk: str) -> Response:
        """Products with the same substances in the same strengths and form."""
        page = self.paginate_queryset(alternatives_to(self.get_object()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=shapes.MergeSerializer, responses=shapes.ProductSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def merge(self, request: Request, pk: str) -> Response:
        """Merge this product into another: stock, names and codes go over, reads of this one follow."""
        form = shapes.MergeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        kept = merge_products(
            product_id=int(pk), into_id=form.validated_data["into"], actor=actor_of(request)
        )
        return self.answer(kept)

    @extend_schema(request=shapes.LowerControlClassSerializer, responses=shapes.ProductSerializer)
    @action(detail=True, methods=["post"], url_path="lower-control-class")
    @idempotent
    def lower_control_class(self, request: Request, pk: str) -> Response:
        """Let a product be sold under a milder rule, and say why; a change of the product only raises its class."""
        form = shapes.LowerControlClassSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        product = lower_control_class(product_id=int(pk), actor=actor_of(request), **form.validated_data)
        return self.answer(product)


class DirectoryViewSet(ReadOnlyDomainViewSet):
    """A short list that is added to and changed."""

    save_verb: Any
    key: str

    def create(self, request: Request) -> Response:
        """Add one."""
        return self._saved(request, None, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is named (If-Match)."""
        return self._saved(request, int(pk), status.HTTP_200_OK)

    def _saved(self, request: Request, pk: int | None, code: int) -> Response:
        form = self.get_serializer(data=request.data, partial=pk is not None)
        form.is_valid(raise_exception=True)
        check = None if pk is None else (lambda row: check_if_match(request, row))
        with transaction.atomic():
            record = type(self).save_verb(
                changes=form.validated_data, actor=actor_of(request), check=check, **{self.key: pk}
            )
        return self.answer(record, status_code=code)


class CategoryViewSet(DirectoryViewSet):
    """What products are grouped by."""

    permissions = {
        "list": "inventory.view_category",
        "retrieve": "inventory.view_category",
        "create": "inventory.add_category",
        "partial_update": "inventory.change_category",
    }
    serializer_class = shapes.CategorySerializer
    filterset_class = filters.CategoryFilter
    queryset = Category.objects.select_related("parent").order_by("name_en", "name_ar", "pk")
    save_verb = staticmethod(save_category)
    key = "category_id"


class ManufacturerViewSet(DirectoryViewSet):
    """Who makes products."""

    permissions = {
        "list": "inventory.view_manufacturer",
        "retrieve": "inventory.view_manufacturer",
        "create": "inventory.add_manufacturer",
        "partial_update": "inventory.change_manufacturer",
    }
    serializer_class = shapes.ManufacturerSerializer
    filterset_class = filters.ManufacturerFilter
    queryset = Manufacturer.objects.order_by("name_en", "name_ar", "pk")
    save_verb = staticmethod(save_manufacturer)
    key = "manufacturer_id"


class ScanViewSet(DomainViewSet):
    """Barcodes."""

    permissions = {"*": "inventory.view_product"}
    serializer_class = ScanSerializer
    queryset = Product.objects.none()

    @extend_schema(request=ScanRequestSerializer, responses=ScanSerializer)
    def create(self, request: Request) -> Response:
        """What an EAN, GTIN or GS1 code means for a sale, a receipt or a count. A shared code answers several."""
        form = ScanRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        code, matches = scan(given["code"], purpose=ScanPurpose(given["purpose"]))
        return Response(ScanSerializer({**vars(code), "matches": matches}).data)
