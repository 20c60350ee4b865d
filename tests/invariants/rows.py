# ruff: noqa: S608 - statements about tables whose names come from our models
"""A row of any table, made past every rule, so that the rules can be attacked: no factory has to know a new ledger."""

from django.db import connection

_COLUMNS = """
SELECT column_name, data_type, coalesce(character_maximum_length, 100) FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = %s AND (%s OR (is_nullable = 'NO' AND column_default IS NULL))
  AND is_identity = 'NO' AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
_VALUES = {
    "bigint": "1", "integer": "1", "smallint": "1", "numeric": "1", "double precision": "1", "boolean": "false",
    "date": "'2026-01-15'", "timestamp with time zone": "'2026-01-15'", "jsonb": "'{}'", "ARRAY": "'{}'",
    "uuid": "gen_random_uuid()", "inet": "'192.0.2.1'", "bytea": "''",
}  # fmt: skip
_OTHERS = {
    "bigint": "{} + 1", "integer": "{} + 1", "smallint": "{} + 1", "numeric": "{} + 1", "double precision": "{} + 1",
    "boolean": "NOT {}", "date": "{} + 1", "timestamp with time zone": "{} + interval '1 day'", "jsonb": "'[1]'",
    "ARRAY": "array_append({}, NULL)", "uuid": "gen_random_uuid()", "inet": "'192.0.2.2'", "bytea": "'x'",
}  # fmt: skip


def run(statement, params=None):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


def columns_of(table, *, all_of_them=False):
    """(name, type, length) of the columns that must be given, or of all that can be."""
    return run(_COLUMNS, [table, all_of_them])


def other_value(name, data_type):
    """SQL for a value of the column that is not the one it has."""
    text = f"left(coalesce({name}, '') || 'z', 1) || 'z'"
    return _OTHERS.get(data_type, text).format(f"coalesce({name}, {_VALUES.get(data_type, 'NULL')})")


def put_row(table, **given):
    """One row in ``table``, with every column filled: no trigger, no foreign key and no check is asked."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    checks = run("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table])
    for (name,) in checks:
        run(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    values = {
        name: _VALUES.get(data_type, f"'{'x' * min(length, 3)}'")
        for name, data_type, length in columns_of(table, all_of_them=True)
    } | {name: "NULL" if value is None else f"'{value}'" for name, value in given.items()}
    names = ", ".join(f'"{name}"' for name in values)
    run("SET LOCAL session_replication_role = replica")
    run(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(values.values())})')
    run("SET LOCAL session_replication_role = DEFAULT")
