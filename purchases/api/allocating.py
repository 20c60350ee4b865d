"""Credit with a supplier, a payment or a credit note: what is left of it settles debts, and lets go of them again."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from purchases.api.payment_serializers import AllocateSerializer, ReleaseSerializer
from purchases.enums import ItemKind
from purchases.services import allocate_credit, release_credit

__all__ = ["AllocatesCredit"]


class AllocatesCredit:
    """For a viewset of documents of one ``credit_kind``; it answers them in full."""

    credit_kind: ClassVar[ItemKind]

    @extend_schema(request=AllocateSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def allocate(self: Any, request: Request, pk: str) -> Response:
        """Let what is left of it settle invoices: the chosen ones, or the oldest due."""
        form = AllocateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        document = self.get_object()
        allocate_credit(
            kind=self.credit_kind, document_id=document.pk, chosen=form.chosen(), actor=actor_of(request)
        )
        answer: Response = self.answer(self.get_object())
        return answer

    @extend_schema(request=ReleaseSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self: Any, request: Request, pk: str) -> Response:
        """It no longer settles this document: that part is left again."""
        form = ReleaseSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        document = self.get_object()
        release_credit(
            kind=self.credit_kind,
            document_id=document.pk,
            debt_kind=ItemKind(form.validated_data["kind"]),
            debt_id=form.validated_data["document"],
            actor=actor_of(request),
        )
        answer: Response = self.answer(self.get_object())
        return answer
