"""Signing in to the workbench, second factor included."""

from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from core.errors import DomainError
from users.models import User
from users.models.user import normalise_email
from users.services import check_second_factor


class SignInForm(AuthenticationForm):
    """E-mail, password and, where set up, the code of the authenticator app."""

    otp = forms.CharField(
        label=_("Code of your authenticator app"),
        required=False,
        max_length=10,
        widget=UnfoldAdminTextInputWidget(
            attrs={"form": "login-form", "inputmode": "numeric", "autocomplete": "one-time-code"}
        ),
    )
    asks_for_code = False

    def clean_username(self) -> str:
        return normalise_email(self.cleaned_data["username"])

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        """Also ask for the second factor, so that the workbench is no way around it."""
        super().confirm_login_allowed(user)
        if not isinstance(user, User):
            return
        code: Any = self.cleaned_data.get("otp") or self.data.get("otp", "")
        try:
            check_second_factor(user=user, code=str(code)[:10])
        except DomainError as error:
            self.asks_for_code = True
            raise ValidationError(str(error), code=error.code) from None
