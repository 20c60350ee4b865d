"""The whole map. A prefix names the topic, not the app that serves it (DESIGN section 5)."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from core.api import health

admin.site.index_title = _("Today")

api = [
    path("", include("users.api.urls")),
    path("", include("rbac.api.urls")),
    path("", include("files.api.urls")),
    path("", include("notifications.api.urls")),
    path("", include("capital.api.urls")),
    path("", include("inventory.api.urls")),
    path("", include("sales.api.urls")),
    path("", include("ai_integration.api.urls")),
    path("", include("purchases.api.urls")),
    path("", include("reports.api.urls")),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("health/", health.health),
    path("health/ready/", health.ready),
    path("", include("django_prometheus.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", include("reports.pages")),
    path("admin/", include("reports.register.page")),
    path("admin/", admin.site.urls),
    path(
        "favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}workbench/favicon.svg", permanent=True)
    ),
    path("", include("users.pages")),
    path("", RedirectView.as_view(url="/admin/", permanent=False)),
]

handler400 = "core.middleware.bad_request"
handler404 = "core.middleware.not_found"
handler500 = "core.middleware.server_error"
