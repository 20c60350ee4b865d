"""Entries written by hand over HTTP: a draft, then somebody's approval."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from capital.api import filters
from capital.api import manual_serializers as shapes
from capital.models import ManualEntry
from capital.selectors import get_manual_entry, list_manual_entries
from capital.services import (
    EntryLine,
    ManualEntryData,
    approve_manual_entry,
    cancel_manual_entry,
    change_manual_entry,
    create_manual_entry,
    recall_manual_entry,
    reject_manual_entry,
    submit_manual_entry,
)
from capital.types import ZERO
from core.api.etags import check_if_match
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import ReasonSerializer
from core.api.views import DomainViewSet, ListMixin, RetrieveMixin
from users.selectors import local_today

_DETAIL = shapes.ManualEntryDetailSerializer


class ManualEntryViewSet(ListMixin, RetrieveMixin, DomainViewSet):
    """Entries written by hand. Nothing reaches the journal before somebody approved it."""

    permissions = {
        "list": "capital.view_manualentry",
        "retrieve": "capital.view_manualentry",
        "approve": "capital.approve_manual_entry",
        "reject": "capital.approve_manual_entry",
        "*": "capital.post_manual_entry",
    }
    serializer_class = shapes.ManualEntrySerializer
    filterset_class = filters.ManualEntryFilter
    queryset = ManualEntry.objects.none()

    def get_queryset(self) -> QuerySet[ManualEntry]:
        return list_manual_entries()

    def get_serializer_class(self) -> Any:
        return shapes.ManualEntrySerializer if self.action == "list" else _DETAIL

    @extend_schema(request=shapes.ManualEntryWriteSerializer, responses={201: _DETAIL})
    @idempotent
    def create(self, request: Request) -> Response:
        """Write a draft; it need not balance yet."""
        form = shapes.ManualEntryWriteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = ManualEntryData(**{"business_date": local_today()} | _arguments(form.validated_data))
        entry = create_manual_entry(data=data, actor=actor_of(request))
        return self.answer(get_manual_entry(entry_id=entry.pk), status_code=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.ManualEntryWriteSerializer, responses=_DETAIL)
    @idempotent
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a draft (If-Match); lines and files are replaced as a whole."""
        form = shapes.ManualEntryWriteSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        entry = change_manual_entry(
            entry_id=int(pk),
            changes=_arguments(form.validated_data),
            actor=actor_of(request),
            check=lambda row: check_if_match(request, row),
        )
        return self.answer(get_manual_entry(entry_id=entry.pk))

    @extend_schema(request=None, responses=_DETAIL)
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: Request, pk: str) -> Response:
        """Hand a draft in for approval (If-Match): it must balance and be fit to post."""
        return self._run(request, pk, submit_manual_entry)

    @extend_schema(request=None, responses=_DETAIL)
    @action(detail=True, methods=["post"])
    @idempotent
    def recall(self, request: Request, pk: str) -> Response:
        """Take a submitted entry back to draft (If-Match)."""
        return self._run(request, pk, recall_manual_entry)

    @extend_schema(request=None, responses=_DETAIL)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Give a draft up (If-Match)."""
        return self._run(request, pk, cancel_manual_entry)

    @extend_schema(request=None, responses=_DETAIL)
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: Request, pk: str) -> Response:
        """Approve what was submitted (If-Match): it posts."""
        return self._run(request, pk, approve_manual_entry)

    @extend_schema(request=ReasonSerializer, responses=_DETAIL)
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, pk: str) -> Response:
        """Reject what was submitted, for good, saying why (If-Match)."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self._run(request, pk, reject_manual_entry, **form.validated_data)

    def _run(self, request: Request, pk: str, verb: Callable[..., ManualEntry], **arguments: Any) -> Response:
        entry = verb(
            entry_id=int(pk),
            actor=actor_of(request),
            check=lambda row: check_if_match(request, row),
            **arguments,
        )
        return self.answer(get_manual_entry(entry_id=entry.pk))


def _arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Validated fields as those of `ManualEntryData`."""
    arguments = dict(given)
    if "lines" in arguments:
        arguments["lines"] = [_entry_line(line) for line in arguments["lines"]]
    if "files" in arguments:
        arguments["file_ids"] = arguments.pop("files")
    return arguments


def _entry_line(line: dict[str, Any]) -> EntryLine:
    """A PATCH fills in no defaults, so they stand here."""
    return EntryLine(
        account=line["account"],
        debit=line.get("debit", ZERO),
        credit=line.get("credit", ZERO),
        party_id=line.get("party"),
        currency=line.get("currency") or None,
        foreign_amount=line.get("foreign_amount"),
        rate=line.get("rate"),
        memo=line.get("memo", ""),
    )
