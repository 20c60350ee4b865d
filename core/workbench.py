"""Pages of the workbench that are more than a form: one detail page, and named verbs that it posts to."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from core.admin import ReadOnlyAdmin, parents_of, tell_error
from core.api.etags import PreconditionFailed, PreconditionRequired, etag_for
from core.errors import DomainError

__all__ = ["PageAdmin", "Verbs", "as_seen", "parents_of", "whole_numbers"]


class Verbs(ModelAdmin):
    """A page that posts to named verbs.

    ``verbs`` maps a verb to the permission it needs; the page posts to ``do/<verb>/``, which calls the method
    ``do_<verb>(request, pk)``. It answers a message to show, or a response of its own. A DomainError is shown
    and nothing has changed.
    """

    verbs: ClassVar[dict[str, str]] = {}

    def get_urls(self) -> list[URLPattern]:
        run = require_POST(self.admin_site.admin_view(self.run_verb))
        mine = path("<int:pk>/do/<slug:verb>/", run, name=f"{self._base_name}_do")
        return [mine, *super().get_urls()]

    @property
    def _base_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def page_url(self, pk: int) -> str:
        """The address of the detail page of ``pk``."""
        return reverse(f"admin:{self._base_name}_change", args=[pk])

    def may(self, request: HttpRequest) -> dict[str, bool]:
        """Which verbs whoever asks may run."""
        return {verb: request.user.has_perm(code) for verb, code in self.verbs.items()}

    def run_verb(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Run ``do_<verb>`` if whoever asks may; show what came of it."""
        code = self.verbs.get(verb)
        if code is None:
            raise Http404
        if not request.user.has_perm(code):
            raise PermissionDenied
        try:
            with transaction.atomic():
                answer = getattr(self, f"do_{verb}")(request, pk)
        except DomainError as error:
            tell_error(request, error)
            return HttpResponseRedirect(request.POST.get("back") or self.page_url(pk))
        if isinstance(answer, HttpResponse):
            return answer
        messages.success(request, answer)
        return HttpResponseRedirect(request.POST.get("back") or self.page_url(pk))


class PageAdmin(Verbs, ReadOnlyAdmin):
    """A list, and a detail page made from ``page_template`` and ``page_context``, with its verbs."""

    page_template: ClassVar[str]
    list_fullwidth = True
    warn_unsaved_form = False

    def get_urls(self) -> list[URLPattern]:
        return [*self.page_urls(), *super().get_urls()]

    def page_urls(self) -> list[URLPattern]:
        """Further pages of this model, before Django's own."""
        return []

    def wrap(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """``view`` for signed-in people of the workbench only."""
        wrapped: Callable[..., HttpResponse] = self.admin_site.admin_view(view)
        return wrapped

    def history_url(self, request: HttpRequest, instance: Any) -> str:
        """Where the past of ``instance`` is shown; empty where none is kept or whoever asks may not see it."""
        return (
            reverse(f"admin:{self._base_name}_history", args=[instance.pk])
            if self.keeps_history(request)
            else ""
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        instance = self.get_object(request, object_id)
        if instance is None:
            raise Http404
        context = self.page_context(request, instance) | {
            "original": instance,
            "title": str(instance),
            "version": etag_for(instance) if hasattr(instance, "updated_at") else "",
            "may": self.may(request),
            "history_url": self.history_url(request, instance),
        }
        return self.page(request, self.page_template, **context)

    def page_context(self, request: HttpRequest, instance: Any) -> dict[str, Any]:
        """What the detail page shows."""
        return {}

    def page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """``template`` inside the workbench's frame."""
        frame = self.admin_site.each_context(request) | {"opts": self.opts, "has_view_permission": True}
        if "original" not in context:
            frame["parents"] = parents_of(self.model)
        return TemplateResponse(request, template, frame | context)


def whole_numbers(values: list[str]) -> list[int]:
    """The ids that a form sent; what is no number is left out."""
    return [int(value) for value in values if value.isascii() and value.isdigit()]


def as_seen(request: HttpRequest) -> Callable[[Any], None]:
    """Refuses a verb on a document that somebody changed since its page was opened: the form sends ``version``.

    Raises PreconditionRequired, PreconditionFailed.
    """

    def check(instance: Any) -> None:
        seen = request.POST.get("version", "")
        if not seen:
            raise PreconditionRequired
        if seen != etag_for(instance):
            raise PreconditionFailed(current=etag_for(instance))

    return check
