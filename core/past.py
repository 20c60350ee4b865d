"""Reading the field history that the database keeps (``core.history``): who changed what, from what to what, and when.

The past of a row is its own events and those of the rows that are part of it: a product's units, codes and prices, an
order's lines. A page costs the same number of statements however long it is: each event is compared with the one before
it of the same row.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.utils.encoding import force_str
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core.history import event_models

__all__ = ["Change", "PastEvent", "describe", "is_tracked", "past_of", "tracked_model"]


@dataclass(frozen=True)
class Change:
    """One field. ``old`` is None where the history does not reach back; an empty text is an empty field."""

    field: str
    label: str
    old: str | None
    new: str


@dataclass(frozen=True)
class PastEvent:
    """A row was made, changed or deleted (``what``: insert, update, delete), by whom."""

    id: str
    at: datetime
    what: str
    kind: str
    label: str
    object_id: str
    actor_id: int | None
    actor_name: str
    actor_kind: str
    request_id: str
    changes: list[Change]


def tracked_model(label: str) -> type[models.Model] | None:
    """The model of "app.model" whose history is kept, or None."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return None
    return model if is_tracked(model) else None


def is_tracked(model: type[models.Model]) -> bool:
    return any(_subject(events) is model for events in event_models())


def _subject(events: Any) -> type[models.Model]:
    """The model that ``events`` keeps the history of; a proxy stands for its table."""
    tracked: type[models.Model] = events.pgh_tracked_model
    return tracked


def past_of(
    model: type[models.Model],
    pk: Any,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    actor_id: int | None = None,
) -> QuerySet[Any, dict[str, Any]]:
    """Events of the row and its parts, newest first, as rows for ``describe``. One statement."""
    found = Q()
    for name, value in (("gte", since), ("lt", until)):
        found &= Q(**{f"pgh_created_at__{name}": value}) if value else Q()
    found &= Q(pgh_context__actor_id=actor_id) if actor_id else Q()
    parts = [
        models.QuerySet(events)
        .filter(which & found)
        .annotate(table=Value(events._meta.label))  # noqa: SLF001 - documented model API
        .values("table", "pgh_id", "pgh_created_at")
        .order_by()
        for events, which in _family(model, lambda name: Q(**{name: pk}))
    ]
    whole: QuerySet[Any, dict[str, Any]] = parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]
    return whole.order_by("-pgh_created_at", "table", "-pgh_id")  # one transaction is one moment


def _family(model: type[models.Model], which: Callable[[str], Q]) -> Iterator[tuple[type[models.Model], Q]]:
    """Each history table of ``model`` and of what is part of it, with the rows meant: ``which`` takes the key's name."""
    name = model._meta.pk.name  # noqa: SLF001 - documented model API
    for events in event_models():
        if _subject(events) is not model:
            continue
        yield events, which(name)
        rows: QuerySet[Any, Any] = models.QuerySet(events).filter(which(name)).values(name)
        for part in event_models():
            link = getattr(part, "history_part_of", "")
            if link and part._meta.get_field(link).related_model is model:  # noqa: SLF001 - documented model API
                yield from _family(_subject(part), _in(link, rows))


def _in(link: str, rows: QuerySet[Any, Any]) -> Callable[[str], Q]:
    return lambda _name: Q(**{f"{link}__in": rows})


def describe(rows: Iterable[dict[str, Any]]) -> list[PastEvent]:
    """The events of a page in words, in the active language, in the page's order."""
    page = list(rows)
    wanted: dict[str, list[int]] = defaultdict(list)
    for row in page:
        wanted[row["table"]].append(row["pgh_id"])
    found = {
        (label, event.pgh_id): (event, earlier)
        for label, ids in wanted.items()
        for event, earlier in _with_earlier(apps.get_model(label), ids)
    }
    names = _Names(pair for pair in found.values())
    return [_told(*found[row["table"], row["pgh_id"]], names) for row in page]


def _with_earlier(events: Any, ids: list[int]) -> Iterator[tuple[Any, Any]]:
    """Each event with the one before it of the same row, or None. Two statements."""
    name = _subject(events)._meta.pk.name  # noqa: SLF001 - documented model API
    earlier: QuerySet[Any, Any] = models.QuerySet(events).filter(
        **{name: OuterRef(name)}, pgh_id__lt=OuterRef("pgh_id")
    )
    newest = Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1])
    page = list(models.QuerySet(events).filter(pgh_id__in=ids).annotate(before=newest))
    before: dict[int, Any] = models.QuerySet(events).in_bulk([event.before for event in page if event.before])
    return ((event, before.get(event.before)) for event in page)


def _fields(event: Any) -> list[Any]:
    subject = _subject(type(event))
    key = subject._meta.pk.name  # noqa: SLF001 - documented model API
    return [
        field
        for field in event._meta.fields  # noqa: SLF001
        if not field.name.startswith("pgh_") and field.name != key
    ]


class _Names:
    """What foreign keys point to, by name: one statement for each table pointed to."""

    def __init__(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        wanted: dict[Any, set[Any]] = defaultdict(set)
        for event in (event for pair in pairs for event in pair if event is not None):
            for field in _fields(event):
                if field.related_model and getattr(event, field.attname) is not None:
                    wanted[field.related_model].add(getattr(event, field.attname))
        self.found = {
            model: model._base_manager.in_bulk(list(keys))  # noqa: SLF001 - documented model API
            for model, keys in wanted.items()
        }

    def text(self, field: Any, value: Any) -> str:
        if field.related_model and value is not None:
            target = self.found[field.related_model].get(value)
            return str(target) if target is not None else f"#{value}"
        return _text(field, value)


def _text(field: Any, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.choices:
        return force_str(dict(field.flatchoices).get(value, value))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, datetime):
        value = localtime(value)
    return str(localize(value))


def _told(event: Any, earlier: Any, names: _Names) -> PastEvent:
    subject = _subject(type(event))
    meta = subject._meta  # noqa: SLF001 - documented model API
    who = event.pgh_context or {}
    return PastEvent(
        id=f"{meta.label_lower}:{event.pgh_id}",
        at=event.pgh_created_at,
        what=event.pgh_label,
        kind=meta.label_lower,
        label=str(meta.verbose_name),
        object_id=str(getattr(event, meta.pk.name)),
        actor_id=who.get("actor_id"),
        actor_name=who.get("actor_name", ""),
        actor_kind=who.get("actor_kind", ""),
        request_id=who.get("request_id", ""),
        changes=list(_changes(event, earlier, names)),
    )


def _changes(event: Any, earlier: Any, names: _Names) -> Sequence[Change]:
    """What an update changed; what a new row holds, or a deleted one held."""
    changes = []
    for field in _fields(event):
        now = getattr(event, field.attname)
        before = getattr(earlier, field.attname) if earlier is not None else None
        named: Any = _subject(type(event))._meta.get_field(field.name)  # noqa: SLF001 - documented model API
        label = force_str(named.verbose_name)
        new = names.text(field, now)
        if event.pgh_label == "update":
            if earlier is None or before != now:
                old = names.text(field, before) if earlier is not None else None
                changes.append(Change(field.name, label, old, new))
        elif new:
            old, new = ("", new) if event.pgh_label == "insert" else (new, "")
            changes.append(Change(field.name, label, old, new))
    return changes
