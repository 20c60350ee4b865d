from django.urls import include, path
from rest_framework.routers import SimpleRouter

from files.api.imports import import_viewset
from inventory.api.views import catalogue, counts, documents, labels, loans, stock
from inventory.importers import OpeningStockImporter, ProductImporter

router = SimpleRouter()
router.register("products", catalogue.ProductViewSet, basename="product")
router.register("categories", catalogue.CategoryViewSet, basename="category")
router.register("manufacturers", catalogue.ManufacturerViewSet, basename="manufacturer")
router.register("locations", stock.LocationViewSet, basename="location")
router.register("batches", stock.BatchViewSet, basename="batch")
router.register("stock/reservations", documents.ReservationViewSet, basename="reservation")
router.register("stock", stock.StockViewSet, basename="stock")
router.register("stock-movements", stock.MovementViewSet, basename="stock-movement")
router.register("stock-adjustments", documents.AdjustmentViewSet, basename="stock-adjustment")
router.register("stock-transfers", documents.TransferViewSet, basename="stock-transfer")
router.register("stock-loans", loans.LoanViewSet, basename="stock-loan")
router.register("stock-counts", counts.CountViewSet, basename="stock-count")
router.register("stock-count-lines", counts.CountLineViewSet, basename="stock-count-line")
router.register("stock-count-entries", counts.CountEntryViewSet, basename="stock-count-entry")
router.register("selling-prices", documents.SellingPriceViewSet, basename="selling-price")
router.register("legal-prices", documents.LegalPriceViewSet, basename="legal-price")
router.register("inventory/expiring", stock.ExpiringViewSet, basename="inventory-expiring")
router.register("inventory/found", stock.FoundViewSet, basename="inventory-found")
router.register("product-imports", import_viewset(ProductImporter), basename="product-import")
router.register("stock-imports", import_viewset(OpeningStockImporter), basename="stock-import")

urlpatterns = [
    path("labels/", labels.LabelViewSet.as_view({"post": "create"}), name="labels"),
    path("internal-codes/", labels.OwnCodeViewSet.as_view({"post": "create"}), name="internal-codes"),
    path("scan/", catalogue.ScanViewSet.as_view({"post": "create"}), name="scan"),
    path("", include(router.urls)),
]
