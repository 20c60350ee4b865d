"""Is the audit trail whole?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rbac.selectors import check_trail


class Command(BaseCommand):
    help = (
        "Walks the sealed chain of the audit and security trails; names the first bad row and exits with 1."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = check_trail()
        if verdict.wrong:
            raise CommandError(str(verdict.wrong))
        self.stdout.write(f"The audit trail is whole: {verdict.seals:,} seals, {verdict.heads:,} heads.")
