from django.urls import include, path
from rest_framework.routers import SimpleRouter

from reports.api.register import ControlledRegisterViewSet
from reports.api.verification import LedgerVerificationViewSet

router = SimpleRouter()
router.register("controlled-register", ControlledRegisterViewSet, basename="controlled-register")

verification = LedgerVerificationViewSet.as_view({"get": "retrieve", "post": "create"})

urlpatterns = [
    path("reports/ledger-verification/", verification, name="ledger-verification"),
    path("", include(router.urls)),
]
