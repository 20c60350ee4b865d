"""What tills send when the line is back, over HTTP."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.parsers import ReplacingJSONParser
from core.api.problems import exception_handler, field_errors
from core.api.requests import actor_of
from core.api.serializers import ReasonSerializer
from core.api.views import DomainViewSet, ReadOnlyDomainViewSet
from core.errors import DomainError, FieldError, InvalidInput
from core.transactions import in_transaction
from sales.api import till_serializers as shapes
from sales.api.filters import SaleReplayFilter
from sales.api.sales import reduces_prices, sale_data
from sales.api.sellers import Seller, proven_seller, rights_of
from sales.api.serializers import NewSaleSerializer, SaleDetailSerializer
from sales.models import Sale, SaleReplay
from sales.selectors import get_sale, list_replays, list_tills
from sales.services import (
    OutageSale,
    ReplayAnswer,
    SaleData,
    SellerRights,
    dismiss_replay,
    replay_sale,
    retry_replay,
)


class ReplayViewSet(DomainViewSet):
    """Sales made during an outage, many at once."""

    permissions = {"create": "sales.sell"}
    parser_classes = (ReplacingJSONParser,)
    serializer_class = shapes.ReplayAnswersSerializer
    queryset = Sale.objects.none()

    @extend_schema(request=shapes.ReplayRequestSerializer, responses=shapes.ReplayAnswersSerializer)
    def create(self, request: Request) -> Response:
        """Make each sale once: accepted, replayed (known already) or refused (kept until somebody settles it).

        Each is a transaction of its own under the till's key; the same batch again, or at the same moment, does
        nothing twice. What cannot be stored in a text (NUL, half a surrogate pair) becomes U+FFFD.
        """
        form = shapes.ReplayRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        rows = form.validated_data["sales"]
        _refuse_twice([row["key"] for row in rows])
        till_id = form.validated_data["till"]
        if not list_tills().filter(pk=till_id).exists():
            raise InvalidInput(errors=[FieldError("till", "not_found", _("There is no such till."))])
        answers = [_replay(request, till_id, row) for row in rows]
        counts = Counter(answer.status for answer in answers)
        body = {name: counts[name] for name in ("accepted", "replayed", "refused")}
        return Response(shapes.ReplayAnswersSerializer({**body, "sales": answers}).data)


def _refuse_twice(keys: list[str]) -> None:
    errors = [
        FieldError(f"sales[{number}].key", "twice", _("Each key stands for one sale."))
        for number, key in enumerate(keys)
        if key in keys[:number]
    ]
    if errors:
        raise InvalidInput(errors=errors)


def _replay(request: Request, till_id: int, row: Mapping[str, Any]) -> ReplayAnswer:
    """What cannot be read, or proves no seller, is refused like what cannot be sold."""

    def describe(error: Exception) -> dict[str, Any]:
        answer = exception_handler(error, {"request": request})
        return dict(answer.data) if answer is not None else {}

    seller = Seller(request.user, actor_of(request))
    data: SaleData | None = None
    rights, problem = SellerRights(), None
    try:
        if row.get("seller"):
            seller = proven_seller(row["seller"], sold_at=row["occurred_at"])
        data = read_sale(row["sale"])
        rights = rights_of(seller, till_id=till_id, reduces=reduces_prices(data))
    except DomainError as error:
        data, problem = None, describe(error)
    sent = OutageSale(
        till_id=till_id,
        key=row["key"],
        occurred_at=row["occurred_at"],
        body=row["sale"],
        data=data,
        problem=problem,
    )
    actor = seller.actor
    return in_transaction(lambda: replay_sale(sent=sent, actor=actor, rights=rights, describe=describe))


def read_sale(body: Mapping[str, Any]) -> SaleData:
    """Raises InvalidInput naming the fields that are wrong."""
    form = NewSaleSerializer(data=body)
    if not form.is_valid():
        raise InvalidInput(errors=list(field_errors(form.errors)))
    return sale_data(form.validated_data)


class SaleReplayViewSet(ReadOnlyDomainViewSet):
    """Sales of an outage that were refused, until somebody settles them."""

    permissions = {
        "list": "sales.view_salereplay",
        "retrieve": "sales.view_salereplay",
        "retry": "sales.settle_replay",
        "dismiss": "sales.settle_replay",
    }
    serializer_class = shapes.SaleReplaySerializer
    filterset_class = SaleReplayFilter
    queryset = SaleReplay.objects.none()

    def get_queryset(self) -> QuerySet[SaleReplay]:
        return list_replays()

    @extend_schema(request=shapes.RetryReplaySerializer, responses={201: SaleDetailSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def retry(self, request: Request, pk: str) -> Response:
        """Make the sale after all, by the rights of whoever settles it; its body may be corrected."""
        form = shapes.RetryReplaySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        kept = self.get_object()
        data = read_sale(form.validated_data.get("sale") or kept.body)
        person = Seller(request.user, actor_of(request))
        rights = rights_of(person, till_id=None, reduces=reduces_prices(data))
        sale = retry_replay(
            replay_id=kept.pk, data=data, actor=person.actor, rights=replace(rights, identified=True)
        )
        told = get_sale(sale_id=sale.pk)
        return self.answer(told, status_code=status.HTTP_201_CREATED, serializer=SaleDetailSerializer)

    @extend_schema(request=ReasonSerializer, responses=shapes.SaleReplaySerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def dismiss(self, request: Request, pk: str) -> Response:
        """Leave it out of the books, and say why."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reason = form.validated_data["reason"]
        dismiss_replay(replay_id=int(pk), reason=reason, actor=actor_of(request))
        return self.answer(self.get_object())
