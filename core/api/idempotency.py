"""``Idempotency-Key`` for writes that move money, stock or decisions."""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.requests import actor_of, rewind_uploads
from core.errors import FieldError, InvalidInput
from core.idempotency import MAX_KEY_LENGTH, RememberedAnswer, recall_answer, remember_answer
from core.transactions import in_transaction

HEADER = "Idempotency-Key"
_KEPT_HEADERS = ("Location", "ETag")


def idempotent(method: Callable[..., Response]) -> Callable[..., Response | HttpResponse]:
    """Wrap a view method: the same key gets the same answer, another body 422, one in flight 409.

    The work and the remembered answer commit together. An error rolls both back, so a retry starts afresh.
    Without the header the method runs as it is, in a transaction. A deadlock is tried once more.
    """

    @wraps(method)
    def wrapper(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response | HttpResponse:
        key = request.headers.get(HEADER, "")

        def work() -> Response | HttpResponse:
            rewind_uploads(request)
            if not key:
                return method(view, request, *args, **kwargs)
            return _once(view, request, key, lambda: method(view, request, *args, **kwargs))

        return in_transaction(work)

    wrapper.takes_idempotency_key = True  # type: ignore[attr-defined]
    return wrapper


def _once(view: Any, request: Request, key: str, work: Callable[[], Response]) -> Response | HttpResponse:
    if len(key) > MAX_KEY_LENGTH or not key.isprintable():
        error = FieldError(HEADER, "invalid", _("A key is at most 255 printable characters"))
        raise InvalidInput(errors=[error])
    actor = actor_of(request)
    name = f"{actor.kind}:{actor.id}"
    fingerprint = _fingerprint(request)
    before = recall_answer(actor=name, key=key, fingerprint=fingerprint)
    if before is not None:
        return _replay(before)
    response = work()
    answer = RememberedAnswer(
        status_code=response.status_code,
        body=_rendered(view, request, response),
        headers={name: response[name] for name in _KEPT_HEADERS if name in response},
    )
    remember_answer(actor=name, key=key, fingerprint=fingerprint, answer=answer)
    return response


def _rendered(view: Any, request: Request, response: Response) -> bytes:
    renderer, media_type = view.perform_content_negotiation(request, force=True)
    body = renderer.render(response.data, media_type, view.get_renderer_context())
    return bytes(body or b"")


def _replay(answer: RememberedAnswer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status_code, content_type="application/json")
    for name, value in answer.headers.items():
        response[name] = value
    response["Idempotent-Replay"] = "true"
    return response


def _fingerprint(request: Request) -> str:
    """SHA-256 of method, path and body; an upload counts by the bytes of its files."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.FILES:
        for name in sorted(request.FILES):
            digest.update(name.encode())
            for chunk in request.FILES[name].chunks():
                digest.update(chunk)
            request.FILES[name].seek(0)
        for name in sorted(request.POST):
            digest.update(f"{name}={request.POST.getlist(name)}".encode())
    else:
        # Not orjson: a number above 64 bits is for the serializer to refuse, not for a fingerprint.
        data = dict(request.data.lists()) if isinstance(request.data, MultiValueDict) else request.data
        digest.update(json.dumps(data, sort_keys=True, default=str).encode())
    return digest.hexdigest()
