"""Actions on a list that need a word of explanation."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget


class ReasonActionForm(ActionForm):  # type: ignore[misc]  # unfold ships no types
    """The bar of actions, with a place to say why."""

    reason = forms.CharField(
        required=False, max_length=500, label=_("Reason"), widget=UnfoldAdminTextInputWidget()
    )
