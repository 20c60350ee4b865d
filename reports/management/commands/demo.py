"""``manage.py demo``: the main job against a running stack, told step by step."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports.demo.catalogue import catalogue
from reports.demo.client import Client, StepFailed
from reports.demo.offers import write_offer
from reports.demo.suppliers import SUPPLIERS
from reports.demo.walkthrough import People, Story, main_job, write_story


class Command(BaseCommand):
    help = "Take a sample price list through the whole main job over the API."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", default="http://localhost:8000")
        parser.add_argument("--supplier", default="W2", help="code of the demo wholesaler")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(os.environ.get("LOCAL_DIR") or ".local")
        story = Story(self.stdout.write)
        try:
            self._tell(folder, story, options["base_url"], options["supplier"])
        except StepFailed as error:
            raise CommandError(f"the demo stopped: {error}") from error
        finally:
            write_story(story, folder / "demo.json")
        self.stdout.write(f"\nWritten to {folder / 'demo.json'}")

    def _tell(self, folder: Path, story: Story, base_url: str, code: str) -> None:
        people = _sign_in(folder, base_url)
        supplier = _supplier(people.purchaser, code)
        edition = len(people.purchaser.every(f"offers/?supplier={supplier['id']}")) + 1
        demo = next(item for item in SUPPLIERS if item.code == supplier["code"])
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / f"{demo.code}-{edition}.pdf"
            rows = write_offer(demo, catalogue(), path, edition=edition)
            story.tell("sample", f"{supplier['name']} sent a price list of {rows} lines", rows=rows)
            main_job(people, offer=path, supplier_id=supplier["id"], story=story)


def _sign_in(folder: Path, base_url: str) -> People:
    file = folder / "credentials.json"
    if not file.exists():
        raise CommandError(f"{file} is missing: the demo needs the demo pharmacy that `make run` seeds")
    known = {person["role"]: person for person in json.loads(file.read_text(encoding="utf-8"))}
    clients = {}
    for role in ("purchaser", "owner"):
        clients[role] = Client(base_url, known[role]["email"], known[role]["password"])
        clients[role].sign_in()
    return People(purchaser=clients["purchaser"], owner=clients["owner"])


def _supplier(client: Client, code: str) -> dict[str, Any]:
    suppliers = client.every("suppliers/")
    return next((row for row in suppliers if row["code"] == code), suppliers[0])
