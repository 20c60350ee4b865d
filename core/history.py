"""Field history by trigger: who changed which field from what to what, however it was written.

The database writes the history itself (django-pghistory, one trigger a statement), so bulk writes and raw SQL are seen.
Who did it travels as a setting of the transaction, put in front of each statement that writes a tracked table. That
needs client-side parameter binding. History rows are append-only; secrets are named in ``exclude`` and never stored.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any, TypeVar

import pghistory
import pgtrigger
import structlog
from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from pghistory.trigger import Event

from core.actors import SYSTEM, Actor
from core.triggers import append_only

__all__ = ["attach_writer", "event_models", "is_tracked_write", "track_history", "written_by"]

M = TypeVar("M", bound=type[models.Model])

#: Bookkeeping of the row itself, no news to anybody.
_NOISE = ("created_at", "updated_at")

_writer: ContextVar[Callable[[], Actor]] = ContextVar("history_writer", default=lambda: SYSTEM)


class _ChangedRows(Event):
    """Rows before and after meet by FULL JOIN, which no plan does row against row.

    PostgreSQL plans a trigger's statement once a connection, for as many rows as the first update had. After one of a
    single row a plain join compared each row with each other one: 48 s for 20,000. Keys never change, so none is alone.
    """

    def get_func_template_kwargs(self, model: Any) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_func_template_kwargs(model)
        return kwargs | {"cond_new_values": kwargs["cond_new_values"].replace(" JOIN ", " FULL JOIN ", 1)}


class _UpdateEvent(pghistory.UpdateEvent):
    def add_event_trigger(self, event_model: Any) -> None:
        trigger = _ChangedRows(  # type: ignore[no-untyped-call]
            event_model=event_model,
            label=self.label,
            name=self.trigger_name,
            row=self.row,
            operation=self.operation,
            condition=self.condition,
            level=self.level,
        )
        pgtrigger.register(trigger)(event_model.pgh_tracked_model)


def track_history(*, part_of: str = "", exclude: Sequence[str] = ()) -> Callable[[M], M]:
    """Decorate a model: each insert, update and delete of a row leaves a row of its history.

    ``part_of`` names the foreign key to the row whose history this is shown in. ``exclude``: secrets, keys made of
    other fields, counters. Never on ledgers, balances or staging tables: they are their own history, or none.
    """

    def wrap(model: M) -> M:
        meta = model._meta  # noqa: SLF001 - documented model API
        names = {field.name for field in meta.fields}
        if unknown := set(exclude) - names:
            raise ValueError(f"{model.__name__} has no fields {sorted(unknown)}")
        name = str(meta.model_name)
        looked_up = [str(meta.pk.name), *([part_of] if part_of else [])]
        return pghistory.track(  # type: ignore[no-any-return]
            pghistory.InsertEvent(),
            _UpdateEvent(),
            pghistory.DeleteEvent(),
            exclude=[*exclude, *(field for field in _NOISE if field in names)],
            obj_field=None,
            context_field=pghistory.ContextJSONField(),
            context_id_field=None,  # type: ignore[arg-type]  # documented: without it
            level=pghistory.Statement,
            attrs={"history_part_of": part_of},
            meta={
                "triggers": append_only(f"{name}_history"),
                "indexes": [
                    models.Index(fields=[field], name=f"{name}_past_{field}"[:30]) for field in looked_up
                ],
            },
        )(model)

    return wrap


@cache
def event_models() -> tuple[type[models.Model], ...]:
    """Every history table."""
    return tuple(model for model in apps.get_models() if getattr(model, "pgh_tracked_model", None))


@contextmanager
def written_by(writer: Actor | Callable[[], Actor]) -> Iterator[None]:
    """What is written inside the block is ``writer``'s doing. A callable is asked at each write."""
    token = _writer.set(writer if callable(writer) else lambda: writer)
    try:
        yield
    finally:
        _writer.reset(token)


@cache
def _writes_tracked() -> re.Pattern[str]:
    tracked = [model.pgh_tracked_model for model in event_models()]  # type: ignore[attr-defined]
    tables = "|".join(sorted(re.escape(model._meta.db_table) for model in tracked))  # noqa: SLF001 - documented
    return re.compile(
        rf'\b(?:insert\s+into|update|delete\s+from|merge\s+into)\s+(?:only\s+)?(?:public\.)?"?(?:{tables})\b',
        re.IGNORECASE,
    )


@lru_cache(maxsize=2048)
def is_tracked_write(sql: str) -> bool:
    """Whether ``sql`` writes a table with field history."""
    return sql[:6].upper() != "SELECT" and _writes_tracked().search(sql) is not None


def _metadata() -> str:
    actor = _writer.get()()
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]
    return json.dumps(
        {
            "actor_id": actor.id,
            "actor_name": actor.name,
            "actor_kind": actor.kind,
            "request_id": request_id,
        }
    )


def _say_who(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001 - Django's signature
    """Django's execute wrapper: the writer goes ahead of a statement that writes a tracked table."""
    if not isinstance(sql, str) or not is_tracked_write(sql):
        return execute(sql, params, many, context)
    literal = _metadata().replace("'", "''")
    setting = f"SELECT set_config('pghistory.context_metadata', '{literal}', true)"
    if many:
        with context["connection"].cursor() as cursor:
            cursor.execute(setting)
        return execute(sql, params, many, context)
    if params is not None:
        setting = setting.replace("%", "%%")
    result = execute(f"{setting}; {sql}", params, many, context)
    while result is not None and result.nextset():
        pass
    return result


def attach_writer(*, connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """For ``connection_created``: every connection of every process says who writes."""
    if _say_who not in connection.execute_wrappers:
        connection.execute_wrappers.append(_say_who)
