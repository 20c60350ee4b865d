"""What every page of the workbench shares: ledgers that are only looked at, forms that call services."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline

from core.actors import SYSTEM, Actor, person
from core.documents import document_name, document_page
from core.errors import DomainError, InvalidInput
from core.fields import AmountField, UnitPriceField
from core.past import PastEvent, describe, is_tracked, past_of
from core.templatetags.workbench import money, plain

HISTORY = "rbac.view_history"
_EVENTS_A_PAGE = 50
_LINE = re.compile(r"\w+\[(\d+)\]")

__all__ = [
    "DocumentKindFilter",
    "FiguresInline",
    "ReadOnlyAdmin",
    "ServiceAdmin",
    "WordsFilter",
    "admin_actor",
    "document_link",
    "parents_of",
    "tell_error",
]

Shown = str | Callable[..., Any]


def admin_actor(request: HttpRequest) -> Actor:
    """Who is at the workbench."""
    user = request.user
    if not user.is_authenticated:
        return SYSTEM
    return person(user)


def tell_error(request: HttpRequest, error: DomainError) -> None:
    """Show a fact that stopped an operation, and each field that it names; that fields are wrong goes without saying."""
    says_more = not isinstance(error, InvalidInput) or error.detail is not error.title
    if says_more or not error.errors:
        messages.error(request, str(error))
    for field_error in error.errors:
        where = _where(field_error.field)
        messages.error(request, f"{where}: {field_error.detail}" if where else str(field_error.detail))


def _where(field: str) -> str:
    """Where an error is, in words: Line 3 for "lines[2].quantity", else the name of the field; ways to pay are not counted."""
    found = _LINE.match(field)
    if found and not field.startswith("payments"):
        return _("Line %(number)s") % {"number": int(found[1]) + 1}
    word = field.rpartition(".")[2].replace("_", " ")
    return capfirst(_(word)) if word else ""


def parents_of(model: type[models.Model]) -> list[tuple[Any, str]]:
    """(title, address) of what lies above a page of ``model``: its section and its list."""
    opts = model._meta  # noqa: SLF001 - documented model API
    section = (opts.app_config.verbose_name, reverse("admin:app_list", args=[opts.app_label]))
    return [
        section,
        (opts.verbose_name_plural, reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")),
    ]


def document_link(kind: str, key: str) -> str:
    """What a kind of source is called, and the way to the document where it has a page."""
    name, page = capfirst(document_name(kind)), document_page(kind, key)
    return format_html('<a href="{}">{}</a>', page, name) if page else name


class WordsFilter(admin.AllValuesFieldListFilter):
    """The values that occur, by the words that ``word`` has for them."""

    word: Callable[[str], str]

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        everything, *found = super().choices(changelist)
        yield everything
        for choice in found:
            yield choice | {"display": type(self).word(str(choice["display"]))}


class DocumentKindFilter(WordsFilter):
    """What kind of document it comes from."""

    @staticmethod
    def word(value: str) -> str:
        return capfirst(document_name(value))


class PlainDecimalField(forms.DecimalField):
    """A number to be typed over, without the zeros that only the column's scale adds."""

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True)
class Figure:
    """The column of a decimal: money with its decimals, any other number without idle zeros."""

    field: models.DecimalField  # type: ignore[type-arg]  # not subscriptable at run time

    @property
    def __name__(self) -> str:
        return self.field.name

    @property
    def short_description(self) -> Any:
        return self.field.verbose_name

    @property
    def admin_order_field(self) -> str:
        return self.field.name

    def __call__(self, instance: Any) -> str | None:
        value = getattr(instance, self.field.name)
        write = money if isinstance(self.field, AmountField | UnitPriceField) else plain
        return None if value is None else write(value)


class WrittenNumbers:
    """Money and other decimals as people write them: where they are only looked at, and in forms."""

    opts: Any
    formfield_overrides = {models.DecimalField: {"form_class": PlainDecimalField}}

    def _numbers(self, names: Sequence[Any]) -> list[Any]:
        return [self._number(name) if isinstance(name, str) else tuple(self._numbers(name)) for name in names]

    def _number(self, name: Shown) -> Shown:
        """The column of a decimal, written out; any other as it is."""
        try:
            field = self.opts.get_field(name) if isinstance(name, str) and not hasattr(self, name) else None
        except FieldDoesNotExist:
            return name
        return Figure(field) if isinstance(field, models.DecimalField) else name


class FiguresInline(WrittenNumbers, TabularInline):
    """Rows of a document that do not change once it is made."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = self.get_fields(request, obj)
        return [(None, {"fields": self._numbers(fields) if obj else fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = super().get_readonly_fields(request, obj)
        figures = self._numbers(self.get_fields(request, obj)) if obj else []
        return [*names, *(name for name in figures if isinstance(name, Figure))]


class WritesNumbers(WrittenNumbers, ModelAdmin):
    """In lists, on pages that are only looked at, and in forms."""

    def get_list_display(self, request: HttpRequest) -> list[Shown]:
        return [self._number(name) for name in super().get_list_display(request)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {**options, "fields": self._numbers(options["fields"])}) for title, options in fieldsets
        ]


def _without_keys(event: PastEvent) -> PastEvent:
    """Who did it stands there by name; the key beside it says nothing to people."""
    return replace(event, changes=[one for one in event.changes if not one.field.endswith("_id")])


class KeepsHistory(WritesNumbers):
    """A model whose field history is kept shows it: who changed which field, from what to what."""

    def keeps_history(self, request: HttpRequest) -> bool:
        return is_tracked(self.model) and request.user.has_perm(HISTORY)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        context["show_history"] = self.keeps_history(request)
        if context.get("original") is None:
            context |= {"parents": parents_of(self.model), "here": context["title"]}
        return super().render_change_form(request, context, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The past of one record and its parts; it stays when the record is gone."""
        if not is_tracked(self.model):
            return super().history_view(request, object_id, extra_context)
        if not (self.has_view_permission(request) and self.keeps_history(request)):
            raise PermissionDenied
        key = self.model._meta.pk.to_python(object_id)  # noqa: SLF001 - documented model API
        pages = Paginator(past_of(self.model, key), _EVENTS_A_PAGE)
        events = pages.get_page(request.GET.get("page"))
        instance = self.get_object(request, object_id)
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "original": instance,
            "parents": [*parents_of(self.model), (instance or object_id, page)],
            "here": _("History"),
            "title": _("History: %(name)s") % {"name": instance or f"{self.opts.verbose_name} {object_id}"},
            "events": [_without_keys(event) for event in describe(events.object_list)],
            "page": events,
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
