"""``make bench`` (``ONLY=reading`` for one): every bench in this folder, one after the other, in a process of its own.

A bench prints figures, each with its ratio to a limit measured in the same run; it judges nothing, so only a bench that
breaks makes this fail. What it needs and does not find it names, and ends with 0.
"""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def main(only: list[str]) -> int:
    """How many benches broke."""
    names = sorted(path.stem for path in _FOLDER.glob("*.py") if not path.stem.startswith("_"))
    unknown = set(only) - set(names)
    if unknown:
        print(f"no such bench: {', '.join(sorted(unknown))}; there are: {', '.join(names)}", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    broken = 0
    for name in only or names:
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        code = subprocess.run(
            [sys.executable, "-m", f"bench.{name}"], cwd=_FOLDER.parent, check=False
        ).returncode
        print(f"   ({time.monotonic() - started:.1f} s{', BROKEN' if code else ''})", flush=True)
        broken += bool(code)
    return broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
