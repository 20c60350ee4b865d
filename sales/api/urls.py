from django.urls import include, path
from rest_framework.routers import SimpleRouter

from files.api.imports import import_viewset
from sales.api import views
from sales.api.customers import CustomerPaymentViewSet, CustomerViewSet
from sales.api.prescriptions import ControlPolicyViewSet, PrescriptionViewSet
from sales.api.replays import ReplayViewSet, SaleReplayViewSet
from sales.api.sales import RefundViewSet, SaleViewSet
from sales.api.shifts import ShiftViewSet
from sales.api.tills import PinViewSet, TillViewSet
from sales.importers import CustomerImporter, SalesHistoryImporter

router = SimpleRouter()
router.register("customers", CustomerViewSet, basename="customer")
router.register("payments", CustomerPaymentViewSet, basename="customer-payment")
router.register("tills", TillViewSet, basename="till")
router.register("till-pins", PinViewSet, basename="till-pin")
router.register("shifts", ShiftViewSet, basename="shift")
router.register("sale-replays", SaleReplayViewSet, basename="sale-replay")
router.register("sales", SaleViewSet, basename="sale")
router.register("refunds", RefundViewSet, basename="refund")
router.register("prescriptions", PrescriptionViewSet, basename="prescription")
router.register("control-policies", ControlPolicyViewSet, basename="control-policy")
router.register("shortages", views.ShortageViewSet, basename="shortage")
router.register("demand", views.DemandViewSet, basename="demand")
router.register("customer-imports", import_viewset(CustomerImporter), basename="customer-import")
router.register(
    "sales-history-imports", import_viewset(SalesHistoryImporter), basename="sales-history-import"
)

urlpatterns = [
    path("sales/replay/", ReplayViewSet.as_view({"post": "create"}), name="sale-replay-many"),
    path("", include(router.urls)),
]
