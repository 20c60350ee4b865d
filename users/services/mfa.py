"""The second factor: a code from an authenticator app (TOTP)."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.actors import Actor
from core.audit import record_security
from core.errors import FieldError, InvalidInput
from core.transactions import lock_rows
from users.errors import SecondFactorRequired, SignInFailed
from users.models import User

__all__ = [
    "MfaSetup",
    "begin_mfa_setup",
    "check_second_factor",
    "confirm_mfa_setup",
    "disable_mfa",
    "has_mfa",
]


@dataclass(frozen=True)
class MfaSetup:
    """What an authenticator app needs: the address behind a QR code."""

    otpauth_url: str


def has_mfa(*, user_id: int) -> bool:
    return bool(TOTPDevice.objects.filter(user_id=user_id, confirmed=True).exists())


def begin_mfa_setup(*, user_id: int) -> MfaSetup:
    """A fresh secret, good once it is confirmed with a code. Raises InvalidInput when a factor is set up."""
    with transaction.atomic():
        user = lock_rows(User.objects.filter(pk=user_id)).get()
        if has_mfa(user_id=user_id):
            raise InvalidInput(_("A second factor is set up. Disable it first."))
        TOTPDevice.objects.filter(user=user, confirmed=False).delete()
        device = TOTPDevice.objects.create(user=user, name="app", confirmed=False)
    return MfaSetup(otpauth_url=device.config_url)


def confirm_mfa_setup(*, user_id: int, code: str) -> None:
    """From now on signing in asks for a code. Raises InvalidInput for a wrong one."""
    with transaction.atomic():
        user = lock_rows(User.objects.filter(pk=user_id)).get()
        device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
        if device is None or not device.verify_token(code):
            raise InvalidInput(errors=[FieldError("code", "wrong", _("This code is not right."))])
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        record_security(action="mfa_enabled", actor=Actor(user.pk, user.email))


def disable_mfa(*, user_id: int, password: str) -> None:
    """Raises InvalidInput for a wrong password."""
    with transaction.atomic():
        user = lock_rows(User.objects.filter(pk=user_id)).get()
        if not user.check_password(password):
            raise InvalidInput(errors=[FieldError("password", "wrong", _("This is not your password."))])
        TOTPDevice.objects.filter(user=user).delete()
        record_security(action="mfa_disabled", actor=Actor(user.pk, user.email))


def check_second_factor(*, user: User, code: str) -> None:
    """Raises SecondFactorRequired when a code is due, SignInFailed when it is wrong (a code is good once)."""
    device = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    if device is None:
        return
    if not code:
        raise SecondFactorRequired
    if not device.verify_token(code):
        raise SignInFailed
