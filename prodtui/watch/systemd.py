"""What systemd is told (sd_notify(3)): ready, alive, stopping. Nothing where it did not start us."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Systemd:
    """The service manager's socket, where there is one."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._watchdog = _microseconds(environment)

    @property
    def alive_every_s(self) -> float | None:
        """How often it wants to hear that we are alive, at half of its limit; None: it does not ask."""
        return None if self._watchdog is None or not self._address else self._watchdog / 2e6

    def tell(self, *states: str) -> None:
        """Sends `READY=1` and the like; a manager that can't be told is no reason to stop."""
        if not self._address:
            return
        path = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as end:
                end.setblocking(False)
                end.sendto("\n".join(states).encode(), path)
        except OSError:
            return


def _microseconds(environment: Mapping[str, str]) -> int | None:
    """WATCHDOG_USEC where it is meant for this process."""
    asked, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not asked.isdigit() or (pid and pid != str(os.getpid())):
        return None
    return int(asked) or None
