from django.urls import include, path
from rest_framework.routers import SimpleRouter

from files.api.views import FileBytesViewSet, StoredFileViewSet

router = SimpleRouter()
router.register("files", StoredFileViewSet, basename="file")

urlpatterns = [
    path("files/<uuid:pk>/bytes/", FileBytesViewSet.as_view({"get": "retrieve"}), name="file-bytes"),
    path("", include(router.urls)),
]
