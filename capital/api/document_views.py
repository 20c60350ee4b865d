"""The simple forms over HTTP: expenses, what the owner takes out and puts in."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from capital.api import filters
from capital.api import serializers as shapes
from capital.models import Expense, OwnerContribution, OwnerDrawing
from capital.selectors import list_contributions, list_drawings, list_expenses
from capital.services import (
    post_contribution,
    post_drawing,
    post_expense,
    reverse_contribution,
    reverse_drawing,
    reverse_expense,
)
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.views import ReadOnlyDomainViewSet
from core.errors import PermissionRefused
from users.selectors import local_today

#: One right for whatever is paid: suppliers, expenses, the owner.
ABOVE_CASH = "purchases.pay_above_cash"


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
        expense = post_expense(**_as_payment(request, form.validated_data), actor=actor_of(request))
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
        drawing = post_drawing(**_as_payment(request, form.validated_data), actor=actor_of(request))
        return self.answer(drawing, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=shapes.OwnerDrawingSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Take a drawing back, exactly."""
        return self.answer(reverse_drawing(drawing_id=int(pk), actor=actor_of(request)))


class OwnerContributionViewSet(ReadOnlyDomainViewSet):
    """Money the owner puts in."""

    permissions = {
        "list": "capital.view_ownercontribution",
        "retrieve": "capital.view_ownercontribution",
        "create": "capital.post_contribution",
        "reverse": "capital.reverse_entry",
    }
    serializer_class = shapes.OwnerContributionSerializer
    filterset_class = filters.OwnerContributionFilter
    queryset = OwnerContribution.objects.none()

    def get_queryset(self) -> QuerySet[OwnerContribution]:
        return list_contributions()

    @idempotent
    def create(self, request: Request) -> Response:
        """Post money that the owner puts in."""
        form = shapes.OwnerContributionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = post_contribution(**_as_arguments(form.validated_data), actor=actor_of(request))
        return self.answer(made, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=shapes.OwnerContributionSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, pk: str) -> Response:
        """Take a contribution back, exactly."""
        return self.answer(reverse_contribution(contribution_id=int(pk), actor=actor_of(request)))


def _as_payment(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """`_as_arguments` of money that is paid; the key or the person must itself be allowed to pay more than there is."""
    if given.get("allow_overdraft") and not request.user.has_perm(ABOVE_CASH):
        raise PermissionRefused(permission=ABOVE_CASH)
    return _as_arguments(given)


def _as_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Validated fields as the arguments of a service: relations by id, today where no date was given."""
    arguments = {"business_date": local_today()} | given
    for name in ("account", "paid_from", "paid_into", "party"):
        if name in arguments:
            row = arguments.pop(name)
            arguments[f"{name}_id"] = row.pk if row else None
    return arguments
