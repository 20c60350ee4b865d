"""The whole map. A prefix names the topic, not the app that serves it (DESIGN section 5)."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from core.api import health

api = [
    path("", include(f"{app}.api.urls"))
    for app in settings.LOCAL_APPS
    if find_spec(f"{app}.api") and find_spec(f"{app}.api.urls")
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("health/", health.health),
    path("health/ready/", health.ready),
    path("", include("django_prometheus.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("users.pages")),
    path("", RedirectView.as_view(url="/admin/", permanent=False)),
]

handler400 = "core.middleware.bad_request"
handler404 = "core.middleware.not_found"
handler500 = "core.middleware.server_error"
