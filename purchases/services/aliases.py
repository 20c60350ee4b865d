"""Learned names: taken back by hand."""

from __future__ import annotations

from django.db import transaction

from core.actors import Actor
from core.audit import record_audit
from core.transactions import lock_rows
from purchases.errors import AliasNotFound
from purchases.models import SupplierAlias

__all__ = ["forget_alias"]


def forget_alias(*, alias_id: int, actor: Actor) -> None:
    """The next list of this supplier asks again for this name. Lines already matched stay. Raises AliasNotFound."""
    with transaction.atomic():
        alias = lock_rows(SupplierAlias.objects.filter(pk=alias_id)).first()
        if alias is None:
            raise AliasNotFound
        record_audit(
            action="purchases.forget_alias",
            actor=actor,
            target_kind="supplier",
            target_id=alias.supplier_id,
            summary=alias.raw_name,
            data={"product": alias.product_id},
        )
        alias.delete()
