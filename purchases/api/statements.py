"""A supplier's statement, and what is open document by document."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from core.api.views import EXPORTS, DomainViewSet, ListMixin
from purchases.api.payment_serializers import AllocateSerializer
from purchases.documents.statement_pdf import statement_pdf
from purchases.enums import ItemKind
from purchases.models import Supplier, SupplierOpenItem
from purchases.selectors.statements import Statement, list_open_items, statement_of
from purchases.services import allocate_credit
from users.selectors import local_today


class PeriodSerializer(StrictSerializer):
    """Business days, both included; left out: from the first to today."""

    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    format = serializers.CharField(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if "since" in given and "until" in given and given["since"] > given["until"]:
            raise serializers.ValidationError({"until": [_("The period ends before it begins")]})
        return given


class StatementRowSerializer(StrictSerializer):
    """`amount` above zero: we owe more by it; below: less. `not_invoiced` is the same for goods nobody invoiced yet."""

    business_date = serializers.DateField()
    kind = serializers.CharField()
    document = serializers.CharField()
    number = serializers.CharField()
    amount = MoneyField()
    balance = MoneyField()
    not_invoiced = MoneyField()
    not_invoiced_balance = MoneyField()
    is_reversal = serializers.BooleanField()


class SupplierAgeingSerializer(StrictSerializer):
    """Open invoices by days past due, as things stand today."""

    not_due = MoneyField()
    to_30 = MoneyField()
    to_60 = MoneyField()
    to_90 = MoneyField()
    over_90 = MoneyField()
    on_account = MoneyField()


class StatementSerializer(StrictSerializer):
    """opening + the rows = closing, to the last digit; in the pharmacy's currency."""

    supplier = RefField(read_only=True)
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField()
    currency = serializers.CharField()
    opening = MoneyField()
    closing = MoneyField()
    not_invoiced_opening = MoneyField()
    not_invoiced_closing = MoneyField()
    returns_due = MoneyField()
    ageing = SupplierAgeingSerializer()
    rows = StatementRowSerializer(many=True)


class StatementViewSet(DomainViewSet):
    """What stands between a supplier and us."""

    permissions = {"*": "purchases.view_statement"}
    serializer_class = StatementSerializer
    queryset = Supplier.objects.none()
    pagination_class = None

    def get_renderers(self) -> list[Any]:
        """JSON, or the rows as a file under `?format=csv|xlsx`."""
        renderers: list[Any] = super().get_renderers()
        request = getattr(self, "request", None)
        wanted = request.GET.get("format") if request is not None else None
        return [*renderers, EXPORTS[wanted]()] if wanted in EXPORTS else renderers

    @extend_schema(parameters=[PeriodSerializer], responses=StatementSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Opening balance, each document with the running balance, closing balance; how old the open ones are."""
        statement = self._statement(request, pk)
        chosen = request.accepted_renderer.format
        if chosen not in EXPORTS:
            return Response(StatementSerializer(statement).data)
        rows = StatementRowSerializer(statement.rows, many=True).data
        disposition = f'attachment; filename="statement.{chosen}"'
        return Response(rows, headers={"Content-Disposition": disposition})

    @extend_schema(
        parameters=[PeriodSerializer],
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The statement to lay beside the supplier's own."""
        response = HttpResponse(statement_pdf(self._statement(request, pk)), content_type="application/pdf")
        response["Content-Disposition"] = 'inline; filename="statement.pdf"'
        return response

    def _statement(self, request: Request, pk: str) -> Statement:
        form = PeriodSerializer(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        given = form.validated_data
        return statement_of(int(pk), since=given.get("since"), until=given.get("until"))


class OpenItemSerializer(StrictModelSerializer):
    """`open` of `amount` is still to be paid or, where it `settles` debts, still on account; in `currency`."""

    supplier = RefField(read_only=True)
    document = serializers.IntegerField(source="document_id", read_only=True, allow_null=True)
    settles = serializers.BooleanField(source="is_credit", read_only=True)
    invoiced = serializers.SerializerMethodField()
    amount = MoneyField(read_only=True)
    open = MoneyField(source="left", read_only=True)
    overdue = serializers.SerializerMethodField()

    class Meta:
        model = SupplierOpenItem
        fields = [
            "id", "supplier", "kind", "document", "number", "settles", "invoiced", "business_date", "due_date", "currency",
            "amount", "open", "overdue",
        ]  # fmt: skip
        read_only_fields = fields

    def get_overdue(self, item: SupplierOpenItem) -> bool:
        return not item.is_credit and item.due_date < local_today()

    def get_invoiced(self, item: SupplierOpenItem) -> bool:
        return item.kind != ItemKind.RECEIPT


class OpenItemFilter(filters.FilterSet):
    supplier = filters.NumberFilter(field_name="supplier_id")
    kind = filters.MultipleChoiceFilter(choices=ItemKind.choices)
    settles = filters.BooleanFilter(field_name="is_credit")
    due_date = filters.DateFromToRangeFilter()
    search = filters.CharFilter(field_name="number", lookup_expr="icontains")

    class Meta:
        model = SupplierOpenItem
        fields: list[str] = []


class OpenItemViewSet(ListMixin, DomainViewSet):
    """Everything still to be paid, and everything still on account, document by document."""

    permissions = {"list": "purchases.view_statement", "allocate": "purchases.pay_supplier"}
    serializer_class = OpenItemSerializer
    filterset_class = OpenItemFilter
    queryset = SupplierOpenItem.objects.none()

    def get_queryset(self) -> QuerySet[SupplierOpenItem]:
        return list_open_items()

    @extend_schema(request=AllocateSerializer, responses={204: OpenApiResponse(description="Settled")})
    @action(detail=True, methods=["post"])
    @idempotent
    def allocate(self, request: Request, pk: str) -> Response:
        """Let a credit note or an advance settle invoices: the chosen ones, or the oldest due."""
        form = AllocateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        item = self.get_object()
        allocate_credit(
            kind=ItemKind(item.kind),
            document_id=item.document_id,
            chosen=form.chosen(),
            actor=actor_of(request),
        )
        return Response(status=204)
