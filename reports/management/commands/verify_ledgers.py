"""Do the ledgers agree?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports.verification import check_ledgers, label_of


class Command(BaseCommand):
    help = (
        "Checks every ledger against every other; names the first wrong row of each check and exits with 1."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        results = check_ledgers()
        for row in results:
            self.stdout.write(f"{'ok   ' if row['ok'] else 'WRONG'} {row['check']}: {label_of(row['check'])}")
        wrong = [
            f"{row['check']}: {row['first_wrong']}: expected {row['expected']}, found {row['found']}"
            for row in results
            if not row["ok"]
        ]
        if wrong:
            raise CommandError("\n".join(wrong))
