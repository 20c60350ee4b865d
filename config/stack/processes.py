"""Small facts about processes and ports that the embedded servers share."""

import os
import pwd
import socket
from pathlib import Path

#: Who runs PostgreSQL when we are root: it refuses to.
UNPRIVILEGED = "nobody"


def free_port() -> int:
    """A TCP port on the loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_root() -> bool:
    return os.geteuid() == 0


def give_to_server(folder: Path) -> None:
    """Make ``folder`` the server user's own, when we are root. Changes no other folder."""
    if is_root():
        account = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, account.pw_uid, account.pw_gid)


def as_server_user() -> dict[str, object]:
    """What subprocess needs to run a server as somebody who is not root."""
    if not is_root():
        return {}
    account = pwd.getpwnam(UNPRIVILEGED)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
