"""Days as reports of the workbench ask for them: within what calendars and sums can hold, the first before the last."""

from datetime import date
from typing import Any, Self

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

__all__ = ["DayField", "SpanForm"]

_FIRST, _LAST = date(1900, 1, 1), date(2999, 12, 31)


class DayField(forms.DateField):
    """A day to look at. Somebody who types a year by hand types a year that never was, too."""

    default_validators = [MinValueValidator(_FIRST), MaxValueValidator(_LAST)]

    def __init__(self, *, label: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "class": "wb-input"}, format="%Y-%m-%d")
        super().__init__(required=False, label=label, widget=widget)


class SpanForm(forms.Form):
    """From a day until another one; with neither, what the report takes for usual."""

    since = DayField(label=pgettext_lazy("date", "From"))
    until = DayField(label=pgettext_lazy("date", "To"))

    @classmethod
    def asked(cls, request: HttpRequest, **usual: Any) -> Self:
        """What the address says, else the ``usual``."""
        return cls(usual | {name: value for name, value in request.GET.items() if value})

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            raise forms.ValidationError(_("The first day comes before the last."))
        return given

    def days(self) -> tuple[date | None, date | None]:
        """Both days; None for one that was not given, and for both where they make no sense."""
        given = self.cleaned_data if self.is_valid() else {}
        return given.get("since"), given.get("until")
