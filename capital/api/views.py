"""The books over HTTP. Permissions stand at the head of each view."""

from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from capital.api import filters
from capital.api import serializers as shapes
from capital.enums import AccountRole
from capital.models import Account, ExchangeRate, Expense, JournalEntry, OwnerDrawing, Party, Period, TaxClass
from capital.selectors import (
    get_entry,
    list_accounts,
    list_drawings,
    list_entries,
    list_expenses,
    list_parties,
    list_periods,
    list_rates,
    list_tax_classes,
    party_balance,
)
from capital.services import (
    EntryLine,
    close_period,
    create_account,
    create_tax_class,
    post_drawing,
    post_expense,
    post_manual_entry,
    reverse_drawing,
    reverse_expense,
    reverse_manual_entry,
    set_exchange_rate,
    set_tax_rate,
    update_account,
)
from core.api.etags import check_if_match
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet
from users.selectors import local_today


class PartyViewSet(ReadOnlyDomainViewSet):
    """Firms and people we owe or who owe us. Suppliers and customers make them."""

    permissions = {"*": "capital.view_party"}
    serializer_class = shapes.PartySerializer
    filterset_class = filters.PartyFilter
    queryset = Party.objects.none()

    def get_queryset(self) -> QuerySet[Party]:
        return list_parties()

    @extend_schema(responses=shapes.PartyDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One party, with its balance."""
        party = self.get_object()
        party.balance = party_balance(party.pk)
        return self.answer(party, serializer=shapes.PartyDetailSerializer)


class AccountViewSet(ReadOnlyDomainViewSet):
    """The chart of accounts."""

    permissions = {
        "list": "capital.view_account",
        "retrieve": "capital.view_account",
        "create": "capital.add_account",
        "partial_update": "capital.change_account",
    }
    serializer_class = shapes.AccountSerializer
    filterset_class = filters.AccountFilter
    queryset = Account.objects.none()

    def get_queryset(self) -> QuerySet[Account]:
        return list_accounts()

    def create(self, request: Request) -> Response:
        """Another account of a role: a second till, a bank, a kind of expense."""
        form = shapes.AccountSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = {name: form.validated_data.get(name, "") for name in ("code", "name", "name_ar", "currency")}
        account = create_account(
            **given, role=AccountRole(form.validated_data["role"]), actor=actor_of(request)
        )
        return self.answer(account, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.AccountChangeSerializer, responses=shapes.AccountSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change code, names, currency or activity (If-Match)."""
        form = shapes.AccountChangeSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        account = update_account(
            account_id=int(pk),
            changes=form.validated_data,
            actor=actor_of(request),
            check=lambda row: check_if_match(request, row),
        )
        return self.answer(account)


class JournalEntryViewSet(ReadOnlyDomainViewSet):
    """The journal. Documents write it; a person writes a manual entry or reverses one."""

    permissions = {
        "list": "capital.view_journalentry",
        "retrieve": "capital.view_journalentry",
        "create": "capital.post_manual_entry",
        "reverse": "capital.reverse_entry",
    }
    serializer_class = shapes.JournalEntrySerializer
    filterset_class = filters.JournalEntryFilter
    queryset = JournalEntry.objects.none()

    def get_queryset(self) -> QuerySet[JournalEntry]:
        return list_entries()

    @extend_schema(request=shapes.ManualEntrySerializer, responses={201: shapes.JournalEntrySerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Post an entry by hand."""
        form = shapes.ManualEntrySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        entry = post_manual_entry(
            key=str(uuid4()),
            business_date=given.get("business_date") or local_today(),
            lines=[_entry_line(line) for line in given["lines"]],
            memo=given["memo"],
            actor=actor_of(request),
        )
        return self.answer(get_entry(entry_id=entry.pk), status_code=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.ReversalSerializer, responses={201: shapes.JournalEntrySerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Post the exact negative of a manual entry; a document's entry is reversed through its document."""
        form = shapes.ReversalSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        entry = reverse_manual_entry(
            entry_id=int(pk),
            business_date=form.validated_data.get("business_date") or local_today(),
            reason=form.validated_data["reason"],
            actor=actor_of(request),
        )
        return self.answer(get_entry(entry_id=entry.pk), status_code=status.HTTP_201_CREATED)


def _entry_line(line: dict[str, Any]) -> EntryLine:
    party = line["party"]
    return EntryLine(
        account=line["account"].pk,
        debit=line["debit"],
        credit=line["credit"],
        party_id=party.pk if party else None,
        memo=line["memo"],
    )


class ExchangeRateViewSet(ListMixin, DomainViewSet):
    """What other currencies are worth, by date."""

    permissions = {"list": "capital.view_exchangerate", "create": "capital.add_exchangerate"}
    serializer_class = shapes.ExchangeRateSerializer
    filterset_fields = ["currency"]
    queryset = ExchangeRate.objects.none()

    def get_queryset(self) -> QuerySet[ExchangeRate]:
        return list_rates()

    def create(self, request: Request) -> Response:
        """Set a rate from a date on; the same date again corrects it."""
        form = shapes.ExchangeRateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        rate = set_exchange_rate(**form.validated_data, actor=actor_of(request))
        return self.answer(rate, status_code=status.HTTP_201_CREATED)


class TaxClassViewSet(ListMixin, DomainViewSet):
    """How goods are taxed, by date."""

    permissions = {
        "list": "capital.view_taxclass",
        "create": "capital.add_taxclass",
        "rates": "capital.add_taxrate",
    }
    serializer_class = shapes.TaxClassSerializer
    queryset = TaxClass.objects.none()

    def get_queryset(self) -> QuerySet[TaxClass]:
        return list_tax_classes()

    def create(self, request: Request) -> Response:
        """A new class; as the default it takes the place of the one before."""
        form = shapes.TaxClassSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = create_tax_class(**form.validated_data, actor=actor_of(request))
        return self.answer(row, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.TaxRateSerializer, responses={201: shapes.TaxRateSerializer})
    @action(detail=True, methods=["post"])
    def rates(self, request: Request, pk: str) -> Response:
        """Set the rate from a day on; the same day again corrects it."""
        form = shapes.TaxRateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = set_tax_rate(tax_class_id=int(pk), **form.validated_data, actor=actor_of(request))
        return self.answer(row, status_code=status.HTTP_201_CREATED, serializer=shapes.TaxRateSerializer)


class PeriodViewSet(ListMixin, DomainViewSet):
    """Months of the books."""

    permissions = {"list": "capital.view_period", "close": "capital.close_period"}
    serializer_class = shapes.PeriodSerializer
    queryset = Period.objects.none()

    def get_queryset(self) -> QuerySet[Period]:
        return list_periods()

    @extend_schema(request=None, responses=shapes.PeriodSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, pk: str) -> Response:
        """Close a month for good; earlier months first."""
        return self.answer(close_period(period_id=int(pk), actor=actor_of(request)))


class ExpenseViewSet(ReadOnlyDomainViewSet):
    """Expenses paid from cash or bank."""

    permissions = {
        "list": "capital.view_expense",
        "retrieve": "capital.view_expense",
        "create": "capital.post_expense",
        "reverse": "capital.reverse_entry",
    }
    serializer_class = shapes.ExpenseSerializer
    filterset_class = filters.ExpenseFilter
    queryset = Expense.objects.none()

    def get_queryset(self) -> QuerySet[Expense]:
        return list_expenses()

    @idempotent
    def create(self, request: Request) -> Response:
        """Post an expense."""
        form = shapes.ExpenseSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        expense = post_expense(**_as_arguments(form.validated_data), actor=actor_of(request))
        return self.answer(expense, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=shapes.ExpenseSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Take an expense back, exactly."""
        return self.answer(reverse_expense(expense_id=int(pk), actor=actor_of(request)))


class OwnerDrawingViewSet(ReadOnlyDomainViewSet):
    """Money the owner takes out."""

    permissions = {
        "list": "capital.view_ownerdrawing",
        "retrieve": "capital.view_ownerdrawing",
        "create": "capital.post_drawing",
        "reverse": "capital.reverse_entry",
    }
    serializer_class = shapes.OwnerDrawingSerializer
    filterset_class = filters.OwnerDrawingFilter
    queryset = OwnerDrawing.objects.none()

    def get_queryset(self) -> QuerySet[OwnerDrawing]:
        return list_drawings()

    @idempotent
    def create(self, request: Request) -> Response:
        """Post an owner's drawing."""
        form = shapes.OwnerDrawingSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        drawing = post_drawing(**_as_arguments(form.validated_data), actor=actor_of(request))
        return self.answer(drawing, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=shapes.OwnerDrawingSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Take a drawing back, exactly."""
        return self.answer(reverse_drawing(drawing_id=int(pk), actor=actor_of(request)))


def _as_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Validated fields as the arguments of a service: relations by id, today where no date was given."""
    arguments = {"business_date": local_today()} | given
    for name in ("account", "paid_from", "party"):
        if name in arguments:
            row = arguments.pop(name)
            arguments[f"{name}_id"] = row.pk if row else None
    return arguments
