"""A document and its lines written in one statement, however many tables and rows they are."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

from core.transactions import require_transaction

__all__ = ["insert_rows"]

AnyField: TypeAlias = "Field[Any, Any]"


def insert_rows(*groups: Sequence[Model]) -> None:
    """Insert new instances, each group of one model, all groups in one statement. Empty groups are left out.

    Primary keys are those given (`core.numbering.number_and_ids`), else the table's own; nothing is read back. Foreign
    keys are checked when the transaction commits, so the order of groups does not matter. No array fields.
    """
    require_transaction()
    inserts: list[str] = []
    params: list[Any] = []
    for rows in filter(None, groups):
        sql, columns = _insert(rows)
        inserts.append(sql)
        params += columns
    if not inserts:
        return
    *early, last = inserts
    parts = ", ".join(f"group{number} AS ({sql})" for number, sql in enumerate(early))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {parts} {last}" if parts else last, params)
    for row in (row for rows in groups for row in rows):
        state = row._state  # noqa: SLF001 - documented
        state.adding, state.db = False, connection.alias


def _insert(rows: Sequence[Model]) -> tuple[str, list[list[Any]]]:
    fields = tuple(field for field in _fields(type(rows[0])) if not _left_to_database(field, rows[0]))
    values = [
        [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in rows]
        for field in fields
    ]
    return _statement(type(rows[0]), fields), values


@cache
def _fields(model: type[Model]) -> tuple[AnyField, ...]:
    return tuple(model._meta.concrete_fields)  # noqa: SLF001 - documented


@cache
def _statement(model: type[Model], fields: tuple[AnyField, ...]) -> str:
    names = ", ".join(f'"{field.column}"' for field in fields)
    arrays = ", ".join(f"%s::{_array_type(field)}" for field in fields)
    table = model._meta.db_table  # noqa: SLF001 - documented
    return f'INSERT INTO "{table}" ({names}) SELECT * FROM unnest({arrays})'  # noqa: S608 - our own names


def _left_to_database(field: AnyField, row: Model) -> bool:
    value = getattr(row, field.attname)
    return isinstance(value, DatabaseDefault) or (field.primary_key and value is None)


def _array_type(field: AnyField) -> str:
    """Without length or precision: a cast would cut a text short where an insert refuses it."""
    plain = str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection))
    return "text[]" if plain.startswith("varchar") else plain.partition("(")[0] + "[]"
