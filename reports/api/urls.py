from django.urls import include, path
from rest_framework.routers import SimpleRouter

from reports.api.dashboard import DashboardViewSet
from reports.api.recall import BatchTraceViewSet
from reports.api.register import ControlledRegisterViewSet
from reports.api.reorder import ReorderViewSet
from reports.api.stock import ExpiryRiskViewSet, MoverViewSet, RankViewSet
from reports.api.suppliers import SupplierPerformanceViewSet
from reports.api.valuation import ValuationViewSet
from reports.api.verification import LedgerVerificationViewSet

router = SimpleRouter()
router.register("inventory/expiry-risk", ExpiryRiskViewSet, basename="inventory-expiry-risk")
router.register("inventory/movers", MoverViewSet, basename="inventory-movers")
router.register("inventory/abc-xyz", RankViewSet, basename="inventory-abc-xyz")
router.register("inventory/reorder", ReorderViewSet, basename="inventory-reorder")
router.register("reports/supplier-performance", SupplierPerformanceViewSet, basename="supplier-performance")
router.register("controlled-register", ControlledRegisterViewSet, basename="controlled-register")

verification = LedgerVerificationViewSet.as_view({"get": "retrieve", "post": "create"})

urlpatterns = [
    path("reports/ledger-verification/", verification, name="ledger-verification"),
    path(
        "inventory/dashboard/",
        DashboardViewSet.as_view({"get": "retrieve"}),
        name="inventory-dashboard",
    ),
    path("inventory/valuation/", ValuationViewSet.as_view({"get": "list"}), name="inventory-valuation"),
    path("batches/<int:pk>/trace/", BatchTraceViewSet.as_view({"get": "list"}), name="batch-trace"),
    path("", include(router.urls)),
]
