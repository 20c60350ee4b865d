"""docs/invariants.md names what is there: constraints, triggers, ledger checks and tests."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from reports.verification import ALL_CHECKS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "invariants.md"
NO_NAMES = {"core.triggers.append_only", "core.triggers.no_delete", "core.triggers.only_forward"}


def rows():
    """(held by, attacked by) of each statement."""
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if (
            len(cells) == 3
            and line.startswith("|")
            and not set(cells[0]) <= set("-")
            and cells[0] != "statement"
        ):
            yield cells


def quoted(text):
    return re.findall(r"`([^`]+)`", text)


def test_every_statement_has_somebody_who_attacks_it():
    assert len(list(rows())) >= 30
    numbers = {number for cells in rows() for number in re.findall(r"\*\*(\d)\*\*", cells[0])}
    assert numbers == set("123456789")
    assert [cells[0] for cells in rows() if not quoted(cells[2])] == []


@pytest.mark.django_db
def test_constraints_triggers_and_checks_named_exist():
    constraints = {row.name for model in apps.get_models() for row in model._meta.constraints}
    with connection.cursor() as cursor:  # declared on models or made by migrations
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        names = (name for (name,) in cursor.fetchall())
        triggers = {re.sub(r"^pgtrigger_(.+)_\w{5}$", r"\1", name) for name in names}
    checks = {check.name for check in ALL_CHECKS}
    named = {name for cells in rows() for name in quoted(cells[1])} - NO_NAMES
    deferred = {"journal_entry_in_period"}  # raised by the function of journal_entry_period_open
    assert named - constraints - triggers - checks - deferred == set()


def test_tests_named_exist():
    missing = []
    for name in {name for cells in rows() for name in quoted(cells[2])}:
        path, _colons, test = name.partition("::")
        file = ROOT / path
        names = (
            {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}
            if file.exists()
            else set()
        )
        if test not in names:
            missing.append(name)
    assert missing == []
