"""The ledger of one account or one party: every line with the balance after it."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from capital.api.report_exports import ExportsReports
from capital.api.statements import LedgerLineSerializer, LedgerPageSerializer, LedgerQuerySerializer
from capital.models import JournalLine
from core.api.exports import MAX_ROWS
from core.api.serializers import MoneyField
from core.errors import FieldError, InvalidInput

__all__ = ["HasLedger"]


class HasLedger(ExportsReports):
    """Mixin: ``{id}/ledger/?since=&until=``, in pages or as a file."""

    def read_ledger(
        self, pk: int, since: date | None, until: date | None
    ) -> tuple[Decimal, QuerySet[JournalLine]]:
        """The opening balance and the lines."""
        raise NotImplementedError

    @extend_schema(parameters=[LedgerQuerySerializer], responses=LedgerPageSerializer)
    @action(detail=True, filter_backends=[])
    def ledger(self, request: Request, pk: str) -> Response:
        """Every line, oldest first, each with the balance after it."""
        form = LedgerQuerySerializer(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        since, until = form.validated_data.get("since"), form.validated_data.get("until")
        if since and until and since > until:
            detail = _("The first day comes before the last.")
            raise InvalidInput(errors=[FieldError("since", "order", detail)])
        opening, lines = self.read_ledger(int(pk), since, until)
        file = self.as_file(request, lambda: LedgerLineSerializer(lines[:MAX_ROWS], many=True).data)
        if file is not None:
            return file
        view: Any = self
        page = view.paginate_queryset(lines)
        response: Response = view.get_paginated_response(LedgerLineSerializer(page, many=True).data)
        response.data["opening"] = MoneyField().to_representation(opening)
        return response
