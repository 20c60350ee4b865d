"""A pharmacy for benches: a durable PostgreSQL of its own (synchronous_commit on), migrated, with goods on its shelf."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from config.stack import postgres
from config.stack.postgres import Postgres
from config.stack.processes import free_port

#: Base units on the shelf of each product: more than any run sells.
PLENTY = 50_000_000
PRICE = Decimal("3.50")


@dataclass(frozen=True)
class Shelf:
    """Products with one unit, one batch and one stock row each; every list in the order of ``products``."""

    products: list[int]
    units: list[int]
    batches: list[int]
    stock: list[int]
    location: int


@contextmanager
def pharmacy() -> Iterator[Postgres]:
    """Settings point at the new database inside the block, here and in processes started from here."""
    folder = postgres.temporary_folder()
    server = Postgres(folder / "postgres", free_port(), secrets.token_urlsafe(16), tied=True)
    server.start()
    try:
        server.create_database("bench")
        os.environ["DATABASE_URL"] = server.url("bench")
        os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
        os.environ.setdefault("SECRET_KEY", "for-benches-only-" * 4)
        os.environ["LOG_LEVEL"] = "WARNING"
        open_django()
        _migrate()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def open_django() -> None:
    """In this process, on the database that the environment names."""
    import django  # noqa: PLC0415 - settings read the environment

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


def _migrate() -> None:
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)


def fill_shelf(count: int) -> Shelf:
    """``count`` products with a price and plenty of stock, all posted through the services."""
    from django.db import transaction  # noqa: PLC0415

    from core.actors import SYSTEM  # noqa: PLC0415
    from core.sources import Source  # noqa: PLC0415
    from inventory.models import ProductUnit, Stock  # noqa: PLC0415
    from inventory.selectors import default_location_id  # noqa: PLC0415
    from inventory.services import (  # noqa: PLC0415
        PriceData,
        ProductData,
        ReceiveLine,
        create_products,
        post_opening_stock,
        set_selling_prices,
    )
    from users.selectors import local_today  # noqa: PLC0415

    with transaction.atomic():
        made = create_products(
            rows=[ProductData(name_en=f"Product {number} 5 mg") for number in range(count)], actor=SYSTEM
        )
        products = sorted(product.pk for product in made)
        units = dict(ProductUnit.objects.values_list("product_id", "pk"))
        today = local_today()
        location = default_location_id()
        set_selling_prices(
            prices=[PriceData(units[product], PRICE, today) for product in products], actor=SYSTEM
        )
        lines = [
            ReceiveLine(product, location, PLENTY, Decimal(PLENTY), f"B{product}", today + timedelta(400))
            for product in products
        ]
        source = Source("bench", "opening")
        post_opening_stock(lines=lines, source=source, actor=SYSTEM, business_date=today)
    _analyze_as_autovacuum_would()
    stock = {row.product_id: row for row in Stock.objects.filter(product_id__in=products)}
    return Shelf(
        products=products,
        units=[units[product] for product in products],
        batches=[stock[product].batch_id for product in products],
        stock=[stock[product].pk for product in products],
        location=location,
    )


def _analyze_as_autovacuum_would() -> None:
    """Within a minute it looks at the tables that changed, and never at one that is empty."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT relid::regclass::text FROM pg_stat_user_tables WHERE n_mod_since_analyze > 50")
        for (table,) in cursor.fetchall():
            cursor.execute(f"VACUUM ANALYZE {table}")
