from django.urls import include, path
from rest_framework.routers import SimpleRouter

from files.api.imports import import_viewset
from sales.api import views
from sales.api.customers import CustomerPaymentViewSet, CustomerViewSet
from sales.api.prescriptions import ControlPolicyViewSet, PrescriptionViewSet
from sales.importers import SalesHistoryImporter

router = SimpleRouter()
router.register("sales", views.SaleViewSet, basename="sale")
router.register("refunds", views.RefundViewSet, basename="refund")
router.register("customers", CustomerViewSet, basename="customer")
router.register("payments", CustomerPaymentViewSet, basename="customer-payment")
router.register("prescriptions", PrescriptionViewSet, basename="prescription")
router.register("control-policies", ControlPolicyViewSet, basename="control-policy")
router.register("shortages", views.ShortageViewSet, basename="shortage")
router.register("demand", views.DemandViewSet, basename="demand")
router.register(
    "sales-history-imports", import_viewset(SalesHistoryImporter), basename="sales-history-import"
)

urlpatterns = [path("", include(router.urls))]
