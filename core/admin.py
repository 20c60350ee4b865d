"""What every page of the workbench shares: ledgers that are only looked at, forms that call services."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from core.actors import SYSTEM, Actor
from core.errors import DomainError

__all__ = ["ReadOnlyAdmin", "ServiceAdmin", "admin_actor", "tell_error"]


def admin_actor(request: HttpRequest) -> Actor:
    """Who is at the workbench."""
    user = request.user
    if not user.is_authenticated:
        return SYSTEM
    return Actor(id=user.pk, name=user.get_username(), kind="user")


def tell_error(request: HttpRequest, error: DomainError) -> None:
    """Show a fact that stopped an operation, and each field that it names."""
    messages.error(request, str(error))
    for field_error in error.errors:
        messages.error(request, f"{field_error.field}: {field_error.detail}")


class ReadOnlyAdmin(ModelAdmin):
    """For ledgers: list and look, whoever one is."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ServiceAdmin(ModelAdmin):
    """For forms whose ``save_model`` calls a service: a DomainError is shown, and nothing is kept.

    ``permissions_of`` names the domain permission of each verb ("add", "change", "delete") where Django's own is
    not the one that the API asks for. Nothing is deleted unless it says so.
    """

    permissions_of: dict[str, str] = {"delete": ""}

    def has_add_permission(self, request: HttpRequest) -> bool:
        code = self.permissions_of.get("add")
        return bool(super().has_add_permission(request) if code is None else request.user.has_perm(code))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        code = self.permissions_of.get("change")
        return bool(
            super().has_change_permission(request, obj)
            if code is None
            else bool(code) and request.user.has_perm(code)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        code = self.permissions_of.get("delete", "")
        return bool(code) and request.user.has_perm(code)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; a fact that stops the service leads back to it."""
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            tell_error(request, error)
            return HttpResponseRedirect(request.get_full_path())
        return response

    def adopt(self, obj: Any, saved: Any) -> None:
        """Let the form's object be what the service made, so that the page goes on with it."""
        obj.__dict__.update(saved.__dict__)
