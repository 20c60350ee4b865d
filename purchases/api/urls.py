"""Paths of suppliers, offers and lines."""

from rest_framework.routers import SimpleRouter

from purchases.api.offer_lines import OfferLineViewSet
from purchases.api.offers import OfferViewSet
from purchases.api.suppliers import SupplierAliasViewSet, SupplierViewSet

router = SimpleRouter()
router.register("suppliers", SupplierViewSet, basename="supplier")
router.register("supplier-aliases", SupplierAliasViewSet, basename="supplier-alias")
router.register("offers", OfferViewSet, basename="offer")
router.register("offer-lines", OfferLineViewSet, basename="offer-line")

urlpatterns = router.urls
