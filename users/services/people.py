"""People: invite, accept, change, deactivate."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.audit import record_audit, record_security
from core.errors import FieldError
from core.tasks import enqueue_after_commit
from core.transactions import advisory_lock, lock_rows
from users.enums import SessionEnd, UserStatus
from users.errors import EmailTaken, LinkRefused, UserNotInvited
from users.mail import read_invitation_token
from users.models import Invitation, User
from users.models.user import normalise_email
from users.services.passwords import require_good_password
from users.services.sessions import end_sessions_of
from users.tasks import send_invitation

__all__ = [
    "accept_invitation",
    "change_user",
    "create_user",
    "deactivate_user",
    "invite_user",
    "reactivate_user",
    "resend_invitation",
    "withdraw_invitation",
]

INVITATION_DAYS = 7


def create_user(*, email: str, name: str, password: str | None, actor: Actor, **fields: Any) -> User:
    """A person who can sign in at once: for set-up commands; people are otherwise invited. Raises EmailTaken."""
    with transaction.atomic():
        _refuse_taken(email)
        user = User.objects.create_user(email, password, name=name, **fields)
        record_audit(
            action="users.create_user",
            actor=actor,
            target_kind="user",
            target_id=user.pk,
            data={"email": user.email},
        )
    return user


def _refuse_taken(email: str) -> None:
    address = normalise_email(email)
    advisory_lock("users.email", address)
    if User.objects.filter(email=address).exists():
        raise EmailTaken(errors=[FieldError("email", "taken", EmailTaken.title)])


def invite_user(*, email: str, name: str, actor: Actor, language: str = "") -> Invitation:
    """Make the person, unable to sign in, and mail the link that lets them set a password. Raises EmailTaken."""
    with transaction.atomic():
        _refuse_taken(email)
        user = User.objects.create_user(email, None, name=name, language=language, is_active=False)
        invitation = _open_invitation(user, actor)
        record_audit(
            action="users.invite_user",
            actor=actor,
            target_kind="user",
            target_id=user.pk,
            data={"email": user.email},
        )
    return invitation


def _open_invitation(user: User, actor: Actor) -> Invitation:
    invitation = Invitation.objects.create(
        user=user,
        invited_by_id=actor.id,
        invited_by_name=actor.name[:150],
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    enqueue_after_commit(send_invitation, invitation.pk)
    return invitation


def _lock_invitation(invitation_id: int) -> Invitation:
    """The invitation, locked with its person; raises UserNotInvited when it is open no more."""
    invitation = lock_rows(Invitation.objects.filter(pk=invitation_id)).get()
    user = lock_rows(User.objects.filter(pk=invitation.user_id)).get()
    if invitation.accepted_at or invitation.withdrawn_at or user.status != UserStatus.INVITED:
        raise UserNotInvited
    invitation.user = user
    return invitation


def resend_invitation(*, invitation_id: int, actor: Actor) -> Invitation:
    """Withdraw the old link and mail a new one. Raises UserNotInvited."""
    with transaction.atomic():
        old = _lock_invitation(invitation_id)
        old.withdrawn_at = timezone.now()
        old.save(update_fields=["withdrawn_at", "updated_at"])
        invitation = _open_invitation(old.user, actor)
        record_audit(action="users.resend_invitation", actor=actor, target_kind="user", target_id=old.user_id)
    return invitation


def withdraw_invitation(*, invitation_id: int, actor: Actor) -> None:
    """The link stops working and the person counts as deactivated. Raises UserNotInvited."""
    with transaction.atomic():
        invitation = _lock_invitation(invitation_id)
        now = timezone.now()
        invitation.withdrawn_at = now
        invitation.save(update_fields=["withdrawn_at", "updated_at"])
        User.objects.filter(pk=invitation.user_id).update(deactivated_at=now, updated_at=now)
        record_audit(
            action="users.withdraw_invitation", actor=actor, target_kind="user", target_id=invitation.user_id
        )


def accept_invitation(*, token: str, password: str, name: str = "") -> User:
    """Set the password and open the account; the link works once. Raises LinkRefused, PasswordRefused."""
    nonce = read_invitation_token(token)
    found = Invitation.objects.filter(nonce=nonce).values_list("pk", flat=True).first() if nonce else None
    if found is None:
        raise LinkRefused
    with transaction.atomic():
        try:
            invitation = _lock_invitation(found)
        except UserNotInvited:
            raise LinkRefused from None
        now = timezone.now()
        if invitation.expires_at <= now:
            raise LinkRefused
        user = invitation.user
        user.name = name or user.name
        require_good_password(password=password, user=user)
        user.set_password(password)
        user.is_active = True
        user.save(update_fields=["name", "password", "is_active", "updated_at"])
        invitation.accepted_at = now
        invitation.save(update_fields=["accepted_at", "updated_at"])
        record_security(action="invitation_accepted", actor=Actor(user.pk, user.email))
    return user


def change_user(*, user_id: int, changes: Mapping[str, Any], actor: Actor) -> User:
    """Change name, phone, language or admission to the workbench. Raises `User.DoesNotExist`."""
    with transaction.atomic():
        user = lock_rows(User.objects.filter(pk=user_id)).get()
        changed = {name: value for name, value in changes.items() if getattr(user, name) != value}
        if changed:
            for name, value in changed.items():
                setattr(user, name, value)
            user.save(update_fields=[*changed, "updated_at"])
            record_audit(
                action="users.change_user", actor=actor, target_kind="user", target_id=user_id, data=changed
            )
    return user


def deactivate_user(*, user_id: int, actor: Actor) -> User:
    """Close an account: sessions and keys stop at once. Doing it twice changes nothing.

    Whether an owner remains is the question of `rbac.services.deactivate_user`; call that one.
    """
    with transaction.atomic():
        user = lock_rows(User.objects.filter(pk=user_id)).get()
        if user.status == UserStatus.DEACTIVATED:
            return user
        now = timezone.now()
        user.is_active, user.deactivated_at = False, now
        user.save(update_fields=["is_active", "deactivated_at", "updated_at"])
        Invitation.objects.filter(
            user_id=user_id, accepted_at__isnull=True, withdrawn_at__isnull=True
        ).update(withdrawn_at=now)
        end_sessions_of(user_id=user_id, reason=SessionEnd.DEACTIVATED)
        record_audit(action="users.deactivate_user", actor=actor, target_kind="user", target_id=user_id)
    return user


def reactivate_user(*, user_id: int, actor: Actor) -> User:
    """Open a closed account again; somebody who never accepted gets a new invitation."""
    with transaction.atomic():
        user = lock_rows(User.objects.filter(pk=user_id)).get()
        if user.status != UserStatus.DEACTIVATED:
            return user
        user.deactivated_at = None
        user.is_active = user.has_usable_password()
        user.save(update_fields=["is_active", "deactivated_at", "updated_at"])
        if not user.is_active:
            _open_invitation(user, actor)
        record_audit(action="users.reactivate_user", actor=actor, target_kind="user", target_id=user_id)
    return user
