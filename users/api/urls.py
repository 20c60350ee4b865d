from django.urls import include, path
from rest_framework.routers import SimpleRouter

from users.api.auth import MfaViewSet, PasswordViewSet, TokenViewSet
from users.api.views import ApiKeyViewSet, MetaViewSet, OrganizationViewSet, SessionViewSet

router = SimpleRouter()
router.register("auth/sessions", SessionViewSet, basename="session")
router.register("api-keys", ApiKeyViewSet, basename="api-key")

urlpatterns = [
    path("auth/token/", TokenViewSet.as_view({"post": "create"}), name="token"),
    path("auth/token/refresh/", TokenViewSet.as_view({"post": "refresh"}), name="token-refresh"),
    path("auth/token/revoke/", TokenViewSet.as_view({"post": "revoke"}), name="token-revoke"),
    path("auth/password/change/", PasswordViewSet.as_view({"post": "change"}), name="password-change"),
    path("auth/password/reset/", PasswordViewSet.as_view({"post": "reset"}), name="password-reset"),
    path(
        "auth/password/reset/confirm/",
        PasswordViewSet.as_view({"post": "reset_confirm"}),
        name="password-reset-confirm",
    ),
    path("auth/mfa/setup/", MfaViewSet.as_view({"post": "begin"}), name="mfa-setup"),
    path("auth/mfa/confirm/", MfaViewSet.as_view({"post": "confirm"}), name="mfa-confirm"),
    path("auth/mfa/disable/", MfaViewSet.as_view({"post": "disable"}), name="mfa-disable"),
    path(
        "organization/",
        OrganizationViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="organization",
    ),
    path("meta/", MetaViewSet.as_view({"get": "retrieve"}), name="meta"),
    path("", include(router.urls)),
]
