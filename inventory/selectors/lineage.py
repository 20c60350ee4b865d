"""Batches of products that were merged: the goods stand under the product that stays."""

from collections.abc import Iterable

from inventory.models import Batch

__all__ = ["batch_lineage"]


def batch_lineage(batch_ids: Iterable[int]) -> dict[int, int]:
    """Every batch, past and present, whose goods may stand in one of ``batch_ids``: it -> that one. Two statements.

    A merge moves goods to the batch of the same number and expiry of the product that stays.
    """
    rows = Batch.objects.filter(pk__in=set(batch_ids)).values_list(
        "product_id", "number", "expiry_date", "pk"
    )
    present = {row[:3]: row[3] for row in rows}
    found = {pk: pk for pk in present.values()}
    merged = Batch.objects.filter(product__merged_into__in={key[0] for key in present})
    columns = ("product__merged_into", "number", "expiry_date", "pk")
    for product, number, expiry, pk in merged.values_list(*columns):
        key = (product or 0, number, expiry)
        if key in present:
            found[pk] = present[key]
    return found
