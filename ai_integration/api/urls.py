from django.urls import path
from rest_framework.routers import SimpleRouter

from ai_integration.api.views import OcrCallbackViewSet, OcrJobViewSet

router = SimpleRouter()
router.register("ocr/jobs", OcrJobViewSet, basename="ocr-job")

urlpatterns = [
    path("ocr/callback/", OcrCallbackViewSet.as_view({"post": "create"}), name="ocr-callback"),
    *router.urls,
]
