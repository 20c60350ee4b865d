"""The pages behind the links in our mail: set a password by invitation, ask for a new one, set it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget

from core.errors import DomainError
from users.services import accept_invitation, confirm_password_reset, request_password_reset

_NEW = {"autocomplete": "new-password"}


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"), strip=False, max_length=256, widget=UnfoldAdminPasswordWidget(attrs=_NEW)
    )
    again = forms.CharField(
        label=_("New password once more"),
        strip=False,
        max_length=256,
        widget=UnfoldAdminPasswordWidget(attrs=_NEW),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") != cleaned.get("again"):
            self.add_error("again", _("The two are not the same."))
        return cleaned


class ForgotPasswordForm(forms.Form):
    email = forms.CharField(label=_("E-mail"), max_length=254, widget=UnfoldAdminEmailInputWidget)


class AccountPage(FormView):
    """A form that calls one service; a fact that stops it is shown above the form."""

    template_name = "users/account_page.html"
    title: str | Promise = ""
    button: str | Promise = ""
    thanks: str | Promise = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = admin.site.each_context(self.request)
        page = {"title": self.title, "button": self.button, "sign_in_url": reverse("admin:login")}
        return {**frame, **super().get_context_data(**kwargs), **page}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            self.perform(form.cleaned_data)
        except DomainError as error:
            for problem in error.errors:
                form.add_error("password" if "password" in form.fields else None, str(problem.detail))
            if not error.errors:
                form.add_error(None, str(error))
            return self.form_invalid(form)
        return self.render_to_response(self.get_context_data(form=form, done=self.thanks))

    def perform(self, given: dict[str, Any]) -> None:
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The address holds a secret: keep it out of caches and of other sites' logs."""
        response = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response


class AcceptInvitationPage(AccountPage):
    form_class = NewPasswordForm
    title = _("Welcome")
    button = _("Set password")
    thanks = _("Your account is open.")

    def perform(self, given: dict[str, Any]) -> None:
        accept_invitation(token=self.request.GET.get("token", ""), password=given["password"])


class ForgotPasswordPage(AccountPage):
    form_class = ForgotPasswordForm
    title = _("Forgotten your password?")
    button = _("Send me a link")
    thanks = _("If there is an account with this address, a link is on its way.")

    def perform(self, given: dict[str, Any]) -> None:
        request_password_reset(email=given["email"])


class ResetPasswordPage(AccountPage):
    form_class = NewPasswordForm
    title = _("Set a new password")
    button = _("Set password")
    thanks = _("Your password is changed.")

    def perform(self, given: dict[str, Any]) -> None:
        query = self.request.GET
        confirm_password_reset(
            uid=query.get("uid", ""), token=query.get("token", ""), password=given["password"]
        )


urlpatterns = [
    path("accept-invitation/", AcceptInvitationPage.as_view(), name="accept-invitation"),
    # The name is what the sign-in page looks for to show its "Forgotten your password?".
    path("forgot-password/", ForgotPasswordPage.as_view(), name="admin_password_reset"),
    path("reset-password/", ResetPasswordPage.as_view(), name="reset-password"),
]
