"""Who acts: by name, by account, on which host, and from where."""

from __future__ import annotations

import ipaddress
import os
import pwd
import socket
from collections.abc import Mapping

from prodtui.cli.store import by
from prodtui.model.audited import Actor
from prodtui.model.text import neutralise_name


def actor(variables: Mapping[str, str] = os.environ) -> Actor:
    """Whoever runs this process. Blocks where accounts are looked up in a directory service."""
    return Actor(
        user=by(variables),
        host=neutralise_name(socket.gethostname()),
        account=_account(),
        client=_client(variables),
    )


def _account() -> str:
    """By the process's own user id, which no variable changes."""
    number = os.getuid()
    try:
        return neutralise_name(pwd.getpwuid(number).pw_name)
    except (KeyError, OSError):
        # A container's user may have no name.
        return str(number)


def _client(variables: Mapping[str, str]) -> str:
    """The address that the SSH session came from, which sshd names first in either variable; else empty."""
    given = variables.get("SSH_CONNECTION") or variables.get("SSH_CLIENT") or ""
    try:
        return neutralise_name(str(ipaddress.ip_address(given.partition(" ")[0])))
    except ValueError:
        return ""
