"""The sheet on which a manual entry is written."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capital.models import Account, ManualEntry, Party
from capital.services.manual import DOCUMENT_ROLES, entry_lines
from capital.types import EntryLine
from users.selectors import local_today

__all__ = ["EntryForm", "LineFormSet", "line_forms"]

_EMPTY_ROWS = 6
_MAX_LINES = 500
_NAMES_OFFERED = 2000
_ZERO = Decimal(0)


class EntryForm(forms.Form):
    business_date = forms.DateField(
        label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    memo = forms.CharField(max_length=500, label=gettext_lazy("Memo"))
    voucher = forms.FileField(required=False, label=gettext_lazy("Voucher"))

    def __init__(self, *args: Any, entry: ManualEntry | None = None, **kwargs: Any) -> None:
        initial = {"business_date": local_today()}
        if entry is not None:
            initial = {"business_date": entry.business_date, "memo": entry.memo}
        super().__init__(*args, initial=initial, **kwargs)


class LineForm(forms.Form):
    """A row; empty rows are left out. The account holder is typed by name."""

    account = forms.ModelChoiceField(Account.objects.none(), required=False, label=gettext_lazy("Account"))
    party = forms.CharField(required=False, max_length=200, label=gettext_lazy("Account holder"))
    debit = forms.DecimalField(
        required=False, min_value=0, max_digits=16, decimal_places=4, label=gettext_lazy("Debit")
    )
    credit = forms.DecimalField(
        required=False, min_value=0, max_digits=16, decimal_places=4, label=gettext_lazy("Credit")
    )
    currency = forms.RegexField(r"^[A-Za-z]{3}$", required=False, label=gettext_lazy("Currency"))
    foreign_amount = forms.DecimalField(
        required=False, min_value=0, max_digits=16, decimal_places=4, label=gettext_lazy("Foreign amount")
    )
    rate = forms.DecimalField(
        required=False, min_value=0, max_digits=20, decimal_places=8, label=gettext_lazy("Rate")
    )
    memo = forms.CharField(required=False, max_length=200, label=gettext_lazy("Memo"))

    def clean_party(self) -> int | None:
        """The account holder of that name; nobody, or several, is an error."""
        name = self.cleaned_data["party"].strip()
        if not name:
            return None
        found = list(Party.objects.filter(name=name, merged_into=None).values_list("pk", flat=True)[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                _("There is no such account holder.") if not found else _("Several have this name.")
            )
        return int(found[0])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.has_changed() and not given.get("account") and "account" not in self.errors:
            self.add_error("account", _("Which account is it?"))
        return given

    def entry_line(self) -> EntryLine:
        given = self.cleaned_data
        return EntryLine(
            account=given["account"].pk,
            party_id=given["party"],
            debit=given["debit"] or _ZERO,
            credit=given["credit"] or _ZERO,
            currency=given["currency"].upper() or None,
            foreign_amount=given["foreign_amount"],
            rate=given["rate"],
            memo=given["memo"],
        )


class LineFormSet(forms.BaseFormSet):  # type: ignore[type-arg]  # not subscriptable at run time
    """The accounts are read once for all rows, without those that only documents move."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = Account.objects.filter(is_active=True).exclude(role__in=DOCUMENT_ROLES).order_by("code")
        choices = [("", "–"), *((account.pk, str(account)) for account in accounts)]
        for form in self.forms:
            form.fields["account"].queryset = accounts  # type: ignore[attr-defined]
            form.fields["account"].choices = choices  # type: ignore[attr-defined]

    def entry_lines(self) -> list[EntryLine]:
        return [form.entry_line() for form in self.forms if form.has_changed() or form.initial]

    def party_names(self) -> list[str]:
        """Offered while typing."""
        return list(Party.objects.filter(merged_into=None).values_list("name", flat=True)[:_NAMES_OFFERED])


_LineForms = forms.formset_factory(
    LineForm, formset=LineFormSet, extra=_EMPTY_ROWS, max_num=_MAX_LINES, absolute_max=_MAX_LINES
)


def line_forms(data: Any, *, entry: ManualEntry | None) -> LineFormSet:
    """The rows of a draft, and some empty ones."""
    initial: list[dict[str, Any]] = []
    if entry is not None:
        names = dict(Party.objects.filter(pk__in=entry.lines.values("party_id")).values_list("pk", "name"))
        initial = [
            {
                "account": line.account,
                "party": names.get(line.party_id, ""),
                "debit": line.debit or None,
                "credit": line.credit or None,
                "currency": line.currency or "",
                "foreign_amount": line.foreign_amount,
                "rate": line.rate,
                "memo": line.memo,
            }
            for line in entry_lines(entry)
        ]
    made: LineFormSet = _LineForms(data, initial=initial, prefix="lines")
    return made
