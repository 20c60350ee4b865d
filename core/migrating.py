"""Migrations that stay quick in a house of two hundred tables that all know each other.

Django renders every related model anew after each operation. Operations that follow each other and do not read each
other's tables from Python may share one rendering: their effect on the database is the same.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation
from pgtrigger.migrations import AddTrigger, RemoveTrigger

__all__ = ["GroupedMigration"]

#: Fewer than this are quicker one by one: rendering all models costs about as much as ten rounds of related ones.
WORTH_IT = 10
_TABLES = (migrations.CreateModel,)
_PARTS = (
    migrations.AddField,
    migrations.AddIndex,
    migrations.AddConstraint,
    migrations.RemoveConstraint,
    migrations.RemoveIndex,
    AddTrigger,
    RemoveTrigger,
)


def _kind(operation: Operation) -> str:
    """Operations of one kind, one after the other, may share a rendering; "" stands alone."""
    if isinstance(operation, _TABLES):
        return "tables"
    return "parts" if isinstance(operation, _PARTS) else ""


class GroupedMigration(migrations.Migration):
    """A migration whose long runs of `CreateModel`, or of added fields, indexes, constraints and triggers, are rendered
    once a run. A run of new tables never holds what changes one of them, so each is created as it is meant.
    """

    def apply(self, project_state: Any, schema_editor: Any, collect_sql: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Django's `apply`, a run at a time."""
        for run in _runs(self.operations):
            if len(run) < WORTH_IT or collect_sql:
                alone = migrations.Migration(self.name, self.app_label)
                alone.operations = run  # type: ignore[misc]  # Django's own tests set it so
                project_state = alone.apply(project_state, schema_editor, collect_sql)
            else:
                self._apply_together(run, project_state, schema_editor)
        return project_state

    def _apply_together(self, run: list[Operation], project_state: Any, schema_editor: Any) -> None:
        before = project_state.clone()
        project_state.clear_delayed_apps_cache()
        project_state.__dict__.pop("apps", None)  # rendered again, whole, when the first operation asks
        for operation in run:
            operation.state_forwards(self.app_label, project_state)
        for operation in run:
            operation.database_forwards(self.app_label, schema_editor, before, project_state)


def _runs(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    for kind, run in groupby(operations, key=_kind):
        if kind:
            yield list(run)
        else:
            yield from ([operation] for operation in run)
