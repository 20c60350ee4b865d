from django.urls import include, path
from rest_framework.routers import SimpleRouter

from capital.api import closing_views, document_views, views
from capital.api.manual_views import ManualEntryViewSet
from capital.api.statement_views import StatementViewSet
from capital.importers import OpeningBalanceImporter
from files.api.imports import import_viewset

router = SimpleRouter()
router.register("accounts", views.AccountViewSet, basename="account")
router.register("parties", views.PartyViewSet, basename="party")
router.register("journal-entries", views.JournalEntryViewSet, basename="journal-entry")
router.register("manual-entries", ManualEntryViewSet, basename="manual-entry")
router.register("exchange-rates", views.ExchangeRateViewSet, basename="exchange-rate")
router.register("tax-classes", views.TaxClassViewSet, basename="tax-class")
router.register("expenses", document_views.ExpenseViewSet, basename="expense")
router.register("owner-drawings", document_views.OwnerDrawingViewSet, basename="owner-drawing")
router.register("owner-contributions", document_views.OwnerContributionViewSet, basename="owner-contribution")
router.register(
    "opening-balance-imports", import_viewset(OpeningBalanceImporter), basename="opening-balance-import"
)
router.register("capital/periods", closing_views.PeriodViewSet, basename="period")
router.register("capital/year-closings", closing_views.YearClosingViewSet, basename="year-closing")
router.register("capital/revaluations", closing_views.RevaluationViewSet, basename="revaluation")
router.register("capital", StatementViewSet, basename="capital")

urlpatterns = [path("", include(router.urls))]
