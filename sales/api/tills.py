"""Tills, and the PINs by which people change at them, over HTTP."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match
from core.api.idempotency import idempotent
from core.api.permissions import SIGNED_IN
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet
from sales.api import till_serializers as shapes
from sales.api.filters import TillFilter
from sales.models import Till, TillPin
from sales.selectors import get_till, list_people_at_tills, list_pins, list_tills
from sales.services import (
    add_till_currency,
    create_till,
    identify_seller,
    reset_pin,
    set_pin,
    update_till,
)


class TillViewSet(ReadOnlyDomainViewSet):
    """Counters with a drawer."""

    permissions = {
        "list": "sales.view_till",
        "retrieve": "sales.view_till",
        "create": "sales.add_till",
        "partial_update": "sales.change_till",
        "currencies": "sales.change_till",
        "people": "sales.sell",
        "identify": "sales.sell",
    }
    serializer_class = shapes.TillSerializer
    filterset_class = TillFilter
    queryset = Till.objects.none()

    def get_queryset(self) -> QuerySet[Till]:
        return list_tills()

    @extend_schema(request=shapes.TillRequestSerializer, responses={201: shapes.TillSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """A till, with a cash account of its own."""
        form = shapes.TillRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        till = create_till(
            name=given["name"],
            location_id=given["location"],
            asks_who_sells=given.get("asks_who_sells", False),
            actor=actor_of(request),
        )
        return self.answer(get_till(till_id=till.pk), status_code=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.TillRequestSerializer, responses=shapes.TillSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a till (If-Match); not its place, nor out of use, while its shift is open."""
        form = shapes.TillRequestSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changes = dict(form.validated_data)
        if "location" in changes:
            changes["location_id"] = changes.pop("location")
        update_till(
            till_id=int(pk),
            changes=changes,
            actor=actor_of(request),
            check=lambda row: check_if_match(request, row),
        )
        return self.answer(get_till(till_id=int(pk)))

    @extend_schema(request=shapes.CurrencySerializer, responses=shapes.TillSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def currencies(self, request: Request, pk: str) -> Response:
        """Let the till take another currency, on an account of its own; not while its shift is open."""
        form = shapes.CurrencySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        currency = form.validated_data["currency"]
        add_till_currency(till_id=int(pk), currency=currency, actor=actor_of(request))
        return self.answer(get_till(till_id=int(pk)))

    @extend_schema(responses=shapes.PersonSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def people(self, request: Request, pk: str) -> Response:
        """Who may sell here by PIN."""
        get_till(till_id=int(pk))
        rows = [{"id": user_id, "name": name} for user_id, name in list_people_at_tills()]
        return Response(shapes.PersonSerializer(rows, many=True).data)

    @extend_schema(request=shapes.IdentifySerializer, responses=shapes.SellerSerializer)
    @action(detail=True, methods=["post"])
    def identify(self, request: Request, pk: str) -> Response:
        """Who sells from now on. The token is good at this till, beside the machine's own sign-in only."""
        form = shapes.IdentifySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        proof = identify_seller(till_id=int(pk), user_id=given["user"], pin=given["pin"])
        return Response(shapes.SellerSerializer(proof).data)


class PinViewSet(ListMixin, DomainViewSet):
    """PINs: who has one, one's own, and taking one away."""

    permissions = {"list": "sales.view_tillpin", "create": SIGNED_IN, "destroy": "sales.reset_pin"}
    serializer_class = shapes.PinSerializer
    orderings = {"user": "user__name", "set_at": "set_at"}
    queryset = TillPin.objects.none()

    def get_queryset(self) -> QuerySet[TillPin]:
        return list_pins()

    @extend_schema(request=shapes.PinRequestSerializer, responses={204: None})
    def create(self, request: Request) -> Response:
        """Set one's own PIN, proven by one's password."""
        form = shapes.PinRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        set_pin(user_id=int(request.user.pk), **form.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take the PIN of a person (their id) away; every proof by it ends."""
        reset_pin(user_id=int(pk), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
