"""Parties: made by suppliers and customers, kept by the ledgers."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.models import Party
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.transactions import lock_rows

__all__ = ["create_parties", "create_party", "merge_party", "rename_party"]


def _checked(name: str) -> str:
    name = name.strip()
    if not name:
        raise InvalidInput(errors=[FieldError("name", "required", _("A party needs a name."))])
    return name[:200]


def create_party(*, name: str, actor: Actor) -> Party:
    """A new accounting identity. Raises InvalidInput for an empty name."""
    return create_parties(names=[name], actor=actor)[0]


def create_parties(*, names: Sequence[str], actor: Actor) -> list[Party]:
    """Many at once, in one statement, in the order given."""
    return Party.objects.bulk_create([Party(name=_checked(name)) for name in names])


def rename_party(*, party_id: int, name: str, actor: Actor) -> Party:
    """Raises NotFound, InvalidInput."""
    with transaction.atomic():
        party = lock_rows(Party.objects.filter(pk=party_id)).first()
        if party is None:
            raise NotFound
        party.name = _checked(name)
        party.save(update_fields=["name", "updated_at"])
    return party


def merge_party(*, party_id: int, into_id: int, actor: Actor) -> Party:
    """Let ``party_id`` point at ``into_id``: ledgers keep the old id, reads follow the pointer.

    Raises NotFound, and InvalidInput when the two are one already.
    """
    with transaction.atomic():
        rows = {party.pk: party for party in lock_rows(Party.objects.filter(pk__in=[party_id, into_id]))}
        if len(rows) < len({party_id, into_id}):
            raise NotFound
        party, into = rows[party_id], rows[into_id]
        if party_id == into_id or into.merged_into_id is not None:
            raise InvalidInput(errors=[FieldError("into", "merged", _("Merge into a live, other party."))])
        party.merged_into = into
        party.save(update_fields=["merged_into", "updated_at"])
        Party.objects.filter(merged_into=party).update(merged_into=into)
        record_audit(
            action="capital.merge_party",
            actor=actor,
            target_kind="party",
            target_id=party_id,
            summary=f"{party.name} -> {into.name}",
            data={"into": into_id},
        )
    return party
