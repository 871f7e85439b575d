"""How late the event loop is: what everything that waits on it waits besides."""

from __future__ import annotations

import asyncio
import time
from collections import deque

EVERY_S = 0.25
KEPT_S = 60.0


class LoopLag:
    """Measures while `run` runs."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=round(KEPT_S / EVERY_S))

    async def run(self) -> None:
        """Sleeps again and again, and keeps how much longer each sleep took than it was asked for."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(EVERY_S)
            self._late.append(max(0.0, time.monotonic() - began - EVERY_S))

    @property
    def worst_s(self) -> float | None:
        """The longest of the last minute; None before the first was measured."""
        return max(self._late, default=None)
