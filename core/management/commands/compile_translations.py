"""``manage.py compile_translations``: .po to .mo without GNU gettext, which a bare machine lacks."""

from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Compile locale/*/LC_MESSAGES/*.po where they are newer than their .mo."

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                target = source.with_suffix(".mo")
                if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                    continue
                draft = target.with_suffix(".mo.part")
                polib.pofile(str(source)).save_as_mofile(str(draft))
                draft.replace(target)
                self.stdout.write(f"compiled {source.relative_to(folder)}")
