"""What the workbench shows is told in the pharmacy's time."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from users.selectors import organization_timezone


class LocalTimeMiddleware:
    """Pages are rendered, and dates typed there are read, in the organisation's time zone. The API speaks UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.workbench = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(self.workbench):
            return self.get_response(request)
        with timezone.override(organization_timezone()):
            return self.get_response(request)
