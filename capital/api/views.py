"""The books over HTTP. Permissions stand at the head of each view."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from capital.api import filters
from capital.api import serializers as shapes
from capital.api.ledger_views import HasLedger
from capital.enums import AccountRole
from capital.models import Account, ExchangeRate, JournalEntry, JournalLine, Party, TaxClass
from capital.selectors import (
    account_ledger,
    get_entry,
    list_accounts,
    list_entries,
    list_parties,
    list_rates,
    list_tax_classes,
    party_balance,
    party_ledger,
)
from capital.services import (
    create_account,
    create_tax_class,
    make_default_account,
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


class PartyViewSet(HasLedger, ReadOnlyDomainViewSet):
    """Firms and people we owe or who owe us. Suppliers and customers make them."""

    permissions = {"ledger": "capital.view_statements", "*": "capital.view_party"}
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

    def read_ledger(
        self, pk: int, since: date | None, until: date | None
    ) -> tuple[Decimal, QuerySet[JournalLine]]:
        return party_ledger(party_id=pk, since=since, until=until)


class AccountViewSet(HasLedger, ReadOnlyDomainViewSet):
    """The chart of accounts."""

    permissions = {
        "list": "capital.view_account",
        "retrieve": "capital.view_account",
        "create": "capital.add_account",
        "partial_update": "capital.change_account",
        "make_default": "capital.change_account",
        "ledger": "capital.view_statements",
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
        """Change code, names, role, currency or activity (If-Match); with entries only code and names."""
        form = shapes.AccountChangeSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        account = update_account(
            account_id=int(pk),
            changes=form.validated_data,
            actor=actor_of(request),
            check=lambda row: check_if_match(request, row),
        )
        return self.answer(account)

    @extend_schema(request=None, responses=shapes.AccountSerializer)
    @action(detail=True, methods=["post"], url_path="make-default")
    @idempotent
    def make_default(self, request: Request, pk: str) -> Response:
        """Let documents post to this account of its role from now on."""
        return self.answer(make_default_account(account_id=int(pk), actor=actor_of(request)))

    def read_ledger(
        self, pk: int, since: date | None, until: date | None
    ) -> tuple[Decimal, QuerySet[JournalLine]]:
        return account_ledger(account_id=pk, since=since, until=until)


class JournalEntryViewSet(ReadOnlyDomainViewSet):
    """The journal. Documents write it, each entry naming its own; a person's hand goes through `manual-entries/`."""

    permissions = {
        "list": "capital.view_journalentry",
        "retrieve": "capital.view_journalentry",
        "reverse": "capital.reverse_entry",
    }
    serializer_class = shapes.JournalEntrySerializer
    filterset_class = filters.JournalEntryFilter
    orderings = ("id", "business_date", "number")
    queryset = JournalEntry.objects.none()

    def get_queryset(self) -> QuerySet[JournalEntry]:
        return list_entries()

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


class ExchangeRateViewSet(ListMixin, DomainViewSet):
    """What other currencies are worth, by date."""

    permissions = {"list": "capital.view_exchangerate", "create": "capital.add_exchangerate"}
    serializer_class = shapes.ExchangeRateSerializer
    filterset_class = filters.ExchangeRateFilter
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
