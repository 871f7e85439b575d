"""Libraries are imported beside the event loop, one after another: 60 to 230 ms each.

At start every source wants its own at once. Side by side they would share one interpreter lock and all be late; in a
row the first source asked has its answer while the others still load.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

_ONE_AT_A_TIME = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")


async def imported(module: str) -> None:
    """Returns once `module` is imported; importing it then costs nothing. Raises ImportError."""
    if module not in sys.modules:
        await asyncio.get_running_loop().run_in_executor(_ONE_AT_A_TIME, import_module, module)
