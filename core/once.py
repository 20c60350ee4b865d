"""Two clicks are one decision: a form of the workbench that is sent again does nothing again.

Django masks the CSRF token anew for each page that it draws, so that a form as it was sent is its own one-time key:
from a page drawn anew, or with another word in it, the same is asked for on purpose.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _

from core.api.requests import rewind_uploads
from core.idempotency import RememberedAnswer, recall_answer, remember_answer
from core.transactions import advisory_lock, in_transaction

_MASKED = 64
_FOUND = 302


class OnceMiddleware:
    """The second waits for the first to end, and is led to where that one led.

    Only what ends in a redirect that tells of no error is remembered: what was refused may be sent again. A deadlock is
    tried once more. Actions on rows chosen in a list are not held together by one transaction; each row's own state
    refuses the second.
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
        return in_transaction(lambda: _once(request, key, lambda: view(request, *args, **kwargs)))


def _once(request: HttpRequest, key: str, work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    actor = f"form:{request.user.pk}"
    rewind_uploads(request)
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
    """Whether this request left a message of an error; reading them here would show them to nobody."""
    queued: list[Any] = getattr(messages.get_messages(request), "_queued_messages", [])
    return any(message.level >= messages.ERROR for message in queued)


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
