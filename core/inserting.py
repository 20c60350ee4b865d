"""A document and its lines written in one statement, however many tables and rows they are."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from operator import attrgetter
from typing import Any, TypeAlias

from django.db import DEFAULT_DB_ALIAS
from django.db.models import BinaryField, Field, JSONField, Model
from django.db.models.expressions import DatabaseDefault

from core.prepared import as_json, put_off
from core.transactions import require_transaction

__all__ = ["Rows", "insert_rows"]

AnyField: TypeAlias = "Field[Any, Any]"
Read: TypeAlias = Callable[[Model], Any]


@dataclass(frozen=True)
class Rows:
    """Rows that nobody needs as instances: by column, each with the same ones."""

    model: type[Model]
    values: Sequence[Mapping[str, Any]]


def insert_rows(*groups: Sequence[Model] | Rows) -> None:
    """Insert new instances or `Rows`, each group of one model, all groups in one statement. Empty groups are left out.

    Primary keys are those given (`core.numbering.number_and_ids`), else the table's own; nothing is read back. Foreign
    keys are checked when the transaction commits, so the order of groups does not matter. In a block of `one_message` they
    are sent with the next statement.
    """
    require_transaction()
    tables: list[tuple[type[Model], tuple[str, ...]]] = []
    texts: list[str] = []
    for group in groups:
        rows = group if isinstance(group, Rows) else _as_rows(group)
        if rows is not None and rows.values:
            tables.append((rows.model, tuple(rows.values[0])))
            texts.append(as_json(rows.values))
    if not tables:
        return
    put_off(_statement(tuple(tables)), texts)
    for group in groups:
        if not isinstance(group, Rows):
            for row in group:
                state = row._state  # noqa: SLF001 - documented
                state.adding, state.db = False, DEFAULT_DB_ALIAS


def _as_rows(instances: Sequence[Model]) -> Rows | None:
    if not instances:
        return None
    model = type(instances[0])
    reads = _reads(model, _written(instances[0]))
    return Rows(model, [{column: read(row) for column, read in reads} for row in instances])


def _written(row: Model) -> tuple[str, ...]:
    """The attributes that are stored; the others are left to the database: a key not taken yet, a default of its own."""
    every, optional = _attributes(type(row))
    left = [name for name in optional if isinstance(getattr(row, name), DatabaseDefault)]
    if row.pk is None:
        left.append(row._meta.pk.attname)  # noqa: SLF001 - documented
    return tuple(name for name in every if name not in left) if left else every


@cache
def _attributes(model: type[Model]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Every stored attribute, and those for which the database has a default."""
    fields = model._meta.concrete_fields  # noqa: SLF001 - documented
    return (
        tuple(field.attname for field in fields),
        tuple(field.attname for field in fields if field.has_db_default()),
    )


@cache
def _reads(model: type[Model], names: tuple[str, ...]) -> list[tuple[str, Read]]:
    """By column: what of an instance goes into it, as `as_json` can say it."""
    fields = {field.attname: field for field in model._meta.concrete_fields}  # noqa: SLF001 - documented
    return [(str(fields[name].column), _reading(fields[name])) for name in names]


def _reading(field: AnyField) -> Read:
    if isinstance(field, BinaryField):
        return lambda row: "\\x" + bytes(getattr(row, field.attname)).hex()
    if isinstance(field, JSONField):
        return lambda row: json.loads(json.dumps(getattr(row, field.attname), cls=field.encoder))
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return partial(field.pre_save, add=True)
    return attrgetter(field.attname)


@cache
def _statement(tables: tuple[tuple[type[Model], tuple[str, ...]], ...]) -> str:
    *early, last = [_insert(model, columns) for model, columns in tables]
    parts = ", ".join(f"group{number} AS ({sql})" for number, sql in enumerate(early))
    return f"WITH {parts} {last}" if parts else last


def _insert(model: type[Model], names: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    table = model._meta.db_table  # noqa: SLF001 - documented
    rows = f'json_populate_recordset(NULL::"{table}", %s::json)'
    return f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM {rows}'  # noqa: S608 - our own names
