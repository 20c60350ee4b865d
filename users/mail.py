"""What people's accounts send by mail, and the signed links in it."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.mail import send_mail
from django.utils import translation
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from users.models import Invitation, User
from users.selectors import get_organization, local_moment

_SALT = "users.invitation"


def invitation_token(invitation: Invitation) -> str:
    return signing.dumps(str(invitation.nonce), salt=_SALT)


def invitation_link(invitation: Invitation) -> str:
    return f"{settings.PUBLIC_URL}/accept-invitation/?token={invitation_token(invitation)}"


def read_invitation_token(token: str) -> UUID | None:
    """The nonce that a token carries; None when it was not made here."""
    try:
        return UUID(signing.loads(token, salt=_SALT))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None


def reset_link_parts(user: User) -> tuple[str, str]:
    """(uid, token) of a reset link: good once, for PASSWORD_RESET_TIMEOUT seconds."""
    return urlsafe_base64_encode(str(user.pk).encode()), default_token_generator.make_token(user)


def mail_invitation(invitation: Invitation) -> None:
    user, organization = invitation.user, get_organization()
    with translation.override(user.language or organization.language):
        body = _(
            "Hello %(person)s,\n\nset your password here to begin:\n%(link)s\n\n"
            "The link works once, until %(until)s."
        ) % {
            "person": user.name,
            "link": invitation_link(invitation),
            "until": f"{local_moment(invitation.expires_at):%Y-%m-%d %H:%M}",
        }
        _send(user, _("You are invited to %(name)s") % {"name": organization.name}, body)


def mail_password_reset(user: User) -> None:
    uid, token = reset_link_parts(user)
    with translation.override(user.language or get_organization().language):
        body = _("Set a new password here:\n%(link)s\n\nIf you did not ask for it, ignore this message.") % {
            "link": f"{settings.PUBLIC_URL}/reset-password/?uid={uid}&token={token}"
        }
        _send(user, _("Set a new password"), body)


def _send(user: User, subject: str, body: str) -> None:
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email])
