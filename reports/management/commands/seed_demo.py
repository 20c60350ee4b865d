"""``manage.py seed_demo``: the demo pharmacy, on the first start only."""

import os
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports.demo.seed import seed


class Command(BaseCommand):
    help = "Seed the demo pharmacy once. Never for production: it makes people with known roles."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", default=os.environ.get("DEMO") == "empty")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = os.environ.get("LOCAL_DIR")
        if not folder:
            raise CommandError(
                "LOCAL_DIR says where the sign-ins are written; demo people never exist elsewhere"
            )
        started = time.monotonic()
        seeded = seed(
            credentials=Path(folder) / "credentials.json", empty=options["empty"], say=self.stdout.write
        )
        took = time.monotonic() - started
        self.stdout.write(f"seeded in {took:.0f} s" if seeded else "this pharmacy has its data already")
