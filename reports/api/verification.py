"""Do the ledgers agree? The last look at them, and a new one."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.verification import VerificationSerializer, answer_last, answer_requested
from core.api.views import DomainViewSet
from core.enums import VerificationKind
from core.models import Verification
from core.tasks import enqueue_after_commit
from reports.tasks import run_verifications


class LedgerVerificationViewSet(DomainViewSet):
    """Every ledger against every other: one row a check."""

    permissions = {"*": "core.view_verification"}
    serializer_class = VerificationSerializer
    queryset = Verification.objects.none()

    @extend_schema(responses=VerificationSerializer)
    def retrieve(self, request: Request) -> Response:
        """What the last look found; nightly there is one."""
        return answer_last(VerificationKind.LEDGERS)

    @extend_schema(request=None, responses={202: VerificationSerializer})
    def create(self, request: Request) -> Response:
        """Look now. Asking again while one waits answers that one."""
        response = answer_requested(request, VerificationKind.LEDGERS)
        enqueue_after_commit(run_verifications)
        return response
