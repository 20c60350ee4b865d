"""How a look at ledgers or trail is answered."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.requests import actor_of
from core.errors import NotFound
from core.models import Verification
from core.verification import last_verification, request_verification

__all__ = ["VerificationSerializer", "answer_last", "answer_requested"]


class CheckResultSerializer(serializers.Serializer[Any]):
    check = serializers.CharField()
    ok = serializers.BooleanField()
    first_wrong = serializers.CharField(help_text="The first row that is wrong; empty where all is right.")
    expected = serializers.CharField()
    found = serializers.JSONField(help_text="A text, or for the trail what was looked at.")


class VerificationSerializer(serializers.ModelSerializer[Verification]):
    is_ok = serializers.BooleanField(read_only=True, allow_null=True, help_text="Null until it is finished.")
    results = CheckResultSerializer(many=True, read_only=True)

    class Meta:
        model = Verification
        fields = ["id", "kind", "requested_at", "actor_name", "finished_at", "is_ok", "results"]
        read_only_fields = fields


def answer_last(kind: str) -> Response:
    """The newest of a kind; 404 before the first."""
    found = last_verification(kind)
    if found is None:
        raise NotFound(verification=kind)
    return Response(VerificationSerializer(found).data)


def answer_requested(request: Request, kind: str) -> Response:
    """202: a worker looks; the same address shows what it found."""
    made = request_verification(kind=kind, actor=actor_of(request))
    answer = VerificationSerializer(made).data
    return Response(answer, status=status.HTTP_202_ACCEPTED, headers={"Location": request.path})
