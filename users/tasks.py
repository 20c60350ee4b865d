"""Rows are the outbox: an invitation is due until its `sent_at` says otherwise."""

from datetime import timedelta
from smtplib import SMTPException

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from users.mail import mail_invitation, mail_password_reset
from users.models import Invitation, SignInSession, User

_SESSIONS_KEPT = timedelta(days=90)
_MAIL_TROUBLE = (SMTPException, OSError)


@shared_task(autoretry_for=_MAIL_TROUBLE, retry_backoff=5, max_retries=6)
def send_invitation(invitation_id: int) -> None:
    """Mail the link of an open invitation, once."""
    open_ones = Invitation.objects.filter(
        sent_at__isnull=True, accepted_at__isnull=True, withdrawn_at__isnull=True
    )
    invitation = open_ones.select_related("user").filter(pk=invitation_id).first()
    if invitation is not None:
        mail_invitation(invitation)
        Invitation.objects.filter(pk=invitation_id).update(sent_at=timezone.now())


@shared_task
def send_waiting_invitations() -> None:
    """The sweep: invitations whose message was lost on the way to the worker."""
    now = timezone.now()
    waiting = Invitation.objects.filter(
        sent_at__isnull=True,
        accepted_at__isnull=True,
        withdrawn_at__isnull=True,
        expires_at__gt=now,
        created_at__lt=now - timedelta(minutes=2),
    )
    for invitation_id in waiting.values_list("pk", flat=True)[:100]:
        send_invitation.delay(invitation_id)


@shared_task(autoretry_for=_MAIL_TROUBLE, retry_backoff=5, max_retries=3)
def send_password_reset(user_id: int) -> None:
    """Mail a reset link. 0 is nobody: asked for an address that no account has."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        mail_password_reset(user)


@shared_task
def forget_ended_sessions() -> None:
    """Nightly: sessions that ended or expired long ago. The security trail keeps who and when."""
    before = timezone.now() - _SESSIONS_KEPT
    SignInSession.objects.filter(Q(ended_at__lt=before) | Q(expires_at__lt=before)).delete()
