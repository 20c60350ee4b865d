"""Migrations that stay quick in a house of two hundred tables that all know each other.

Django renders every related model anew after each operation: ten thousand models from nothing, nine tenths of the time. Here
a change of the state renders nothing. A model is rendered when somebody asks for it, and operations that follow each other
and read nobody's rows from Python ask once: their effect on the database is the same (tests/stack/test_migrating.py).
"""

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState, StateApps
from django.db.migrations.utils import resolve_relation
from django.utils.functional import cached_property
from pgtrigger.migrations import AddTrigger, RemoveTrigger

__all__ = ["GroupedMigration"]

_Key = tuple[str, str]
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


class NamedApps(StateApps):
    """A registry in which a model appears, with all that it points to, when it is first asked for by name."""

    def __init__(self, real_apps: list[str], states: dict[_Key, ModelState]) -> None:
        self.states: dict[_Key, ModelState] = {}
        self.waiting: set[_Key] = set()
        super().__init__(real_apps, {})
        self.states, self.waiting = states, set(states)

    def get_model(self, app_label: str, model_name: str | None = None, require_ready: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """The table between two models has no state of its own: it comes with its owner, which is of the same app."""
        label, name = app_label.split(".") if model_name is None else (app_label, model_name)
        asked = (label, name.lower())
        self.render({asked} if asked in self.states else self._of(label))
        if label not in self.app_configs:
            raise LookupError(f"no app labelled {label!r}")
        return self.app_configs[label].get_model(name, require_ready)

    def render(self, asked: set[_Key]) -> None:
        """`asked`, what they point to, and so on."""
        needed: set[_Key] = set()
        pending = set(asked)
        while pending:
            key = pending.pop()
            if key in self.waiting and key not in needed:
                needed.add(key)
                pending.update(_points_to(self.states[key]))
        self.waiting -= needed
        self.render_multiple([state for key, state in self.states.items() if key in needed])

    def _of(self, label: str) -> set[_Key]:
        return {key for key in self.waiting if key[0] == label}


def _points_to(state: ModelState) -> Iterator[_Key]:
    for base in state.bases:
        if isinstance(base, str):
            yield resolve_relation(base)
    for field in state.fields.values():
        remote = field.remote_field
        for target in (remote and remote.model, getattr(remote, "through", None)):
            if target:
                yield resolve_relation(target, state.app_label, state.name_lower)


class LazyApps(NamedApps):
    """The same for anybody: who looks at all models, of an app or for who points at one, gets all of them."""

    def get_app_configs(self) -> Any:
        self.render(self.waiting)
        return super().get_app_configs()

    def get_app_config(self, app_label: str) -> Any:
        self.render(self._of(app_label))
        return super().get_app_config(app_label)

    @cache  # noqa: B019 - as Django's own, which it clears
    def get_models(self, *args: Any, **kwargs: Any) -> Any:
        self.render(self.waiting)
        return super().get_models(*args, **kwargs)


class LazyState(ProjectState):
    """A state whose changes render nothing."""

    @cached_property
    def apps(self) -> Any:
        return LazyApps(self.real_apps, self.models)  # type: ignore[arg-type]  # a set, whatever the stubs say

    def clone(self) -> "LazyState":
        """The copy, which is how it was before the change that comes now, takes along what was rendered."""
        copy = LazyState({key: state.clone() for key, state in self.models.items()}, self.real_apps)
        if apps := self.__dict__.pop("apps", None):
            apps.states = copy.models
            copy.__dict__["apps"] = apps
        return copy

    def reload_model(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__.pop("apps", None)

    reload_models = reload_model

    def remove_model(self, app_label: str, model_name: str) -> None:
        self.__dict__.pop("apps", None)
        super().remove_model(app_label, model_name)


class GroupedMigration(migrations.Migration):
    """A migration whose runs of `CreateModel`, or of added fields, indexes, constraints and triggers, are rendered once a
    run. A run of new tables never holds what changes one of them, so each is created as it is meant.
    """

    def apply(self, project_state: Any, schema_editor: Any, collect_sql: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Django's `apply`, a run at a time. The state stays lazy for all migrations that follow."""
        if collect_sql:
            return super().apply(project_state, schema_editor, collect_sql)
        if not isinstance(project_state, LazyState):
            project_state = LazyState(project_state.models, project_state.real_apps)
        for kind, operations in groupby(self.operations, key=_kind):
            run = list(operations)
            if kind:
                self._apply_together(run, project_state, schema_editor)
            else:
                alone = migrations.Migration(self.name, self.app_label)
                alone.operations = run  # type: ignore[misc]  # Django's own tests set it so
                project_state = alone.apply(project_state, schema_editor)
        return project_state

    def _apply_together(self, run: list[Operation], state: LazyState, schema_editor: Any) -> None:
        before = state.clone()
        for operation in run:
            operation.state_forwards(self.app_label, state)
        for one in (before, state):  # none of these operations looks for who points at its model
            one.apps = NamedApps(one.real_apps, one.models)  # type: ignore[arg-type]  # a set too
        for operation in run:
            operation.database_forwards(self.app_label, schema_editor, before, state)
        state.reload_model()


def _kind(operation: Operation) -> str:
    """Operations of one kind, one after the other, may share a rendering; "" stands alone."""
    if isinstance(operation, _TABLES):
        return "tables"
    return "parts" if isinstance(operation, _PARTS) else ""
