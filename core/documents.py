"""From what an entry names as its source to the document itself: its name, its page and its address.

The arrow may not run up, so nothing is imported: a kind is the name of a model in snake case, as `Source` has it, and
its page and API follow by the names that every app gives them.
"""

import re
from collections.abc import Iterable
from functools import cache

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

__all__ = ["document_api", "document_name", "document_page"]

#: Kinds that are not the name of a model: (model or nothing, basename of its API).
_OTHERWISE: dict[str, tuple[str, str | None]] = {
    "manual": ("manualentry", "manual-entry"),
    "opening_import": ("importjob", "opening-balance-import"),
    "stock_import": ("importjob", "stock-import"),
    "import": ("importjob", "customer-import"),
    "product_merge": ("product", "product"),
    "customer_merge": ("customer", "customer"),
    "found_settlement": ("stockmovement", "stock-movement"),
    "supplier_credit": ("suppliercreditnote", "supplier-credit-note"),
    "supplier_allocation": ("", None),  # named by the credit and a count, which is no key
}
#: Kinds without a document of their own.
_NAMES = {
    "opening_balance": _("Opening balance"),
    "opening_stock": _("Opening stock"),
    "opening_import": _("Opening balances"),
    "stock_import": _("Opening stock"),
    "import": _("Customers imported"),
    "product_merge": _("Products merged"),
    "customer_merge": _("Customers merged"),
    "supplier_allocation": _("Payment allocated"),
    "found_settlement": _("Late receipt settled"),
}


@cache
def _model(kind: str) -> type[Model] | None:
    wanted = _OTHERWISE.get(kind, (kind.replace("_", ""), None))[0]
    found = [model for model in _ours() if model._meta.model_name == wanted]  # noqa: SLF001 - documented API
    return found[0] if len(found) == 1 else None


def _ours() -> Iterable[type[Model]]:
    return (
        model
        for model in apps.get_models()
        if model._meta.app_label in settings.LOCAL_APPS  # noqa: SLF001 - documented API
    )


def document_name(kind: str) -> str:
    """What a kind of source is called, in the reader's language."""
    model = _model(kind)
    if kind in _NAMES or model is None:
        return str(_NAMES.get(kind, kind.replace("_", " ").capitalize()))
    return str(model._meta.verbose_name)  # noqa: SLF001 - documented API


def document_page(kind: str, key: str) -> str:
    """The document's page at the workbench; empty where it has none."""
    model = _model(kind)
    if model is None or not admin.site.is_registered(model):
        return ""
    meta = model._meta  # noqa: SLF001 - documented API
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[key])


def document_api(kind: str, key: str) -> str | None:
    """The document's address in the API; None where it has none."""
    model = _model(kind)
    if model is None:
        return None
    basename = _OTHERWISE.get(kind, ("", None))[1] or _kebab(model.__name__)
    try:
        return reverse(f"{basename}-detail", args=[key])
    except NoReverseMatch:
        return None


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
