"""Paths of buying."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from files.api.imports import import_viewset
from purchases.api.claims import SupplierClaimViewSet, SupplierCreditNoteViewSet
from purchases.api.invoices import SupplierInvoiceViewSet, UninvoicedLineViewSet
from purchases.api.labels import ReceiptLabelViewSet
from purchases.api.offer_lines import OfferLineViewSet
from purchases.api.offers import OfferViewSet
from purchases.api.orders import PurchaseOrderViewSet
from purchases.api.payments import SupplierPaymentViewSet
from purchases.api.proposals import ProposalViewSet
from purchases.api.receipts import GoodsReceiptViewSet
from purchases.api.repricing import LegalPricesOfNoticeViewSet, RepriceViewSet, RepricingViewSet
from purchases.api.returns import ReturnSuggestionViewSet, ReturnTermsViewSet, SupplierReturnViewSet
from purchases.api.statements import OpenItemViewSet, StatementViewSet
from purchases.api.suppliers import SupplierAliasViewSet, SupplierViewSet
from purchases.importers import SupplierImporter

router = SimpleRouter()
router.register("suppliers", SupplierViewSet, basename="supplier")
router.register("supplier-aliases", SupplierAliasViewSet, basename="supplier-alias")
router.register("offers", OfferViewSet, basename="offer")
router.register("offer-lines", OfferLineViewSet, basename="offer-line")
router.register("supplier-imports", import_viewset(SupplierImporter), basename="supplier-import")
router.register("proposals", ProposalViewSet, basename="proposal")
router.register("purchase-orders", PurchaseOrderViewSet, basename="purchase-order")
router.register("goods-receipts", GoodsReceiptViewSet, basename="goods-receipt")
router.register("supplier-invoices", SupplierInvoiceViewSet, basename="supplier-invoice")
router.register("uninvoiced-lines", UninvoicedLineViewSet, basename="uninvoiced-line")
router.register("supplier-open-items", OpenItemViewSet, basename="supplier-open-item")
router.register("supplier-payments", SupplierPaymentViewSet, basename="supplier-payment")
router.register("repricings", RepricingViewSet, basename="repricing")
router.register("return-terms", ReturnTermsViewSet, basename="return-terms")
router.register("return-suggestions", ReturnSuggestionViewSet, basename="return-suggestion")
router.register("supplier-returns", SupplierReturnViewSet, basename="supplier-return")
router.register("supplier-credit-notes", SupplierCreditNoteViewSet, basename="supplier-credit-note")
router.register("supplier-claims", SupplierClaimViewSet, basename="supplier-claim")

urlpatterns = [
    path(
        "selling-prices/reprice/preview/", RepriceViewSet.as_view({"post": "preview"}), name="reprice-preview"
    ),
    path("selling-prices/reprice/apply/", RepriceViewSet.as_view({"post": "apply"}), name="reprice-apply"),
    path(
        "offers/<int:pk>/legal-prices/",
        LegalPricesOfNoticeViewSet.as_view({"post": "create"}),
        name="offer-legal-prices",
    ),
    path(
        "goods-receipts/<int:pk>/labels/",
        ReceiptLabelViewSet.as_view({"get": "retrieve"}),
        name="goods-receipt-labels",
    ),
    path(
        "suppliers/<int:pk>/statement/",
        StatementViewSet.as_view({"get": "retrieve"}),
        name="supplier-statement",
    ),
    path(
        "suppliers/<int:pk>/statement/pdf/",
        StatementViewSet.as_view({"get": "pdf"}),
        name="supplier-statement-pdf",
    ),
    path("", include(router.urls)),
]
