"""Labels printed from lists of the workbench."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin import admin_actor
from inventory.enums import LabelKind, LabelLayout
from inventory.selectors import LabelWish, print_labels, usual_units
from inventory.services import assign_own_codes

__all__ = ["LabelActionForm", "PrintsLabels", "label_response"]

PERMISSION = "inventory.print_labels"


class LabelActionForm(ActionForm):  # type: ignore[misc]  # unfold ships no types
    """The bar of actions, with the paper that labels are printed on."""

    layout = forms.ChoiceField(
        choices=LabelLayout.choices,
        required=False,
        label=gettext_lazy("Labels on"),
        widget=UnfoldAdminSelectWidget(),
    )


def label_response(
    request: HttpRequest,
    wishes: list[LabelWish],
    *,
    kind: LabelKind = LabelKind.SHELF,
    with_batch: bool = False,
) -> HttpResponse:
    """The labels on the paper that the form names."""
    chosen = request.POST.get("layout") or request.GET.get("layout") or ""
    layout = LabelLayout(chosen) if chosen in LabelLayout.values else LabelLayout.A4_3X8
    pdf, _count = print_labels(wishes, layout=layout, kind=kind, with_batch=with_batch)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="labels.pdf"'
    return response


class PrintsLabels:
    """For lists whose rows have labels: say which with ``wishes_of``."""

    label_kind = LabelKind.SHELF
    labels_with_batch = False

    def wishes_of(self, queryset: QuerySet[Any]) -> Iterable[LabelWish]:
        """What to print for the chosen rows."""
        raise NotImplementedError

    @admin.action(description=gettext_lazy("Print labels"), permissions=["labels"])
    def print_labels(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        wishes = list(self.wishes_of(queryset))
        return label_response(request, wishes, kind=self.label_kind, with_batch=self.labels_with_batch)

    def has_labels_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(PERMISSION))


class GivesCodes:
    """For the list of products: codes of our own for what carries none."""

    @admin.action(description=gettext_lazy("Give own bar codes"), permissions=["change"])
    def give_codes(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            codes = assign_own_codes(
                unit_ids=usual_units(queryset.values_list("pk", flat=True)), actor=admin_actor(request)
            )
        done = ngettext("%d product can be scanned.", "%d products can be scanned.", len(codes)) % len(codes)
        self.message_user(request, _("%(done)s Print labels for them now.") % {"done": done})  # type: ignore[attr-defined]
