"""What the books add up to."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from capital.api import statements as shapes
from capital.selectors import balance_sheet, capital_summary, cash_flow, profit_and_loss, trial_balance
from core.api.views import DomainViewSet
from core.errors import FieldError, InvalidInput
from users.selectors import local_today


class StatementViewSet(DomainViewSet):
    """Capital and statements. Days are business dates, both ends included."""

    permissions = {"summary": "capital.view_summary", "*": "capital.view_statements"}
    serializer_class = shapes.SummarySerializer
    filter_backends: list[Any] = []
    pagination_class = None

    @extend_schema(responses=shapes.SummarySerializer)
    @action(detail=False)
    def summary(self, request: Request) -> Response:
        """Where the pharmacy stands, and what may be spent."""
        return self.answer(capital_summary())

    @extend_schema(parameters=[shapes.DaySerializer], responses=shapes.TrialBalanceSerializer)
    @action(detail=False, url_path="trial-balance")
    def trial_balance(self, request: Request) -> Response:
        """Every account's balance (default: today)."""
        return self.answer(trial_balance(as_of=_day(request)), serializer=shapes.TrialBalanceSerializer)

    @extend_schema(parameters=[shapes.DaySerializer], responses=shapes.BalanceSheetSerializer)
    @action(detail=False, url_path="balance-sheet")
    def balance_sheet(self, request: Request) -> Response:
        """What is owned and owed (default: today)."""
        return self.answer(balance_sheet(as_of=_day(request)), serializer=shapes.BalanceSheetSerializer)

    @extend_schema(parameters=[shapes.SpanSerializer], responses=shapes.ProfitAndLossSerializer)
    @action(detail=False, url_path="profit-and-loss")
    def profit_and_loss(self, request: Request) -> Response:
        """Income and expenses (default: this month so far)."""
        return self.answer(_over_span(request, profit_and_loss), serializer=shapes.ProfitAndLossSerializer)

    @extend_schema(parameters=[shapes.SpanSerializer], responses=shapes.CashFlowSerializer)
    @action(detail=False, url_path="cash-flow")
    def cash_flow(self, request: Request) -> Response:
        """Money in and out by kind of document (default: this month so far)."""
        return self.answer(_over_span(request, cash_flow), serializer=shapes.CashFlowSerializer)


def _day(request: Request) -> date:
    form = shapes.DaySerializer(data=request.query_params.dict())
    form.is_valid(raise_exception=True)
    day: date = form.validated_data.get("as_of") or local_today()
    return day


def _over_span(request: Request, statement: Callable[..., Any]) -> Any:
    form = shapes.SpanSerializer(data=request.query_params.dict())
    form.is_valid(raise_exception=True)
    until = form.validated_data.get("until") or local_today()
    since = form.validated_data.get("since") or until.replace(day=1)
    if since > until or since.year < 2:  # noqa: PLR2004 - the day before must exist
        raise InvalidInput(errors=[FieldError("since", "order", _("The first day comes before the last."))])
    return statement(since=since, until=until)
