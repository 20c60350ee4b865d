"""Database triggers that several ledgers share."""

import pgtrigger


def append_only(name: str) -> list[pgtrigger.Trigger]:
    """Triggers for ``Meta.triggers`` of a ledger: UPDATE, DELETE and TRUNCATE are refused, raw SQL included.

    A mistake is corrected by an exact reversal. A data migration that must touch a ledger lifts the trigger
    with ``pgtrigger.ignore`` and an ADR.
    """
    return [
        pgtrigger.Protect(name=f"{name}_no_change", operation=pgtrigger.Update | pgtrigger.Delete),
        no_truncate(name),
    ]


def no_truncate(name: str) -> pgtrigger.Trigger:
    """The part of `append_only` that row triggers cannot do: for posted documents, which guard their rows themselves."""
    return pgtrigger.Trigger(
        name=f"{name}_no_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func=f"RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from the ledger {name}';",
    )


def no_delete(name: str) -> list[pgtrigger.Trigger]:
    """A document that is changed at most in what a trigger of its own allows, and never goes: DELETE and TRUNCATE are refused."""
    return [pgtrigger.Protect(name=f"{name}_no_delete", operation=pgtrigger.Delete), no_truncate(name)]


def only_forward(name: str, *steps: tuple[str, str]) -> pgtrigger.Trigger:
    """A document's ``status`` takes these steps and no other: what was taken back never stands again, by raw SQL either."""
    return pgtrigger.FSM(name=f"{name}_states", field="status", transitions=list(steps))
