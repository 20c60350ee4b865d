"""Facts that the services of this app raise; the API answers them as problem+json."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput, PermissionRefused


class SignInFailed(DomainError):
    status = 401
    code = "sign_in_failed"
    title = _("The e-mail or the password is not right.")


class SecondFactorRequired(DomainError):
    status = 401
    code = "otp_required"
    title = _("Send the code of your authenticator app as `otp`.")


class SignInLocked(DomainError):
    status = 429
    code = "sign_in_locked"
    title = _("Too many attempts. Wait before the next one.")


class TokenRefused(DomainError):
    status = 401
    code = "token_not_valid"
    title = _("The token is not valid, has been used or has been revoked.")


class LinkRefused(InvalidInput):
    code = "link_not_valid"
    title = _("The link is not valid or has expired.")


class PasswordRefused(InvalidInput):
    code = "password_refused"
    title = _("The password cannot be used.")


class EmailTaken(DomainError):
    code = "email_taken"
    title = _("Someone with this e-mail exists.")


class UserNotInvited(DomainError):
    code = "user_not_invited"
    title = _("This person has accepted already or was deactivated.")


class SelfRefused(PermissionRefused):
    code = "not_on_yourself"
    title = _("You cannot do this to your own account.")


class CurrencyFixed(DomainError):
    code = "currency_fixed"
    title = _("The currency is fixed: the books hold entries.")
