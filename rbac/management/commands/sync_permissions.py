"""Copy the table of permissions into the database."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from rbac.services import sync_permissions


class Command(BaseCommand):
    help = "Copies rbac/table.py into the database: permissions, built-in roles and their grants. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        result = sync_permissions()
        self.stdout.write(", ".join(f"{name} {count}" for name, count in asdict(result).items()))
