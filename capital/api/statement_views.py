"""What the books add up to."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from capital import tables
from capital.api import statements as shapes
from capital.api.report_exports import ExportsReports
from capital.selectors import (
    balance_sheet,
    capital_over_time,
    capital_summary,
    cash_flow,
    commitments_standing,
    party_balances,
    profit_and_loss,
    trial_balance,
)
from capital.types import PartyBalance
from core.api.views import DomainViewSet
from core.errors import FieldError, InvalidInput
from users.selectors import local_today

_FIRST_YEAR = 2  # the day before the first must exist


class StatementViewSet(ExportsReports, DomainViewSet):
    """Capital and statements. Days are business dates, both ends included; each exports as CSV or XLSX."""

    permissions = {
        "summary": "capital.view_summary",
        "commitments": "capital.view_summary",
        "*": "capital.view_statements",
    }
    serializer_class = shapes.SummarySerializer
    filter_backends: list[Any] = []

    @extend_schema(responses=shapes.SummarySerializer)
    @action(detail=False, pagination_class=None)
    def summary(self, request: Request) -> Response:
        """Where the pharmacy stands, and what may be spent."""
        return self.answer(capital_summary())

    @extend_schema(parameters=[shapes.DaySerializer], responses=shapes.CommitmentsSerializer)
    @action(detail=False, pagination_class=None)
    def commitments(self, request: Request) -> Response:
        """What is promised to whom, and what may still be spent; or was, at the end of `as_of`."""
        given = _query(request, shapes.DaySerializer)
        standing = commitments_standing(as_of=given.get("as_of"))
        return self.answer(standing, serializer=shapes.CommitmentsSerializer)

    @extend_schema(parameters=[shapes.TrialBalanceQuerySerializer], responses=shapes.TrialBalanceSerializer)
    @action(detail=False, url_path="trial-balance", pagination_class=None)
    def trial_balance(self, request: Request) -> Response:
        """Every account's balance (default: today), and with `since` what moved from that day on."""
        given = _query(request, shapes.TrialBalanceQuerySerializer)
        since, as_of = given.get("since"), given.get("as_of") or local_today()
        _check_order(since, as_of)
        statement = trial_balance(as_of=as_of, since=since)
        return self._tell(request, statement, shapes.TrialBalanceSerializer, tables.trial_balance_rows)

    @extend_schema(parameters=[shapes.DaySerializer], responses=shapes.BalanceSheetSerializer)
    @action(detail=False, url_path="balance-sheet", pagination_class=None)
    def balance_sheet(self, request: Request) -> Response:
        """What is owned and owed (default: today)."""
        given = _query(request, shapes.DaySerializer)
        statement = balance_sheet(as_of=given.get("as_of") or local_today())
        return self._tell(request, statement, shapes.BalanceSheetSerializer, tables.balance_sheet_rows)

    @extend_schema(parameters=[shapes.SpanSerializer], responses=shapes.ProfitAndLossSerializer)
    @action(detail=False, url_path="profit-and-loss", pagination_class=None)
    def profit_and_loss(self, request: Request) -> Response:
        """Income and expenses (default: this month so far)."""
        since, until, _step = _span(request)
        statement = profit_and_loss(since=since, until=until)
        return self._tell(request, statement, shapes.ProfitAndLossSerializer, tables.profit_and_loss_rows)

    @extend_schema(parameters=[shapes.SpanSerializer], responses=shapes.CashFlowSerializer)
    @action(detail=False, url_path="cash-flow", pagination_class=None)
    def cash_flow(self, request: Request) -> Response:
        """Money in and out by kind of document (default: this month so far)."""
        since, until, _step = _span(request)
        statement = cash_flow(since=since, until=until)
        return self._tell(request, statement, shapes.CashFlowSerializer, tables.cash_flow_rows)

    @extend_schema(
        parameters=[shapes.SeriesQuerySerializer], responses=shapes.CapitalPointSerializer(many=True)
    )
    @action(detail=False, url_path="over-time", pagination_class=None)
    def over_time(self, request: Request) -> Response:
        """Cash, stock, debts, claims and equity at the end of each day, week or month (default: this month so far)."""
        since, until, step = _span(request, shapes.SeriesQuerySerializer)
        points = capital_over_time(since=since, until=until, step=step)
        file = self.as_file(request, lambda: tables.capital_rows(points))
        return file or Response(shapes.CapitalPointSerializer(points, many=True).data)

    @extend_schema(
        parameters=[shapes.PartyQuerySerializer], responses=shapes.PartyBalanceSerializer(many=True)
    )
    @action(detail=False, url_path="party-balances")
    def party_balances(self, request: Request) -> Response:
        """Whom we owe (`side=owed_to`) and who owes us (`owed_by`), how old and in which money (default: today)."""
        given = _query(request, shapes.PartyQuerySerializer)
        found = party_balances(as_of=given.get("as_of"), search=given.get("search", ""))
        rows = _ordered(_on_side(found, given.get("side")), given.get("ordering", "name"))
        file = self.as_file(request, lambda: tables.party_rows(rows))
        if file is not None:
            return file
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(shapes.PartyBalanceSerializer(page, many=True).data)

    def _tell(
        self, request: Request, statement: Any, shape: Any, rows: Callable[[Any], list[dict[str, Any]]]
    ) -> Response:
        return self.as_file(request, lambda: rows(statement)) or self.answer(statement, serializer=shape)


def _query(request: Request, shape: Any) -> dict[str, Any]:
    form = shape(data=request.query_params.dict())
    form.is_valid(raise_exception=True)
    given: dict[str, Any] = form.validated_data
    return given


def _check_order(since: date | None, until: date) -> None:
    if since is not None and (since > until or since.year < _FIRST_YEAR):
        raise InvalidInput(errors=[FieldError("since", "order", _("The first day comes before the last."))])


def _span(request: Request, shape: Any = shapes.SpanSerializer) -> tuple[date, date, Any]:
    given = _query(request, shape)
    until = given.get("until") or local_today()
    since = given.get("since") or until.replace(day=1)
    _check_order(since, until)
    return since, until, given.get("step")


def _on_side(rows: list[PartyBalance], side: str | None) -> list[PartyBalance]:
    if side is None:
        return rows
    return [row for row in rows if (row.balance > 0 if side == "owed_to" else row.balance < 0)]


def _ordered(rows: list[PartyBalance], ordering: str) -> list[PartyBalance]:
    name = ordering.removeprefix("-")
    key: Callable[[PartyBalance], Any] = (
        (lambda row: row.balance) if name == "balance" else (lambda row: row.name)
    )
    return sorted(rows, key=key, reverse=ordering.startswith("-"))
