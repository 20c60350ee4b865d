"""What every page of the workbench shares: ledgers that are only looked at, forms that call services."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from core.actors import SYSTEM, Actor
from core.errors import DomainError
from core.past import describe, is_tracked, past_of

HISTORY = "rbac.view_history"
_EVENTS_A_PAGE = 50

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


class KeepsHistory(ModelAdmin):
    """A model whose field history is kept shows it: who changed which field, from what to what."""

    def keeps_history(self, request: HttpRequest) -> bool:
        return is_tracked(self.model) and request.user.has_perm(HISTORY)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        context["show_history"] = self.keeps_history(request)
        return super().render_change_form(request, context, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The past of one record and its parts; it stays when the record is gone."""
        if not is_tracked(self.model):
            return super().history_view(request, object_id, extra_context)
        if not (self.has_view_permission(request) and self.keeps_history(request)):
            raise PermissionDenied
        key = self.model._meta.pk.to_python(object_id)  # noqa: SLF001 - documented model API
        pages = Paginator(past_of(self.model, key), _EVENTS_A_PAGE)
        page = pages.get_page(request.GET.get("page"))
        instance = self.get_object(request, object_id)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "original": instance,
            "title": _("History: %(name)s") % {"name": instance or f"{self.opts.verbose_name} {object_id}"},
            "events": describe(page.object_list),
            "page": page,
            "has_view_permission": True,
        }
        return TemplateResponse(request, "workbench/history.html", context | (extra_context or {}))


class ReadOnlyAdmin(KeepsHistory):
    """For ledgers: list and look, whoever one is."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ServiceAdmin(KeepsHistory):
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
