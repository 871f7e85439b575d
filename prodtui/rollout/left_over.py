"""What a driver that was killed left running of its hooks on this host: it could move traffic after who takes over."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from prodtui.model.rollout import Rollout
from prodtui.rollout.hooks import TOLD

GONE_S: Final = 2.0
"""Who was killed is gone by then, or hangs in the kernel."""
AGAIN_S: Final = 0.01


def end_left_over(rollout: Rollout) -> int:
    """Kills the groups of its hooks that still run; how many. Only whoever just took it over may ask. Blocks."""
    if sys.platform != "linux":
        return 0
    ended: set[int] = set()
    until = time.monotonic() + GONE_S
    while (groups := set(_groups(rollout)) - {os.getpgrp()}) and time.monotonic() < until:
        for group in groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        ended |= groups
        time.sleep(AGAIN_S)
    return len(ended)


def _groups(rollout: Rollout) -> Iterator[int]:
    # A hook and all that it starts are known by what they were told: a process's number may be another's by now.
    mark = f"{TOLD}ROLLOUT={rollout.id}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                yield os.getpgid(int(process.name))
