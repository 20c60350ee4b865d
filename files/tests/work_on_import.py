"""A worker's part of an import as a process of its own, slow enough to be killed: `python -m … <job id> <marker>`."""

import os
import sys
import time
from pathlib import Path

import django

django.setup()

from files.services import run_import  # noqa: E402  (Django has to be set up first)
from files.tests.role_importer import RoleImporter  # noqa: E402

_seen = 0


def tell(_items):
    """Say that a chunk begins; from the second on, take a while."""
    global _seen  # noqa: PLW0603
    _seen += 1
    Path(sys.argv[2]).write_text(str(_seen), encoding="utf-8")
    if _seen > 1:
        time.sleep(float(os.environ.get("CHUNK_SECONDS", "0")))


RoleImporter.before_chunk = staticmethod(tell)
run_import(job_id=int(sys.argv[1]))
