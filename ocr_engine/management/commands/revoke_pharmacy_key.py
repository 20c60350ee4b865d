"""revoke_pharmacy_key --name NAME --prefix ocr_AbCd1234: that key is refused from now on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ocr_engine.models import Pharmacy
from ocr_engine.services.keys import revoke_keys


class Command(BaseCommand):
    help = "Revokes a pharmacy's key by its first twelve characters."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="the pharmacy")
        parser.add_argument("--prefix", required=True, help="the key's first twelve characters")

    def handle(self, *args: Any, **options: Any) -> None:
        pharmacy = Pharmacy.objects.filter(name=options["name"]).first()
        if pharmacy is None or not revoke_keys(pharmacy=pharmacy, prefix=options["prefix"]):
            raise CommandError("No valid key of that pharmacy begins so.")
        self.stdout.write("Revoked.")
