"""create_pharmacy_key --name NAME [--callback-secret whsec_… ]: prints the key (once) and the secret."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ocr_engine.services.keys import add_key, create_pharmacy, rotate_callback_secret
from ocr_engine.signing import new_secret


class Command(BaseCommand):
    help = "Adds a bearer key for a pharmacy, creating the pharmacy where it is new."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="the pharmacy")
        parser.add_argument(
            "--callback-secret", default="", help="whsec_…; a new pharmacy gets one when none is given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        secret = options["callback_secret"]
        pharmacy = create_pharmacy(name=options["name"], callback_secret=secret or new_secret())
        if secret:
            rotate_callback_secret(pharmacy=pharmacy, secret=secret)
            pharmacy.refresh_from_db()
        self.stdout.write(f"AI_ENGINE_KEY={add_key(pharmacy=pharmacy)}")
        self.stdout.write(f"AI_ENGINE_SECRETS={pharmacy.callback_secret}")
