from django.urls import include, path
from rest_framework.routers import SimpleRouter

from notifications.api.views import AlertViewSet, NotificationViewSet, PreferenceViewSet

router = SimpleRouter()
router.register("alerts", AlertViewSet, basename="alert")
router.register("notifications", NotificationViewSet, basename="notification")
router.register("notification-preferences", PreferenceViewSet, basename="notification-preference")

urlpatterns = [path("", include(router.urls))]
