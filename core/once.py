"""Two clicks are one decision: a form of the workbench that is sent again does nothing again, one that had bad luck is
begun again, and what no page foresaw is told in words.

Django masks the CSRF token anew for each page that it draws, so that a form as it was sent is its own one-time key:
from a page drawn anew, or with another word in it, the same is asked for on purpose.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core.api.problems import describe_refusal, request_id
from core.api.requests import rewind_uploads
from core.idempotency import RememberedAnswer, recall_answer, remember_answer
from core.transactions import advisory_lock, in_transaction, is_our_fault

_MASKED = 64
_FOUND = 302
_UNAVAILABLE = 503
_REFUSALS = (DatabaseError, InterfaceError, OverflowError)


class OnceMiddleware:
    """The second waits for the first to end, and is led to where that one led.

    Only what ends in a redirect that tells of no error is remembered: what was refused may be sent again. A deadlock is
    tried once more; what the database refuses then, or on any page of the workbench, is a page that needs no database.
    Actions on rows chosen in a list are not held together by one transaction; each row's own state refuses the second.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        key = _key_of(request)
        if key is None:
            return None
        try:
            return in_transaction(lambda: _once(request, key, lambda: view(request, *args, **kwargs)))
        except _REFUSALS as error:
            told = self.process_exception(request, error)
            if told is None:
                raise
            _queued(request).clear()
            return told

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """In place of a 500: the status and the words that the API, which answers for itself, has for it.

        What is our own fault stays a 500, which is reported.
        """
        if not isinstance(error, _REFUSALS) or is_our_fault(error):
            return None
        described = describe_refusal(error)
        if described is None:
            return None
        status, _code, _title, detail, _extra, headers = described
        shown = {"title": detail, "passing": status == _UNAVAILABLE, "request_id": request_id()}
        return HttpResponse(render_to_string("workbench/problem.html", shown), status=status, headers=headers)


def _once(request: HttpRequest, key: str, work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    actor = f"form:{request.user.pk}"
    rewind_uploads(request)
    _queued(request).clear()  # what a first try told did not happen
    advisory_lock("idempotency", f"{actor}:{key}")
    before = recall_answer(actor=actor, key=key, fingerprint=key)
    if before is not None:
        messages.info(request, _("This was sent twice; the second time did nothing."))
        return HttpResponseRedirect(before.headers["Location"])
    response = work()
    if response.status_code == _FOUND and not _tells_error(request):
        answer = RememberedAnswer(_FOUND, b"", {"Location": response.headers["Location"]})
        remember_answer(actor=actor, key=key, fingerprint=key, answer=answer)
    return response


def _tells_error(request: HttpRequest) -> bool:
    return any(message.level >= messages.ERROR for message in _queued(request))


def _queued(request: HttpRequest) -> list[Any]:
    """The messages that this request left; reading them as usual would show them to nobody."""
    queued: list[Any] = getattr(messages.get_messages(request), "_queued_messages", [])
    return queued


def _key_of(request: HttpRequest) -> str | None:
    """The whole form and where it goes; None for what is no form of a page of the workbench."""
    match = request.resolver_match
    if request.method != "POST" or match is None or "admin" not in match.app_names:
        return None
    if not request.user.is_authenticated or "_selected_action" in request.POST:
        return None
    if len(request.POST.get("csrfmiddlewaretoken", "")) != _MASKED:
        return None
    digest = hashlib.sha256(request.get_full_path().encode())
    for name in sorted(request.POST):
        digest.update(repr((name, request.POST.getlist(name))).encode())
    for name in sorted(request.FILES):
        digest.update(repr((name, [(file.name, file.size) for file in request.FILES.getlist(name)])).encode())
    return digest.hexdigest()
