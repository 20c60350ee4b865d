"""One number for all that the ledgers hold: the same number, and nothing changed."""

from django.apps import apps
from django.db import connection

_APPS = ("capital", "inventory", "sales", "purchases")
_FUNCTION = """
CREATE FUNCTION pg_temp.ledger_fingerprint() RETURNS text LANGUAGE plpgsql AS $$
BEGIN RETURN (SELECT string_agg(part, ' ') FROM ({}) AS parts (part)); END $$
"""


def _tables():
    """The tables of the apps that hold ledgers and documents; the history beside them says nothing more."""
    for label in _APPS:
        for model in apps.get_app_config(label).get_models():
            if model._meta.managed and not hasattr(model, "pgh_tracked_model"):
                yield model._meta.db_table


def install_fingerprint() -> None:
    """For this connection; a function, so that its plan is made once."""
    parts = " UNION ALL ".join(
        f"SELECT '{table}:' || count(*) || ':' || coalesce(sum(hashtext(row::text)::bigint), 0) FROM {table} AS row"  # noqa: S608
        for table in _tables()
    )
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTION.format(parts))


def fingerprint() -> dict[str, str]:
    """Table -> how many rows, and the sum of their hashes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_temp.ledger_fingerprint()")
        return dict(part.split(":", 1) for part in cursor.fetchone()[0].split())
