"""Who sells at the workbench: whoever is signed in; at a till that asks who sells, the one whose PIN was given.

One rule for every verb that sells, pays back or counts at a till, the rule of the API: the person signed in speaks for
themself, but a till that asks takes no sign-in for an answer. A PIN opens no page: it is asked beside the sign-in.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from core.actors import Actor, person
from core.admin import ServiceAdmin, admin_actor, parents_of, tell_error
from core.errors import DomainError, PermissionRefused
from sales.admin.amounts import whole_number
from sales.selectors import list_people_at_tills, list_tills
from sales.services import identify_seller
from users.selectors import list_users

__all__ = ["SELLER_FIELDS", "Person", "SellerForm", "TillDocumentAdmin", "people_to_ask", "person_at"]

SELLER_FIELDS = ("seller", "pin")


@dataclass(frozen=True)
class Person:
    """``identified``: by a PIN at the till in question."""

    user: Any
    actor: Actor
    identified: bool = False


def person_at(request: HttpRequest, till_id: int | None, code: str) -> Person:
    """Who does it: the fields ``seller`` and ``pin`` of the form, else who is signed in; they may do ``code``.

    Not inside a transaction that a refusal rolls back: a wrong PIN counts. Raises PinRefused, PinLocked, InvalidInput,
    PermissionRefused.
    """
    named = whole_number(request.POST.get("seller", ""))
    if till_id is None or named is None:
        return Person(request.user, admin_actor(request))
    proof = identify_seller(till_id=till_id, user_id=named, pin=request.POST.get("pin", ""))
    user = list_users().get(pk=proof.user_id)
    if not user.has_perm(code):
        raise PermissionRefused
    return Person(user, person(user), identified=True)


def people_to_ask() -> list[tuple[int, str]]:
    """(id, name) of who may be named with a PIN; nobody where no till asks."""
    asks = list_tills().filter(is_active=True, asks_who_sells=True)
    return list_people_at_tills() if asks.exists() else []


class SellerForm(forms.Form):
    """Who sells, beside the field ``till`` of a form; no fields where no till asks."""

    seller = forms.ChoiceField(label=_("who sells"), required=False)
    pin = forms.CharField(label=_("PIN"), required=False, max_length=8, widget=forms.PasswordInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = people_to_ask()
        self.fields["seller"].choices = [("", "---------"), *people]  # type: ignore[attr-defined]
        for name in SELLER_FIELDS if not people else ():
            del self.fields[name]


class TillDocumentAdmin(ServiceAdmin):
    """Documents that are made at a till: ``request.person`` is who makes one. And pages of their own."""

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        """``template`` inside the workbench's frame."""
        frame = self.admin_site.each_context(request) | {"opts": self.opts, "has_view_permission": True}
        frame["parents"] = parents_of(self.model)
        return TemplateResponse(request, template, frame | context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Before the transaction of the form, in which a wrong PIN would not count."""
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        till_id = whole_number(request.POST.get("till", ""))
        try:
            request.person = person_at(request, till_id, self.permissions_of["add"])  # type: ignore[attr-defined]
        except DomainError as error:
            tell_error(request, error)
            return HttpResponseRedirect(request.get_full_path())
        return super().add_view(request, form_url, extra_context)
