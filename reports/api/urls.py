from django.urls import include, path
from rest_framework.routers import SimpleRouter

from reports.api.register import ControlledRegisterViewSet

router = SimpleRouter()
router.register("controlled-register", ControlledRegisterViewSet, basename="controlled-register")

urlpatterns = [path("", include(router.urls))]
