"""`Authorization: Bearer …`, and the frame that every view of a pharmacy shares."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ocr_engine.api.errors import problem, refusal
from ocr_engine.errors import RequestRefused
from ocr_engine.models import Pharmacy
from ocr_engine.services.keys import pharmacy_of_key

__all__ = ["for_pharmacy"]

P = ParamSpec("P")


def for_pharmacy(
    *methods: str,
) -> Callable[[Callable[Concatenate[HttpRequest, Pharmacy, P], HttpResponse]], Callable[..., HttpResponse]]:
    """The view gets the pharmacy whose key was sent; facts it raises become problem+json."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, Pharmacy, P], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            scheme, _, key = request.headers.get("Authorization", "").partition(" ")
            pharmacy = pharmacy_of_key(key.strip()) if scheme.lower() == "bearer" and key.strip() else None
            if pharmacy is None:
                response = problem(status=401, code="unauthorized", title="A valid bearer key is needed")
                response["WWW-Authenticate"] = 'Bearer realm="ocr-engine"'
                return response
            if request.method not in methods:
                refused = problem(status=405, code="method_not_allowed", title="Not a method of this address")
                refused["Allow"] = ", ".join(methods)
                return refused
            try:
                return view(request, pharmacy, *args, **kwargs)
            except RequestRefused as error:
                return refusal(error)

        return wrapped

    return decorate
