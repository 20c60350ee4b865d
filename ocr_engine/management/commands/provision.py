"""provision --name NAME --key-file FILE --secret-file FILE: key and secret of a pharmacy on the same machine.

The files are the truth: what they hold is made valid, what is missing is made and written (mode 0600). Running it
again changes nothing.
"""

from __future__ import annotations

import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from ocr_engine.services.keys import KEY_PREFIX, add_key, create_pharmacy, rotate_callback_secret
from ocr_engine.signing import new_secret


class Command(BaseCommand):
    help = (
        "Makes the key and the callback secret in two files valid for one pharmacy, creating what is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--key-file", type=Path, required=True)
        parser.add_argument("--secret-file", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        key = _read_or_write(options["key_file"], KEY_PREFIX + secrets.token_urlsafe(32))
        secret = _read_or_write(options["secret_file"], new_secret())
        pharmacy = create_pharmacy(name=options["name"], callback_secret=secret)
        rotate_callback_secret(pharmacy=pharmacy, secret=secret)
        add_key(pharmacy=pharmacy, key=key)
        self.stdout.write(
            f"{options['name']}: key in {options['key_file']}, secret in {options['secret_file']}"
        )


def _read_or_write(path: Path, value: str) -> str:
    if path.is_file() and (known := path.read_text().strip()):
        return known
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(value)
    return value
