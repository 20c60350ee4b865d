"""Taking back what should not have been, at the workbench: why, and at a till that asks, who does it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from core.admin import tell_error
from core.errors import DomainError, FieldError, InvalidInput
from sales.admin.sellers import people_to_ask, person_at

__all__ = ["reverse_page"]


def reverse_page(
    request: HttpRequest,
    page: Callable[..., HttpResponse],
    *,
    document: Any,
    code: str,
    back: str,
    undo: Callable[..., object],
) -> HttpResponse:
    """``undo(reason=…, actor=…, identified=…)`` takes ``document`` (with its ``till_id``) back by who may do ``code``."""
    if not request.user.has_perm(code):
        raise PermissionDenied
    if request.method == "POST":
        try:
            reason = request.POST.get("reason", "").strip()
            if not reason:
                raise InvalidInput(errors=[FieldError("reason", "required", _("Say why."))])
            person = person_at(request, document.till_id, code)
            undo(reason=reason, actor=person.actor, identified=person.identified)
        except DomainError as error:
            tell_error(request, error)
        else:
            messages.success(request, _("%s: done.") % document)
            return HttpResponseRedirect(back)
    return page(
        request,
        "sales/reverse.html",
        title=_("Reverse: %(number)s") % {"number": document},
        document=document,
        back=back,
        typed=request.POST,
        people=people_to_ask() if document.till_id else [],
    )
