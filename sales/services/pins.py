"""PINs: who stands at a till that somebody has signed in. A PIN alone signs in nowhere.

A right PIN answers a signed proof for this one till. It is honoured beside the machine's own sign-in only, for two
hours; for a sale that the till made during an outage (nobody can give a PIN then) for twelve, counted to the moment
of the sale. Another PIN, or a closed account, ends it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor, person
from core.audit import record_security
from core.errors import FieldError, InvalidInput, NotFound
from core.transactions import lock_rows
from sales.errors import PinLocked, PinRefused, SellerProofRefused
from sales.models import Till, TillPin
from users.selectors import list_users
from users.services import check_password_of

__all__ = ["SellerProof", "identify_seller", "read_proof", "reset_pin", "set_pin"]

MAX_FAILED = 5
LOCKED_FOR = timedelta(minutes=15)
LIFETIME, OUTAGE_LIFETIME = timedelta(hours=2), timedelta(hours=12)
_CLOCKS_DIFFER = timedelta(minutes=5)
_SALT = "sales.seller"
_LENGTHS = range(4, 9)


@dataclass(frozen=True)
class SellerProof:
    """``token`` says that ``user_id`` gave their PIN at ``till_id``."""

    token: str
    user_id: int
    name: str
    till_id: int
    expires_at: datetime


def set_pin(*, user_id: int, password: str, pin: str) -> None:
    """Set one's own PIN, proven by one's password. Raises InvalidInput."""
    errors = []
    if not pin.isascii() or not pin.isdigit() or len(pin) not in _LENGTHS:
        errors.append(FieldError("pin", "invalid", _("A PIN has four to eight digits.")))
    elif _is_easy(pin):
        errors.append(FieldError("pin", "easy", _("Choose digits that are not all the same or in a row.")))
    user = list_users().filter(pk=user_id).first()
    if user is None or check_password_of(email=user.email, password=password) is None:
        errors.append(FieldError("password", "wrong", _("This is not your password.")))
    if errors or user is None:
        raise InvalidInput(errors=errors)
    with transaction.atomic():
        TillPin.objects.update_or_create(
            user_id=user_id,
            defaults={
                "pin_hash": make_password(pin),
                "set_at": timezone.now(),
                "failed_count": 0,
                "locked_until": None,
            },
        )
        record_security(action="pin_set", actor=person(user))


def _is_easy(pin: str) -> bool:
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return steps in ({0}, {1}, {-1})


def reset_pin(*, user_id: int, actor: Actor) -> None:
    """Take a PIN away: its owner sets another. Every proof by it ends. Raises NotFound."""
    with transaction.atomic():
        deleted, _rows = TillPin.objects.filter(user_id=user_id).delete()
        if not deleted:
            raise NotFound
        record_security(action="pin_reset", actor=actor, data={"user": user_id})


def identify_seller(*, till_id: int, user_id: int, pin: str) -> SellerProof:
    """Who sells now. A wrong PIN counts even though it is refused; five in a row lock it for a quarter of an hour.

    Raises InvalidInput (no such till), PinRefused, PinLocked. Takes as long for somebody without a PIN.
    """
    if not Till.objects.filter(pk=till_id, is_active=True).exists():
        raise InvalidInput(errors=[FieldError("till", "not_found", _("There is no such till."))])
    with transaction.atomic():
        row = lock_rows(TillPin.objects.select_related("user").filter(user_id=user_id)).first()
        if row is None:
            make_password(pin)
            raise PinRefused
        _refuse_locked(row)
        right = check_password(pin, row.pin_hash) and row.user.is_active
        _remember(row, right=right)
    if not right:
        raise PinRefused
    return _prove(row, till_id)


def _refuse_locked(row: TillPin) -> None:
    now = timezone.now()
    if row.locked_until is not None and row.locked_until > now:
        raise PinLocked(retry_after=int((row.locked_until - now).total_seconds()) + 1)


def _remember(row: TillPin, *, right: bool) -> None:
    actor = person(row.user)
    row.failed_count = 0 if right else row.failed_count + 1
    row.locked_until = None
    if row.failed_count >= MAX_FAILED:
        row.failed_count, row.locked_until = 0, timezone.now() + LOCKED_FOR
        record_security(action="pin_locked", actor=actor)
    elif not right:
        record_security(action="pin_refused", actor=actor)
    row.save(update_fields=["failed_count", "locked_until"])


def _prove(row: TillPin, till_id: int) -> SellerProof:
    now = timezone.now()
    body = {"till": till_id, "user": row.user_id, "pin": row.set_at.timestamp(), "at": now.timestamp()}
    return SellerProof(
        token=signing.dumps(body, salt=_SALT, compress=True),
        user_id=row.user_id,
        name=row.user.name,
        till_id=till_id,
        expires_at=now + LIFETIME,
    )


def read_proof(*, token: str, sold_at: datetime | None = None) -> tuple[int, int]:
    """(till, user) of a proof that is good now, or was when a till sold at ``sold_at`` without a line to us.

    Raises SellerProofRefused.
    """
    try:
        body = signing.loads(token, salt=_SALT)
        till_id, user_id = int(body["till"]), int(body["user"])
        proven_at = datetime.fromtimestamp(body["at"], tz=timezone.get_default_timezone())
    except (signing.BadSignature, KeyError, TypeError, ValueError, OverflowError):
        raise SellerProofRefused from None
    moment, lifetime = (timezone.now(), LIFETIME) if sold_at is None else (sold_at, OUTAGE_LIFETIME)
    row = TillPin.objects.filter(user_id=user_id, user__is_active=True).first()
    if (
        row is None
        or row.set_at.timestamp() != body.get("pin")
        or not proven_at - _CLOCKS_DIFFER <= moment <= proven_at + lifetime
    ):
        raise SellerProofRefused
    return till_id, user_id
