"""Small facts about processes and ports that the embedded servers share."""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

#: Who runs PostgreSQL when we are root: it refuses to.
UNPRIVILEGED = "nobody"
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 20


def free_port() -> int:
    """A TCP port on the loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether ``port`` can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_root() -> bool:
    return os.geteuid() == 0


def give_to_server(folder: Path) -> None:
    """Make ``folder`` the server user's own, when we are root. Changes no other folder."""
    if is_root():
        account = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, account.pw_uid, account.pw_gid)


def as_server_user() -> dict[str, Any]:
    """What subprocess needs to run a server as somebody who is not root."""
    if not is_root():
        return {}
    account = pwd.getpwnam(UNPRIVILEGED)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def birth(pid: int) -> str | None:
    """When process ``pid`` began, as the kernel tells it; None where there is no such process.

    With the pid it names one process for good: pids are used again, a pid with its birth is not.
    """
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else fields[19]
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None


def end_group(pid: int, born: str, *, first: signal.Signals = signal.SIGTERM) -> None:
    """Stop the process group that ``pid`` leads, if it is still the one born at ``born``: politely, then not."""
    for how in (first, signal.SIGKILL):
        if birth(pid) != born:
            return
        try:
            os.killpg(pid, how)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + _STOP_SECONDS
        while birth(pid) == born and time.monotonic() < deadline:
            time.sleep(0.05)


def kill_group(group: int) -> None:
    """What is left of a process group whose leader has ended (its number cannot be given again while it lives)."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def end_with_parent(how: signal.Signals = signal.SIGTERM) -> None:
    """Called in a child between fork and exec: the kernel sends ``how`` when whoever forked it is gone (Linux).

    For servers and processes of a test run, which nobody comes back to clear up after a kill -9.
    """
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(how))
