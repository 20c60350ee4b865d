"""``python -m config.stack run|demo|backup|restore|with``: what `make` calls."""

import argparse
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from config.stack.backup import back_up, restore
from config.stack.layout import PROJECT, AlreadyRunning, Layout
from config.stack.supervisor import Stopped, running_stack


def run(layout: Layout) -> int:
    """Serve until told to stop."""
    with running_stack(layout) as supervisor:
        print(f"\nServing on {layout.base_url}/admin/   API {layout.base_url}/api/docs/")
        for person in _people(layout):
            print(f"  {person['role']:<12} {person['email']:<32} {person['password']}")
        print("Stop with Ctrl-C.", flush=True)
        supervisor.watch()
    return 0


def demo(layout: Layout) -> int:
    """The main job, against the stack that runs in this folder, or one that is started for it."""
    try:
        with running_stack(layout):
            return _demo(layout)
    except AlreadyRunning:
        return _demo(layout)


def _demo(layout: Layout) -> int:
    command = [sys.executable, "manage.py", "demo", f"--base-url={layout.base_url}"]
    return subprocess.run(command, cwd=PROJECT, env=layout.environment(), check=False).returncode


def with_stack(layout: Layout, command: list[str]) -> int:
    """Run ``command`` with a running stack and its environment."""
    try:
        with running_stack(layout):
            return subprocess.run(command, cwd=PROJECT, env=layout.environment(), check=False).returncode
    except AlreadyRunning:
        return subprocess.run(command, cwd=PROJECT, env=layout.environment(), check=False).returncode


def _people(layout: Layout) -> list[dict[str, str]]:
    if not layout.credentials.exists():
        return []
    people: list[dict[str, str]] = json.loads(layout.credentials.read_text())
    return people


def main() -> int:
    """Parse the command line; 0 when all went well."""
    parser = argparse.ArgumentParser(prog="python -m config.stack")
    parser.add_argument("--local-dir", type=Path, default=Path(os.environ.get("LOCAL_DIR") or ".local"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("run")
    verbs.add_parser("demo")
    verbs.add_parser("with").add_argument("command", nargs=argparse.REMAINDER)
    for name in ("backup", "restore"):
        verbs.add_parser(name).add_argument("file", type=Path)
    given = parser.parse_args()
    layout = Layout.open(given.local_dir, given.port)
    try:
        if given.verb == "with":
            return with_stack(layout, given.command)
        if given.verb == "backup":
            return back_up(layout, given.file)
        if given.verb == "restore":
            return restore(layout, given.file)
        return {"run": run, "demo": demo}[given.verb](layout)
    except (
        RuntimeError,
        tarfile.TarError,
    ) as error:  # StartFailed, AlreadyRunning, BrokenBackup, a server's log
        print(error, file=sys.stderr)
        return 1
    except Stopped:
        print("Stopped.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
