"""Which verbs of an app come to post: read off the source, so that a new verb is known from its first day."""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("capital", "inventory", "sales", "purchases")
#: All that money and goods move by.
POSTINGS = {"post_entry", "post_movements", "commit_capital", "release_commitment"}


def posting_verbs() -> set[str]:
    """The functions that services export and from which a posting can be reached, the postings apart."""
    calls = _calls()
    reached = set(POSTINGS)
    while more := {name for name, called in calls.items() if name not in reached and called & reached}:
        reached |= more
    exported = {name for app in APPS for name in import_module(f"{app}.services").__all__}
    return {name for name in exported & reached if name in calls} - POSTINGS


@cache
def _calls() -> dict[str, set[str]]:
    """Function -> what it names. Private names carry their file: there they mean something else in each."""
    found: dict[str, set[str]] = {}
    for app in APPS:
        for file in sorted((ROOT / app / "services").glob("*.py")):
            tree = ast.parse(file.read_text())
            for node in [*tree.body, *(n for c in tree.body if isinstance(c, ast.ClassDef) for n in c.body)]:
                if isinstance(node, ast.FunctionDef):
                    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                    names |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
                    found.setdefault(_key(node.name, file), set()).update(_key(name, file) for name in names)
    return found


def _key(name: str, file: Path) -> str:
    return f"{file}:{name}" if name.startswith("_") else name
