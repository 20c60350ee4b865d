"""A document and its lines written in one statement, however many tables and rows they are."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

from core.transactions import require_transaction

__all__ = ["insert_rows"]


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
    meta = rows[0]._meta  # noqa: SLF001 - documented
    fields = [field for field in meta.concrete_fields if not _left_to_database(field, rows[0])]
    names = ", ".join(f'"{field.column}"' for field in fields)
    arrays = ", ".join(f"%s::{_array_type(field)}" for field in fields)
    values = [
        [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in rows]
        for field in fields
    ]
    return f'INSERT INTO "{meta.db_table}" ({names}) SELECT * FROM unnest({arrays})', values  # noqa: S608 - our own names


def _left_to_database(field: "Field[Any, Any]", row: Model) -> bool:
    value = getattr(row, field.attname)
    return isinstance(value, DatabaseDefault) or (field.primary_key and value is None)


def _array_type(field: "Field[Any, Any]") -> str:
    """Without length or precision: a cast would cut a text short where an insert refuses it."""
    plain = str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection))
    return "text[]" if plain.startswith("varchar") else plain.partition("(")[0] + "[]"
