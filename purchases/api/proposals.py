"""Proposals: have one made, read why, change it, decide on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match, etag_for
from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.serializers import OptionalReasonSerializer, ReasonSerializer
from core.api.views import ReadOnlyDomainViewSet
from purchases.api.buying_filters import ExclusionFilter, ProposalFilter, ProposalLineFilter
from purchases.api.proposal_serializers import (
    EditedLineSerializer,
    ExclusionSerializer,
    LineAddSerializer,
    LineEditSerializer,
    ProposalCreateSerializer,
    ProposalDetailSerializer,
    ProposalLineSerializer,
    ProposalSerializer,
)
from purchases.models import Proposal, ProposalExclusion, ProposalLine
from purchases.selectors.buying import (
    get_proposal,
    list_exclusions,
    list_proposal_lines,
    list_proposals,
    supplier_names,
)
from purchases.services import (
    ProposalData,
    add_proposal_line,
    approve_proposal,
    cancel_proposal,
    copy_proposal,
    create_proposal,
    edit_proposal_line,
    recall_proposal,
    reject_proposal,
    remove_proposal_line,
    submit_proposal,
)

_LINE = r"lines/(?P<line_id>[0-9]{1,18})"


def must_match(request: Request) -> Callable[[Any], None]:
    """An edit names the version it was made on, and so does what hands a draft in, sends or posts it: that was read."""
    return lambda locked: check_if_match(request, locked)


def may_match(request: Request) -> Callable[[Any], None] | None:
    """A decision may name the version it was taken on; if it does, that version it must be."""
    return must_match(request) if request.headers.get("If-Match") else None


class ProposalViewSet(ReadOnlyDomainViewSet):
    """Purchase plans: generated, edited, submitted, approved or rejected."""

    permissions = {
        "list": "purchases.view_proposal",
        "retrieve": "purchases.view_proposal",
        "lines": "purchases.view_proposalline",
        "excluded": "purchases.view_proposalexclusion",
        "create": "purchases.generate_proposal",
        "copy": "purchases.generate_proposal",
        "add_line": "purchases.add_proposalline",
        "edit_line": "purchases.change_proposalline",
        "remove_line": "purchases.delete_proposalline",
        "submit": "purchases.submit_proposal",
        "recall": "purchases.recall_proposal",
        "approve": "purchases.approve_proposal",
        "reject": "purchases.reject_proposal",
        "cancel": "purchases.cancel_proposal",
    }
    serializer_class = ProposalSerializer
    filterset_class = ProposalFilter
    orderings = ("id", "business_date", "total_amount")
    queryset = Proposal.objects.none()

    def get_queryset(self) -> QuerySet[Proposal]:
        return list_proposals()

    def get_serializer_class(self) -> Any:
        return ProposalDetailSerializer if self.action == "retrieve" else super().get_serializer_class()

    @extend_schema(request=ProposalCreateSerializer, responses={202: ProposalDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Have a plan made: 202, `generating`, then `draft` or `failed`. An empty plan is a draft with reasons."""
        form = ProposalCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = ProposalData(
            offer_ids=form.validated_data.get("offers") or (),
            budget=form.validated_data.get("budget"),
            policy=form.validated_data.get("policy") or "",
        )
        proposal = create_proposal(data=data, actor=actor_of(request))
        return self._made(request.path, proposal.pk, status.HTTP_202_ACCEPTED)

    @extend_schema(responses=ProposalLineSerializer(many=True))
    @action(
        detail=True,
        methods=["get"],
        filterset_class=ProposalLineFilter,
        orderings=None,
        serializer_class=ProposalLineSerializer,
        queryset=ProposalLine.objects.none(),
    )
    def lines(self, request: Request, pk: str) -> Response:
        """What to buy, where, how many and why; supplier by supplier."""
        proposal = get_proposal(int(pk))
        page = self.paginate_queryset(self.filter_queryset(list_proposal_lines(proposal.pk)))
        context = self._with_names(line.explanation for line in page or [])
        return self.get_paginated_response(ProposalLineSerializer(page, many=True, context=context).data)

    @extend_schema(request=LineAddSerializer, responses={201: EditedLineSerializer})
    @lines.mapping.post
    def add_line(self, request: Request, pk: str) -> Response:
        """Buy a current offer line as well. Draft only; needs If-Match."""
        form = LineAddSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        line = add_proposal_line(
            proposal_id=int(pk),
            offer_line_id=form.validated_data["offer_line"],
            paid=form.validated_data["paid_quantity"],
            actor=actor_of(request),
            check=must_match(request),
        )
        return self._edited(int(pk), line.pk, status.HTTP_201_CREATED)

    @extend_schema(request=LineEditSerializer, responses=EditedLineSerializer)
    @action(detail=True, methods=["patch"], url_path=_LINE, filterset_class=None)
    def edit_line(self, request: Request, pk: str, line_id: str) -> Response:
        """Change the paid quantity; free goods and totals follow. Draft only; needs If-Match."""
        form = LineEditSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        line = edit_proposal_line(
            proposal_id=int(pk),
            line_id=int(line_id),
            paid=form.validated_data["paid_quantity"],
            actor=actor_of(request),
            check=must_match(request),
        )
        return self._edited(int(pk), line.pk, status.HTTP_200_OK)

    @extend_schema(
        request=None, responses={200: OpenApiResponse(EditedLineSerializer, description="Taken out")}
    )
    @edit_line.mapping.delete
    def remove_line(self, request: Request, pk: str, line_id: str) -> Response:
        """Take a line out. Draft only; needs If-Match."""
        remove_proposal_line(
            proposal_id=int(pk), line_id=int(line_id), actor=actor_of(request), check=must_match(request)
        )
        return self._edited(int(pk), None, status.HTTP_200_OK)

    @extend_schema(responses=ExclusionSerializer(many=True))
    @action(
        detail=True,
        methods=["get"],
        filterset_class=ExclusionFilter,
        orderings=None,
        serializer_class=ExclusionSerializer,
        queryset=ProposalExclusion.objects.none(),
    )
    def excluded(self, request: Request, pk: str) -> Response:
        """What was left out, and why."""
        proposal = get_proposal(int(pk))
        page = self.paginate_queryset(self.filter_queryset(list_exclusions(proposal.pk)))
        context = self._with_names([row.reason] for row in page or [])
        return self.get_paginated_response(ExclusionSerializer(page, many=True, context=context).data)

    @extend_schema(request=None, responses=ProposalDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: Request, pk: str) -> Response:
        """Hand it in for approval. Needs If-Match: what is handed in is what was read."""
        submit_proposal(proposal_id=int(pk), actor=actor_of(request), check=must_match(request))
        return self._answer(int(pk))

    @extend_schema(request=None, responses=ProposalDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def recall(self, request: Request, pk: str) -> Response:
        """Take it back to change it."""
        recall_proposal(proposal_id=int(pk), actor=actor_of(request), check=may_match(request))
        return self._answer(int(pk))

    @extend_schema(request=None, responses=ProposalDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: Request, pk: str) -> Response:
        """Turn it into one order per supplier and commit the money. Approving a draft submits it. Needs If-Match."""
        approve_proposal(proposal_id=int(pk), actor=actor_of(request), check=must_match(request))
        return self._answer(int(pk))

    @extend_schema(request=ReasonSerializer, responses=ProposalDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, pk: str) -> Response:
        """For good, with a reason; `copy` starts afresh."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reject_proposal(
            proposal_id=int(pk),
            reason=form.validated_data["reason"],
            actor=actor_of(request),
            check=may_match(request),
        )
        return self._answer(int(pk))

    @extend_schema(request=OptionalReasonSerializer, responses=ProposalDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Drop it, before anybody decided on it."""
        form = OptionalReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        cancel_proposal(
            proposal_id=int(pk),
            reason=form.validated_data["reason"],
            actor=actor_of(request),
            check=may_match(request),
        )
        return self._answer(int(pk))

    @extend_schema(request=None, responses={201: ProposalDetailSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def copy(self, request: Request, pk: str) -> Response:
        """A new draft like a rejected or cancelled one."""
        proposal = copy_proposal(proposal_id=int(pk), actor=actor_of(request))
        path = request.path.removesuffix(f"{pk}/copy/")
        return self._made(path, proposal.pk, status.HTTP_201_CREATED)

    def _made(self, path: str, proposal_id: int, status_code: int) -> Response:
        response = self._answer(proposal_id, status_code)
        response["Location"] = f"{path}{proposal_id}/"
        return response

    def _answer(self, proposal_id: int, status_code: int = status.HTTP_200_OK) -> Response:
        proposal = get_proposal(proposal_id)
        data = ProposalDetailSerializer(proposal, context=self.get_serializer_context()).data
        return Response(data, status=status_code, headers={"ETag": etag_for(proposal)})

    def _edited(self, proposal_id: int, line_id: int | None, status_code: int) -> Response:
        """The line, the proposal's new totals and its new ETag."""
        proposal = get_proposal(proposal_id)
        line: ProposalLine | None = None
        if line_id is not None:
            line = list_proposal_lines(proposal_id).get(pk=line_id)
        context = self._with_names([line.explanation] if line is not None else [])
        data = EditedLineSerializer({"line": line, "totals": proposal}, context=context).data
        return Response(data, status=status_code, headers={"ETag": etag_for(proposal)})

    def _with_names(self, reasons: Iterable[Iterable[dict[str, Any]]]) -> dict[str, Any]:
        """The serializer's context with the names of the suppliers that reasons speak of: one query."""
        named = {
            reason["params"]["supplier"]
            for own in reasons
            for reason in own
            if isinstance(reason.get("params", {}).get("supplier"), int)
        }
        names = supplier_names(named) if named else {}
        return self.get_serializer_context() | {"supplier_name": lambda pk: names.get(pk, str(pk))}
