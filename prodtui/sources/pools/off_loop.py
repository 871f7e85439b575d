"""Drivers are imported beside the event loop: 60 to 230 ms that would hold up every key and every other source."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module


async def imported(module: str) -> None:
    """Returns once `module` is imported; importing it then costs nothing. Raises ImportError."""
    if module not in sys.modules:
        await asyncio.to_thread(import_module, module)
