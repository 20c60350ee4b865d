from django.urls import include, path
from rest_framework.routers import SimpleRouter

from capital.api import views
from capital.api.statement_views import StatementViewSet

router = SimpleRouter()
router.register("accounts", views.AccountViewSet, basename="account")
router.register("parties", views.PartyViewSet, basename="party")
router.register("journal-entries", views.JournalEntryViewSet, basename="journal-entry")
router.register("exchange-rates", views.ExchangeRateViewSet, basename="exchange-rate")
router.register("tax-classes", views.TaxClassViewSet, basename="tax-class")
router.register("expenses", views.ExpenseViewSet, basename="expense")
router.register("owner-drawings", views.OwnerDrawingViewSet, basename="owner-drawing")
router.register("capital/periods", views.PeriodViewSet, basename="period")
router.register("capital", StatementViewSet, basename="capital")

urlpatterns = [path("", include(router.urls))]
