"""Lists and valuation: statements and CPU of a page of 100 batches, seconds for the value of 20,000.

    python -m bench.stock_reads

The page's limit is the same serializer and renderer on dicts that are in memory already.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from decimal import Decimal

from bench._stack import fill_shelf, pharmacy

PAGE, BATCHES, ROUNDS = 100, 20_000, 7


def best(work: Callable[[], object], clock: Callable[[], float]) -> float:
    times = []
    for _round in range(ROUNDS):
        started = clock()
        work()
        times.append(clock() - started)
    return min(times)


def page() -> None:
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415
    from rest_framework.renderers import JSONRenderer  # noqa: PLC0415
    from rest_framework.test import APIRequestFactory, force_authenticate  # noqa: PLC0415

    from inventory.api.serializers.stock import BatchSerializer  # noqa: PLC0415
    from inventory.api.views.stock import BatchViewSet  # noqa: PLC0415
    from inventory.selectors import list_batches  # noqa: PLC0415

    person = get_user_model().objects.create_user(email="bench@example.org", password="")
    person.is_superuser = True
    view, factory = BatchViewSet.as_view({"get": "list"}), APIRequestFactory()

    def ours() -> None:
        request = factory.get("/api/v1/batches/", {"limit": PAGE})
        force_authenticate(request, person)
        if len(view(request).render().data["results"]) != PAGE:
            raise RuntimeError("the page is not full")

    rows = [
        {
            "product": batch.product, "number": batch.number, "expiry_date": batch.expiry_date, "id": batch.pk,
            "expiry_is_month": batch.expiry_is_month, "state": batch.state, "state_reason": batch.state_reason,
            "on_hand": batch.on_hand, "reserved": batch.reserved, "value_amount": batch.value_amount,
            "created_at": batch.created_at, "updated_at": batch.updated_at,
        }
        for batch in list_batches()[:PAGE]
    ]  # fmt: skip

    def limit() -> None:
        JSONRenderer().render(BatchSerializer(rows, many=True).data)

    ours()
    with CaptureQueriesContext(connection) as caught:
        ours()
    spent, least = best(ours, time.process_time), best(limit, time.process_time)
    print(
        f"a page of {PAGE} batches: {len(caught)} statements (wanted <= 4), {spent * 1000:.1f} ms of our CPU, "
        f"serialising alone {least * 1000:.1f} ms: {spent / least:.1f} x (wanted <= 3)"
    )


def valuation() -> None:
    from django.db import connection  # noqa: PLC0415

    from capital.enums import AccountRole  # noqa: PLC0415
    from capital.selectors import account_balance  # noqa: PLC0415
    from inventory.selectors import stock_valuation  # noqa: PLC0415
    from reports.stock.valuation import supplier_valuation  # noqa: PLC0415

    def plain() -> Decimal:
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(value_amount) FROM inventory_stock")
            return Decimal(cursor.fetchone()[0])

    if not stock_valuation().total_amount == account_balance(AccountRole.STOCK) == plain():
        raise RuntimeError("valuation, books and stock differ")
    least = best(plain, time.perf_counter)
    for by in ("location", "category", "product", "supplier"):
        value = supplier_valuation if by == "supplier" else lambda by=by: stock_valuation(by=by)  # type: ignore[misc]
        spent = best(value, time.perf_counter)
        print(
            f"value of {BATCHES:,} batches by {by}: {spent * 1000:.0f} ms (wanted <= 300), "
            f"a bare sum {least * 1000:.1f} ms: {spent / least:.0f} x"
        )


def main() -> None:
    with pharmacy():
        fill_shelf(BATCHES)
        page()
        valuation()


if __name__ == "__main__":
    sys.exit(main())
