"""Reads of people and organisation."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.utils import timezone

from core.prepared import run_prepared
from users.models import ApiKey, Invitation, Organization, SignInSession, User
from users.models.organization import SINGLETON_PK

__all__ = [
    "find_user",
    "get_organization",
    "list_api_keys",
    "list_invitations",
    "list_sessions",
    "list_users",
    "local_date",
    "local_moment",
    "local_today",
    "one_organization",
    "organization_timezone",
]


_reading_once: ContextVar[list[Organization] | None] = ContextVar("organization_read_once", default=None)


@contextmanager
def one_organization() -> Iterator[None]:
    """Inside the block the organisation is read once: a document is judged by one set of policies, start to finish.

    For verbs that ask on every step (a sale asked eleven times). The block must not change the organisation.
    """
    if _reading_once.get() is not None:
        yield
        return
    token = _reading_once.set([])
    try:
        yield
    finally:
        _reading_once.reset(token)


def get_organization() -> Organization:
    """The organisation, always: its row is made with its defaults on first sight."""
    known = _reading_once.get()
    if known is None:
        return _read_organization()
    if not known:
        known.append(_read_organization())
    return known[0]


def _read_organization() -> Organization:
    """By a statement made once: to build it anew takes the ORM six times as long, and everything asks."""
    sql, names = _reading()
    for row in run_prepared(sql, [SINGLETON_PK]):
        return Organization.from_db(DEFAULT_DB_ALIAS, names, row)
    created, _ = Organization.objects.get_or_create(pk=SINGLETON_PK)
    return created


@cache
def _reading() -> tuple[str, list[str]]:
    """SQL of the organisation's row, and the names of its columns in that order."""
    fields = Organization._meta.concrete_fields  # noqa: SLF001 - documented
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return f"SELECT {columns} FROM {Organization._meta.db_table} WHERE id = %s::bigint", [  # noqa: S608, SLF001 - our own names
        field.attname for field in fields
    ]


def organization_timezone() -> ZoneInfo:
    return ZoneInfo(get_organization().timezone)


def local_today() -> date:
    """Today where the pharmacy is: the date that expiry, business dates and offers are judged by."""
    return local_date(timezone.now())


def local_moment(moment: datetime) -> datetime:
    """An aware moment by the pharmacy's clock."""
    return moment.astimezone(organization_timezone())


def local_date(moment: datetime) -> date:
    """The pharmacy's calendar date of an aware moment."""
    return local_moment(moment).date()


def find_user(*, email: str) -> User | None:
    return User.objects.filter(email=email.strip().lower()).first()


def list_users() -> QuerySet[User]:
    return User.objects.order_by("name", "pk")


def list_invitations() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("user").order_by("-created_at", "pk")


def list_sessions(*, user_id: int) -> QuerySet[SignInSession]:
    """The open sessions of one person, newest first."""
    return SignInSession.objects.filter(
        user_id=user_id, ended_at__isnull=True, expires_at__gt=timezone.now()
    ).order_by("-created_at", "pk")


def list_api_keys() -> QuerySet[ApiKey]:
    return ApiKey.objects.select_related("user").order_by("name", "pk")
