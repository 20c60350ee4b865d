"""Fields that were given no name of their own are shown by the name they have in code; here it becomes translatable.

A `verbose_name` at the field stays the better way. This one keeps migrations out of it: Django's own default is not part
of a field's definition, and neither is what is put in its place.
"""

from django.apps import apps
from django.db.models import Field
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as n_

__all__ = ["FIELD_WORDS", "translate_field_names"]

#: The default names that people see.
FIELD_WORDS = frozenset(
    {
        n_("account"),
        n_("action"),
        n_("actor id"),
        n_("actor kind"),
        n_("actor name"),
        n_("adjustment"),
        n_("approved by id"),
        n_("bbox"),
        n_("candidates"),
        n_("checks"),
        n_("closed at"),
        n_("columns"),
        n_("conditions"),
        n_("confidence"),
        n_("confirmed at"),
        n_("confirmed by name"),
        n_("copied from"),
        n_("created at"),
        n_("currency settled"),
        n_("cutoff"),
        n_("data"),
        n_("decided at"),
        n_("discounts"),
        n_("end reason"),
        n_("engine name"),
        n_("engine version"),
        n_("entry"),
        n_("error"),
        n_("error code"),
        n_("error message"),
        n_("exchange rate"),
        n_("excluded count"),
        n_("explanation"),
        n_("file"),
        n_("flagged count"),
        n_("flags"),
        n_("generated at"),
        n_("header"),
        n_("heartbeat at"),
        n_("id"),
        n_("ignored count"),
        n_("invited by name"),
        n_("ip address"),
        n_("job"),
        n_("line"),
        n_("line count"),
        n_("line key"),
        n_("link"),
        n_("match method"),
        n_("match score"),
        n_("matched at"),
        n_("matched by name"),
        n_("matched count"),
        n_("max quantity"),
        n_("merged into"),
        n_("min quantity"),
        n_("missing pages"),
        n_("more files"),
        n_("name key"),
        n_("occurred at"),
        n_("offer"),
        n_("offer line"),
        n_("options"),
        n_("order"),
        n_("order line"),
        n_("page"),
        n_("page count"),
        n_("parent"),
        n_("part"),
        n_("party"),
        n_("polls"),
        n_("position"),
        n_("previous"),
        n_("price factor settled"),
        n_("product"),
        n_("progress done"),
        n_("progress total"),
        n_("proposal"),
        n_("raw fields"),
        n_("raw text"),
        n_("ready at"),
        n_("reason"),
        n_("receipt"),
        n_("received at"),
        n_("refund"),
        n_("request id"),
        n_("row"),
        n_("sale"),
        n_("samples"),
        n_("settled at"),
        n_("source id"),
        n_("source kind"),
        n_("source purpose"),
        n_("state changed at"),
        n_("status changed at"),
        n_("stock"),
        n_("submitted at"),
        n_("summary"),
        n_("superseded by"),
        n_("supplier"),
        n_("target id"),
        n_("target kind"),
        n_("tax class"),
        n_("title"),
        n_("transfer"),
        n_("unit"),
        n_("unmatched count"),
        n_("unsure count"),
        n_("updated at"),
        n_("uploaded by name"),
        n_("user"),
        n_("warnings"),
    }
)


def _default_name(field: Field) -> str | None:  # type: ignore[type-arg]
    return field.verbose_name if isinstance(field.verbose_name, str) else None


def translate_field_names() -> None:
    """Let each of our fields without a name of its own be named in the reader's language."""
    for config in apps.get_app_configs():
        for model in config.get_models():
            for field in model._meta.get_fields():  # noqa: SLF001
                if isinstance(field, Field) and _default_name(field) in FIELD_WORDS:
                    field.verbose_name = gettext_lazy(str(field.verbose_name))
