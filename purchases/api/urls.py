"""Paths of suppliers, offers and lines."""

from rest_framework.routers import SimpleRouter

from files.api.imports import import_viewset
from purchases.api.offer_lines import OfferLineViewSet
from purchases.api.offers import OfferViewSet
from purchases.api.suppliers import SupplierAliasViewSet, SupplierViewSet
from purchases.importers import SupplierImporter

router = SimpleRouter()
router.register("suppliers", SupplierViewSet, basename="supplier")
router.register("supplier-aliases", SupplierAliasViewSet, basename="supplier-alias")
router.register("offers", OfferViewSet, basename="offer")
router.register("offer-lines", OfferLineViewSet, basename="offer-line")
router.register("supplier-imports", import_viewset(SupplierImporter), basename="supplier-import")

urlpatterns = router.urls
