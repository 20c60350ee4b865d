"""The form that opens a shift: what is counted in the drawer, and where the float of an empty one comes from."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from capital.enums import MONEY_ROLES, AccountRole
from capital.selectors import default_account, list_accounts
from rbac.selectors import holders_of
from sales.admin.amounts import whole_number
from sales.admin.rows import closed_tills
from sales.admin.sellers import SellerForm
from sales.models import Till, TillAccount
from sales.selectors import list_tills
from sales.services import CountData
from sales.services.counting import is_money_of
from sales.services.drawers import drawer_balance
from users.selectors import get_organization, list_users

__all__ = ["OpenShiftForm", "tills_to_open"]

#: In place of an account: the money lay in the drawer, nobody knows why.
_FOUND = "found"
ADD_TILL = "sales.add_till"


class OpenShiftForm(SellerForm):
    """Counts our own currency; foreign drawers open with what lies in them. An empty drawer says where its float is from."""

    till = forms.ModelChoiceField(Till.objects.none(), label=_("Till"))
    amount = forms.DecimalField(
        min_value=0, max_digits=20, decimal_places=4, label=_("Counted in the drawer")
    )
    float_from = forms.ChoiceField(
        required=False,
        label=_("The float comes from"),
        help_text=_(
            "For a drawer that was empty. What you add to any other is cash in, once the shift is open."
        ),
    )
    reason = forms.CharField(
        max_length=500,
        required=False,
        label=_("Reason"),
        help_text=_("Needed where the drawer does not hold what the last shift left."),
    )
    field_order = ["till", "amount", "float_from", "reason", "seller", "pin"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tills = closed_tills()
        self.fields["till"].queryset = tills  # type: ignore[attr-defined]
        self.fields["float_from"].choices = _sources()  # type: ignore[attr-defined]
        if len(tills) == 1:
            self.initial["till"] = tills[0].pk
        if not any(_held(till) for till in tills):
            self.initial["float_from"] = default_account(AccountRole.CASH).pk

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if (
            given.get("till")
            and given.get("amount")
            and not given.get("float_from")
            and not _held(given["till"])
        ):
            told = _now("By the books this drawer is empty: say where its float comes from.")
            self.add_error("float_from", told)
        return given

    def counts(self) -> list[CountData]:
        given, own = self.cleaned_data, get_organization().currency
        others = [row for row in given["till"].accounts.all() if row.currency != own]
        return [
            CountData(own, amount=given["amount"], float_from=whole_number(given["float_from"])),
            *(CountData(row.currency, amount=_balance(row)) for row in others),
        ]


def tills_to_open(request: HttpRequest) -> dict[str, Any]:
    """What the page says where there is nothing to open: who adds a till, or that each is open."""
    if closed_tills().exists():
        return {}
    may = request.user.has_perm(ADD_TILL)
    helpers = [] if may else [user.name for user in list_users().filter(pk__in=holders_of(code=ADD_TILL))]
    return {
        "none_to_open": True,
        "has_tills": list_tills().filter(is_active=True).exists(),
        "may_add_till": may,
        "helpers": helpers,
    }


def _sources() -> list[tuple[str, str]]:
    """Money in our own currency outside the tills; or no account at all."""
    own, drawers = get_organization().currency, TillAccount.objects.values("account")
    rows = list_accounts().filter(is_active=True, role__in=MONEY_ROLES).exclude(pk__in=drawers)
    named = [(str(row.pk), row.label) for row in rows if is_money_of(row, own)]
    return [
        ("", _now("It lay there since the last shift")),
        *named,
        (_FOUND, _now("It was found in the drawer")),
    ]


def _held(till: Till) -> Decimal:
    """What the books say lies in a till, of our own currency."""
    own = get_organization().currency
    return sum((_balance(row) for row in till.accounts.all() if row.currency == own), Decimal(0))


def _balance(row: TillAccount) -> Decimal:
    return drawer_balance(account_id=row.account_id, currency=row.currency)
