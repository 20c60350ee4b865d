"""Facts that services raise. One handler (core.api.problems) maps them to RFC 9457 problem+json."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field; ``field`` is a path such as ``lines[3].quantity``."""

    field: str
    code: str
    detail: Text


class DomainError(Exception):
    """A fact that stops an operation. ``params`` carries the numbers that a client may show.

    Subclass it once per fact and set ``status``, ``code`` and ``title``.
    """

    status: int = 409
    code: str = "conflict"
    title: Text = _("This conflicts with the present state")

    def __init__(self, detail: Text = "", *, errors: Sequence[FieldError] = (), **params: Any) -> None:
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.params = params
        super().__init__(str(self.detail))

    def __str__(self) -> str:
        return str(self.detail)


class InvalidInput(DomainError):
    status = 400
    code = "invalid"
    title = _("The request is not valid")


class NotFound(DomainError):
    status = 404
    code = "not_found"
    title = _("There is no such thing")


class PermissionRefused(DomainError):
    status = 403
    code = "permission_denied"
    title = _("You may not do this")


class Conflict(DomainError):
    """The general 409, where no sharper fact has a class of its own."""
